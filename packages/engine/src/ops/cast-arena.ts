// cast_arena: the f16 copies of all parameters in one dispatch over their flat buffer. The fusion pass puts it where single
// parameters were cast.
import type { Op } from "../graph/op.js";
import { sizeOf } from "../graph/tensor.js";
import { grid, read, write } from "../plan/lowering.js";

/** Input: the arena of parameters. Update: the arena of copies. Outputs: the copies, placed in it. */
export const castArenaOp: Op<null> = {
  name: "cast_arena",
  infer: () => [],
  lower(_, node) {
    const values = node.inputs[0]!;
    const vectors = sizeOf(values.shape) / 4;
    return [
      {
        kernel: "cast_to_f16",
        constants: { VECTORS: vectors },
        bindings: [read(values), write(node.updates[0]!)],
        workgroups: grid(vectors),
        flops: 0,
      },
    ];
  },
};
