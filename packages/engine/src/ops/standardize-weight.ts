// standardize_weight: a convolution's weights brought to mean 0 and variance 1, each output channel by itself ("Weight
// Standardization", Qiao et al. 2019), as BiT's ResNets have them. In f32 alone, as parameters are.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { outputOf, scratch } from "../plan/lowering.js";
import { matrixOf } from "../plan/parts.js";
import { columnNormGradient, columnStatistics, normalizeColumnsInParts } from "./column-norm.js";
import { requireF32 } from "./float-type.js";

/** Input: weight [KH, KW, CI, CO]. Outputs: the standardised one, and the mean and 1/std of each output channel [CO]. */
const standardizeWeightOp: Op<{ readonly eps: number }> = {
  name: "standardize_weight",
  infer([weight]) {
    requireF32("standardize_weight", "weight", weight!);
    if (weight!.shape.length !== 4) {
      throw new ShapeError("standardize_weight", [weight!.shape], "weight [KH, KW, CI, CO]");
    }
    const statistic = { shape: [weight!.shape[3]!], dtype: "f32" } as const;
    return [weight!, statistic, statistic];
  },
  gradient(graph, node, _, [dy]) {
    const [, mean, invStd] = node.outputs;
    return [dy && graph.add(standardizeWeightGradientOp, [dy, node.inputs[0]!, mean!, invStd!], null)[0]!];
  },
  lower({ target }, node, { eps }) {
    const weight = matrixOf(node.inputs[0]!);
    const [y, mean, invStd] = node.outputs;
    return [
      ...columnStatistics(target, weight, { mean: mean!, invStd: invStd!, eps }),
      ...normalizeColumnsInParts(target, weight, matrixOf(y!), { mean: mean!, spread: invStd! }),
    ];
  },
};

/** Inputs: dy, the weight, its mean and 1/std. Output: the gradient of the weight. */
const standardizeWeightGradientOp: Op<null> = {
  name: "standardize_weight_gradient",
  infer: ([, weight]) => [weight!],
  lower({ target }, node) {
    const [dy, x, mean, invStd] = node.inputs;
    const unused = { dGamma: scratch(mean!.shape), dBeta: scratch(mean!.shape) };
    return columnNormGradient(target, {
      ...{ dy: matrixOf(dy!), x: matrixOf(x!), mean: mean!, invStd: invStd!, dx: matrixOf(outputOf(node)) },
      ...unused,
    });
  },
};

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
