// standardize_weight: a convolution's weights brought to mean 0 and variance 1, each output channel by itself ("Weight
// Standardization", Qiao et al. 2019), as BiT's ResNets have them. In f32 alone, as parameters are.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { grid, outputOf, read, write } from "../plan/lowering.js";
import { requireF32 } from "./float-type.js";

/** Input: weight [KH, KW, CI, CO]. Outputs: the standardised one, and 1/std [CO]. */
const standardizeWeightOp: Op<{ readonly eps: number }> = {
  name: "standardize_weight",
  infer([weight]) {
    requireF32("standardize_weight", "weight", weight!);
    if (weight!.shape.length !== 4) {
      throw new ShapeError("standardize_weight", [weight!.shape], "weight [KH, KW, CI, CO]");
    }
    return [weight!, { shape: [weight!.shape[3]!], dtype: "f32" }];
  },
  gradient(graph, node, _, [dy]) {
    const [y, invStd] = node.outputs;
    return [dy && graph.add(standardizeWeightGradientOp, [dy, y!, invStd!], null)[0]!];
  },
  lower(_, node, { eps }) {
    const weight = node.inputs[0]!;
    const [y, invStd] = node.outputs;
    return [
      {
        kernel: "standardize_columns",
        constants: { ...extentsOf(weight), EPS: eps },
        bindings: [read(weight), write(y!), write(invStd!)],
        workgroups: grid(weight.shape[3]!),
        flops: 6 * sizeOf(weight.shape),
      },
    ];
  },
};

/** Inputs: dy, y, 1/std. Output: the gradient of the weight. */
const standardizeWeightGradientOp: Op<null> = {
  name: "standardize_weight_gradient",
  infer: ([, y]) => [y!],
  lower(_, node) {
    const [dy, y, invStd] = node.inputs;
    return [
      {
        kernel: "standardize_columns_gradient",
        constants: extentsOf(y!),
        bindings: [read(dy!), read(y!), read(invStd!), write(outputOf(node))],
        workgroups: grid(y!.shape[3]!),
        flops: 7 * sizeOf(y!.shape),
      },
    ];
  },
};

function extentsOf({ shape }: Tensor) {
  const channels = shape[3]!;
  return { ROWS: sizeOf(shape) / channels, C: channels };
}

/**
 * Weights less their mean, over their standard deviation √(biased variance + eps), each output channel by itself (Qiao et al. 2019).
 *
 * @param weight [KH, KW, CI, CO], f32
 * @param options eps 1e-10 where left out, as BiT's
 * @throws ShapeError for another rank, InputError for another type
 */
export function standardizeWeight(
  graph: Graph,
  weight: Tensor,
  { eps = 1e-10 }: { readonly eps?: number } = {},
): Tensor {
  return graph.add(standardizeWeightOp, [weight], { eps })[0]!;
}
