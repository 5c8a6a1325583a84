// batch_norm over all but the last dimension, in training (batch statistics, running values moved) and in evaluation
// (running values used). PyTorch's semantics: biased variance to normalise, unbiased into the running value.
// `residual` and `relu` are set by the fusion pass: y = relu(norm(x) + residual).
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sameShape, sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, reductionSlots, scratch, type Target, write } from "../plan/lowering.js";
import { type Part, partsThatFit, rowsOf } from "../plan/parts.js";
import { columnGroups, walkers } from "./column-groups.js";
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
  recompute(node, { eps, relu }) {
    const [x, gamma, beta, ...residual] = node.inputs;
    const [, mean, invStd] = node.outputs;
    const inputs = [x!, gamma!, beta!, mean!, invStd!, ...residual];
    return { op: batchNormApplyOp as Op<unknown>, inputs, attributes: { eps, relu } };
  },
  lower({ target }, node, { eps, momentum, relu }) {
    const [x, gamma, beta, residual] = node.inputs;
    const [y, mean, invStd] = node.outputs;
    const [runningMean, runningVar] = node.updates;
    const channels = gamma!.shape[0]!;
    const length = sizeOf(x!.shape);
    const rows = length / channels;
    const { columns, groups } = columnGroups(channels);
    const { parts, partRows, slots } = reductionParts(target, x!, groups);
    const partialMean = scratch([parts.length * slots, channels]);
    const partialM2 = scratch([parts.length * slots, channels]);
    const origin = rowsOf(x!, parts[0]!);
    return [
      ...parts.map((part, i): Dispatch => {
        const xPart = rowsOf(x!, part);
        return {
          kernel: storedAs(x!.dtype, `norm_statistics/columns_${columns}`),
          constants: {
            ROWS: sizeOf(xPart.shape) / channels,
            GROUPS: groups,
            SLOTS: slots,
            FIRST_SLOT: i * slots,
          },
          bindings: [read(xPart), read(origin), write(partialMean), write(partialM2)],
          workgroups: grid(slots * groups),
          flops: 4 * sizeOf(xPart.shape),
        };
      }),
      {
        kernel: storedAs(x!.dtype, "batch_norm_finalize"),
        constants: {
          ROWS: rows,
          PART_ROWS: partRows,
          C: channels,
          SLOTS: slots,
          PARTS: parts.length,
          EPS: eps,
          MOMENTUM: momentum,
        },
        bindings: [
          read(partialMean),
          read(partialM2),
          read(origin),
          write(mean!),
          write(invStd!),
          write(runningMean!),
          write(runningVar!),
        ],
        workgroups: grid(channels),
        flops: 8 * parts.length * slots * channels,
      },
      ...parts.map((part) =>
        apply(rowsOf(x!, part), mean!, invStd!, gamma!, beta!, residual && rowsOf(residual, part), rowsOf(y!, part), {
          eps,
          relu,
          evaluation: false,
        }),
      ),
    ];
  },
};

/** Makes the output of batch_norm again. Inputs: x, gamma, beta, mean, 1/std, and perhaps a residual. Output: y. */
const batchNormApplyOp: Op<{ readonly eps: number; readonly relu: boolean }> = {
  name: "batch_norm_apply",
  infer: ([x]) => [x!],
  batched: () => ({ inputs: [true, false, false, false, false, true], outputs: "rows" }),
  lower(_, node, { eps, relu }) {
    const [x, gamma, beta, mean, invStd, residual] = node.inputs;
    return [apply(x!, mean!, invStd!, gamma!, beta!, residual, outputOf(node), { eps, relu, evaluation: false })];
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
    return [apply(x!, mean!, variance!, gamma!, beta!, residual, outputOf(node), { eps, relu, evaluation: true })];
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
    const channels = gamma!.shape[0]!;
    const length = sizeOf(x!.shape);
    const rows = length / channels;
    const { columns, groups } = columnGroups(channels);
    const { parts, slots } = reductionParts(target, x!, groups);
    const partialBeta = scratch([parts.length * slots, channels]);
    const partialGamma = scratch([parts.length * slots, channels]);
    const shares = scratch([2, channels]);
    const saved = (part: Part) => [
      read(rowsOf(dy!, part)),
      read(rowsOf(x!, part)),
      read(rowsOf(y ?? x!, part)),
      read(mean!),
      read(invStd!),
    ];
    const rowsIn = ({ count }: Part) => (rows / x!.shape[0]!) * count;
    const flag = relu ? 1 : 0;
    return [
      ...parts.map(
        (part, i): Dispatch => ({
          kernel: storedAs(x!.dtype, `norm_gradient_sums/columns_${columns}`),
          constants: { ROWS: rowsIn(part), GROUPS: groups, SLOTS: slots, FIRST_SLOT: i * slots, RELU: flag },
          bindings: [...saved(part), write(partialBeta), write(partialGamma)],
          workgroups: grid(slots * groups),
          flops: 4 * rowsIn(part) * channels,
        }),
      ),
      {
        kernel: "batch_norm_gradient_finalize",
        constants: { C: channels, SLOTS: parts.length * slots, ROWS: rows },
        bindings: [read(partialBeta), read(partialGamma), write(dGamma!), write(dBeta!), write(shares)],
        workgroups: grid(channels),
        flops: 2 * parts.length * slots * channels,
      },
      ...parts.map((part): Dispatch => {
        const walking = walkers(rowsIn(part));
        return {
          kernel: storedAs(x!.dtype, `norm_gradient_apply/columns_${columns}`),
          constants: {
            ROWS: rowsIn(part),
            GROUPS: groups,
            SLOTS: walking,
            RELU: flag,
            GAMMA_BEFORE: 1,
            ...(fixed && { FIXED: 1 }),
          },
          bindings: [...saved(part), read(gamma!), read(shares), write(rowsOf(dx!, part))],
          workgroups: grid(walking * groups),
          flops: 7 * rowsIn(part) * channels,
        };
      }),
    ];
  },
};

/** The parts of a batch that a reduction over all of it reads, and the slots that each adds up into. */
function reductionParts({ maxBindingBytes }: Target, x: Tensor, groups: number) {
  const parts = partsThatFit([x], maxBindingBytes);
  const rowsPerImage = sizeOf(x.shape.slice(1, -1));
  return {
    parts,
    partRows: parts[0]!.count * rowsPerImage,
    // As many in each part, so that a slot's number tells its part: the last has the fewest rows.
    slots: reductionSlots(parts.at(-1)!.count * rowsPerImage, groups),
  };
}

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

function apply(
  x: Tensor,
  mean: Tensor,
  spread: Tensor,
  gamma: Tensor,
  beta: Tensor,
  residual: Tensor | undefined,
  y: Tensor,
  options: { eps: number; relu: boolean; evaluation: boolean },
): Dispatch {
  const length = sizeOf(x.shape);
  const channels = gamma.shape[0]!;
  const rows = length / channels;
  const { columns, groups } = columnGroups(channels);
  return {
    kernel: storedAs(x.dtype, `norm_apply/columns_${columns}`),
    constants: {
      ROWS: rows,
      GROUPS: groups,
      SLOTS: walkers(rows),
      EPS: options.eps,
      EVALUATION: options.evaluation ? 1 : 0,
      RESIDUAL: residual ? 1 : 0,
      RELU: options.relu ? 1 : 0,
    },
    bindings: [read(x), read(mean), read(spread), read(gamma), read(beta), read(residual ?? x), write(y)],
    workgroups: grid(walkers(rows) * groups),
    flops: 4 * length,
  };
}

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
  const { training, eps = 1e-5, momentum = 0.1 } = options;
  return training
    ? graph.add(batchNormOp, [x, weight, bias], { eps, momentum, relu: false }, [runningMean, runningVar])[0]!
    : graph.add(batchNormEvaluationOp, [x, weight, bias, runningMean, runningVar], { eps, relu: false })[0]!;
}
