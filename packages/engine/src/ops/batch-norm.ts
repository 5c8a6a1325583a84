// batch_norm over all but the last dimension, in training (batch statistics, running values moved) and in evaluation
// (running values used). PyTorch's semantics: biased variance to normalise, unbiased into the running value.
// `residual` and `relu` are set by the fusion pass: y = relu(norm(x) + residual).
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sameShape, sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { grid, outputOf, read, write } from "../plan/lowering.js";
import { columnNormGradient, columnStatistics, normalizeColumns, normalizeColumnsInParts } from "./column-norm.js";
import { floatType, requireF32 } from "./float-type.js";

export interface BatchNormEvaluationAttributes {
  readonly eps: number;
  /** ReLU is taken of the result; set by the fusion pass. */
  readonly relu: boolean;
}

export interface BatchNormAttributes {
  readonly eps: number;
  readonly momentum: number;
  readonly relu: boolean;
}

/** Inputs: x, gamma, beta, and after fusion perhaps a residual. Updates: running mean and variance. Outputs: y, mean, 1/std. */
export const batchNormOp: Op<BatchNormAttributes> = {
  name: "batch_norm",
  infer(inputs) {
    const channels = checkInputs("batch_norm", inputs);
    const rows = sizeOf(inputs[0]!.shape) / channels;
    if (rows < 2) {
      throw new InputError(
        `batch_norm: got [${inputs[0]!.shape.join(", ")}], one value a channel; expected at least two to train on`,
      );
    }
    const statistic = { shape: [channels], dtype: "f32" } as const;
    return [inputs[0]!, statistic, statistic];
  },
  gradient(graph, node, _, [dy]) {
    if (dy === undefined) {
      return [];
    }
    const [x, gamma] = node.inputs;
    const [, mean, invStd] = node.outputs;
    return graph.add(batchNormGradientOp, [dy, x!, mean!, invStd!, gamma!], { relu: false, fixed: false });
  },
  recompute(node, { relu }) {
    const [x, gamma, beta, ...residual] = node.inputs;
    const [, mean, invStd] = node.outputs;
    const inputs = [x!, gamma!, beta!, mean!, invStd!, ...residual];
    return { op: batchNormApplyOp as Op<unknown>, inputs, attributes: { relu } };
  },
  lower({ target }, node, { eps, momentum, relu }) {
    const [x, gamma, beta, residual] = node.inputs;
    const [y, mean, invStd] = node.outputs;
    const [runningMean, runningVar] = node.updates;
    const running = { mean: runningMean!, variance: runningVar!, momentum };
    const affine = { gamma: gamma!, beta: beta! };
    return [
      ...columnStatistics(target, x!, { mean: mean!, invStd: invStd!, running, eps }),
      ...normalizeColumnsInParts(target, x!, y!, { mean: mean!, spread: invStd!, affine, residual, relu }),
    ];
  },
};

/** Makes the output of batch_norm again. Inputs: x, gamma, beta, mean, 1/std, and perhaps a residual. Output: y. */
const batchNormApplyOp: Op<{ readonly relu: boolean }> = {
  name: "batch_norm_apply",
  infer: ([x]) => [x!],
  batched: () => ({ inputs: [true, false, false, false, false, true], outputs: "rows" }),
  lower(_, node, { relu }) {
    const [x, gamma, beta, mean, invStd, residual] = node.inputs;
    const affine = { gamma: gamma!, beta: beta! };
    return [normalizeColumns(x!, outputOf(node), { mean: mean!, spread: invStd!, affine, residual, relu })];
  },
};

/** Inputs: x, gamma, beta, running mean, running variance, and after fusion perhaps a residual. Output: y. */
export const batchNormEvaluationOp: Op<BatchNormEvaluationAttributes> = {
  name: "batch_norm_evaluation",
  infer(inputs) {
    checkInputs("batch_norm_evaluation", inputs);
    return [inputs[0]!];
  },
  gradient(graph, node, { eps }, [dy]) {
    if (dy === undefined) {
      return [];
    }
    const [x, gamma, , mean, variance] = node.inputs;
    const invStd = graph.add(inverseStdOp, [variance!], { eps })[0]!;
    return graph.add(batchNormGradientOp, [dy, x!, mean!, invStd, gamma!], { relu: false, fixed: true });
  },
  batched: () => ({ inputs: [true, false, false, false, false, true], outputs: "rows" }),
  lower(_, node, { eps, relu }) {
    const [x, gamma, beta, mean, variance, residual] = node.inputs;
    const affine = { gamma: gamma!, beta: beta! };
    const applied = { mean: mean!, spread: variance!, affine, residual, relu, evaluation: { eps } };
    return [normalizeColumns(x!, outputOf(node), applied)];
  },
};

/** 1 / sqrt(x + eps), of running variances. */
const inverseStdOp: Op<{ readonly eps: number }> = {
  name: "inverse_std",
  infer: ([variance]) => [variance!],
  lower(_, node, { eps }) {
    const length = sizeOf(outputOf(node).shape);
    return [
      {
        kernel: "inverse_std",
        constants: { LENGTH: length, EPS: eps },
        bindings: [read(node.inputs[0]!), write(outputOf(node))],
        workgroups: grid(length),
        flops: 3 * length,
      },
    ];
  },
};

export interface BatchNormGradientAttributes {
  readonly relu: boolean;
  /** Mean and deviation are running ones, which do not depend on x. */
  readonly fixed: boolean;
}

/** Inputs: dy, x, mean, 1/std, gamma, and after fusion the output y of the ReLU. Outputs: dx, dGamma, dBeta. */
export const batchNormGradientOp: Op<BatchNormGradientAttributes> = {
  name: "batch_norm_gradient",
  infer([dy, x, , , gamma]) {
    floatType("batch_norm_gradient", dy!, x!);
    return [x!, gamma!, gamma!];
  },
  lower({ target }, node, { relu, fixed }) {
    const [dy, x, mean, invStd, gamma, y] = node.inputs;
    const [dx, dGamma, dBeta] = node.outputs;
    const statistics = { mean: mean!, invStd: invStd!, fixed };
    const outputs = { dx: dx!, dGamma: dGamma!, dBeta: dBeta! };
    const operands = { dy: dy!, x: x!, gamma: gamma!, reluOutput: relu ? y! : undefined };
    return columnNormGradient(target, { ...operands, ...statistics, ...outputs });
  },
};

function checkInputs(op: string, [x, gamma, beta]: readonly TensorSpec[]): number {
  floatType(op, x!);
  requireF32(op, "weight", gamma!);
  requireF32(op, "bias", beta!);
  const channels = x!.shape.at(-1);
  if (x!.shape.length < 2 || gamma!.shape.length !== 1 || gamma!.shape[0] !== channels) {
    throw new ShapeError(op, [x!.shape, gamma!.shape], "x [..., C] and weight [C]");
  }
  if (!sameShape(gamma!.shape, beta!.shape)) {
    throw new ShapeError(op, [gamma!.shape, beta!.shape], "weight [C] and bias [C]");
  }
  return channels!;
}

/** How far the running values move towards those of a batch, as in PyTorch. */
export const BATCH_NORM_MOMENTUM = 0.1;

export interface BatchNormTensors {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
}

/**
 * Batch normalisation over every dimension but the last (Ioffe and Szegedy 2015; torch.nn.BatchNorm2d up to the layout).
 *
 * @param x [..., C], f32 or f16; `weight`, `bias`, `runningMean`, `runningVar` are [C], f32
 * @param options training: batch statistics, and the running values move by `momentum`; otherwise the running values are used, and
 *   the gradient takes them as given
 * @throws ShapeError where the shapes do not fit, InputError for training on one value a channel and for other types
 */
export function batchNorm(
  graph: Graph,
  x: Tensor,
  tensors: BatchNormTensors,
  options: { training: boolean; eps?: number; momentum?: number },
): Tensor {
  const { weight, bias, runningMean, runningVar } = tensors;
  const { training, eps = 1e-5, momentum = BATCH_NORM_MOMENTUM } = options;
  return training
    ? graph.add(batchNormOp, [x, weight, bias], { eps, momentum, relu: false }, [runningMean, runningVar])[0]!
    : graph.add(batchNormEvaluationOp, [x, weight, bias, runningMean, runningVar], { eps, relu: false })[0]!;
}
