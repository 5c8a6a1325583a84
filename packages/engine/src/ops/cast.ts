// cast: the same values in another float type. Mixed precision stands on it: what is cast to f16 is computed with in f16, since
// ops take the type of their input, and the gradient is cast back on the way.
import { InputError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { type Dispatch, grid, outputOf, read, type Scratch, vectors, write } from "../plan/lowering.js";
import type { FloatType } from "./float-type.js";

export const castOp: Op<FloatType> = {
  name: "cast",
  infer([x], dtype) {
    if (x!.dtype === "u32") {
      throw new InputError(`cast: a tensor of type u32 to ${dtype}; expected one of type f32 or f16`);
    }
    return [{ shape: x!.shape, dtype }];
  },
  gradient: (graph, node, _, [dy]) => [dy && cast(graph, dy, node.inputs[0]!.dtype as FloatType)],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower: (_, node, dtype) => [castDispatch(node.inputs[0]!, outputOf(node), dtype)],
};

/** y = x in y's float type. */
export function castDispatch(x: Tensor | Scratch, y: Tensor | Scratch, dtype: FloatType): Dispatch {
  return {
    kernel: `cast_to_${dtype}`,
    constants: { VECTORS: vectors(y) },
    bindings: [read(x), write(y)],
    workgroups: grid(vectors(y)),
    flops: 0,
  };
}

/**
 * x in another float type; x itself where it is of that type. To f16 it rounds to the nearest, and what is past f16's largest
 * value, 65,504, becomes infinite. The gradient is cast to the type of x.
 *
 * @param x of any shape, f32 or f16
 * @throws InputError for a tensor of type u32
 */
export function cast(graph: Graph, x: Tensor, dtype: FloatType): Tensor {
  return x.dtype === dtype ? x : graph.add(castOp, [x], dtype)[0]!;
}

/**
 * What an op that sums a weight's gradient in f32 hands on: the sum as it is where the weight is the copy that a cast made, so that
 * what it was cast from gets it unrounded; else the sum in the weight's type.
 */
export function weightGradient(graph: Graph, weight: Tensor, sum: Tensor): Tensor {
  return weight.producer?.op.name === castOp.name ? sum : cast(graph, sum, weight.dtype as FloatType);
}
