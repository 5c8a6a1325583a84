// argmax: the predicted class a row, among the classes that a mask allows. No gradient passes.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { grid, outputOf, read, write } from "../plan/lowering.js";
import { requireF32 } from "./float-type.js";

const argmaxOp: Op<null> = {
  name: "argmax",
  infer([logits, mask]) {
    if (logits!.shape.length !== 2 || mask!.shape.length !== 1 || mask!.shape[0] !== logits!.shape[1]) {
      throw new ShapeError("argmax", [logits!.shape, mask!.shape], "logits [N, C] and class mask [C]");
    }
    requireF32("argmax", "tensor of logits", logits!);
    return [{ shape: [logits!.shape[0]!], dtype: "u32" }];
  },
  batched: () => ({ inputs: [true, false], outputs: "rows" }),
  lower(_, node) {
    const [logits, mask] = node.inputs;
    const [rows, classes] = logits!.shape as [number, number];
    return [
      {
        kernel: "argmax",
        constants: { ROWS: rows, C: classes },
        bindings: [read(logits!), read(mask!), write(outputOf(node))],
        workgroups: grid(rows),
        flops: sizeOf(logits!.shape),
      },
    ];
  },
};

/** In the place of a class where a row holds a logit that is no finite number. */
export const NO_CLASS = 0xffffffff;

/**
 * The class of the largest logit a row; of equal ones the first. `NO_CLASS` of a row with a NaN or an infinity, in a class that may not
 * be predicted too.
 *
 * @param logits [N, C]
 * @param classMask [C] u32, 0 for a class that may not be predicted
 * @returns [N] u32
 */
export function argmax(graph: Graph, logits: Tensor, classMask: Tensor): Tensor {
  return graph.add(argmaxOp, [logits, classMask], null)[0]!;
}
