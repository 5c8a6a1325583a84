// cast_arena: the f16 copies of all parameters in one dispatch over their flat buffer. The fusion pass puts it where single
// parameters were cast.
import type { Op } from "../graph/op.js";
import { grid, read, write } from "../plan/lowering.js";
import { partsThatFit, rowsOf } from "../plan/parts.js";

/** Input: the arena of parameters. Update: the arena of copies. Outputs: the copies, placed in it. */
export const castArenaOp: Op<null> = {
  name: "cast_arena",
  infer: () => [],
  lower({ target }, node) {
    const values = node.inputs[0]!;
    const halves = node.updates[0]!;
    return partsThatFit([values, halves], target.maxBindingBytes).map((part) => ({
      kernel: "cast_to_f16",
      constants: { VECTORS: part.count / 4 },
      bindings: [read(rowsOf(values, part)), write(rowsOf(halves, part))],
      workgroups: grid(part.count / 4),
      flops: 0,
    }));
  },
};
