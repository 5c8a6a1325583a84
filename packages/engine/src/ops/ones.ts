// ones: a tensor of ones, the seed of every gradient.
import type { Op } from "../graph/op.js";
import { type Shape, sizeOf } from "../graph/tensor.js";
import { grid, outputOf, write } from "../plan/lowering.js";

export const onesOp: Op<Shape> = {
  name: "ones",
  infer: (_, shape) => [{ shape, dtype: "f32" }],
  lower(_, node) {
    const y = outputOf(node);
    const length = sizeOf(y.shape);
    return [
      { kernel: "ones", constants: { LENGTH: length }, bindings: [write(y)], workgroups: grid(length), flops: 0 },
    ];
  },
};
