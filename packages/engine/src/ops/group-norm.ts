// group_norm: each image's channels in groups, each group normalised over its pixels and channels (Wu and He 2018). The same in
// training and in evaluation. PyTorch's semantics: biased variance. `relu` is set by the fusion pass: y = relu(norm(x)).
//
// Its gradient is of three parts, so that each can run in parts along the batch: the sums of dy and of dy · xhat over each image,
// dx from them, and the parameters' gradients, which are their sums over the images.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, reductionSlots, scratch, write } from "../plan/lowering.js";
import { columnGroups, walkers } from "./column-groups.js";
import { columnSumsOp } from "./column-sums.js";
import { floatType, requireF32 } from "./float-type.js";

export interface GroupNormAttributes {
  readonly groups: number;
  readonly eps: number;
  readonly relu: boolean;
}

/** Inputs: x, gamma, beta. Outputs: y, and of each image and channel its group's mean and 1/std. */
export const groupNormOp: Op<GroupNormAttributes> = {
  name: "group_norm",
  infer(inputs, { groups }) {
    const [images, channels] = checkInputs(inputs, groups);
    const statistic = { shape: [images, channels], dtype: "f32" } as const;
    return [inputs[0]!, statistic, statistic];
  },
  gradient(graph, node, { groups }, [dy]) {
    if (dy === undefined) {
      return [];
    }
    const [x, gamma] = node.inputs;
    const [, mean, invStd] = node.outputs;
    const [sums, sumsOfXhat] = graph.add(groupNormSumsOp, [dy, x!, mean!, invStd!], null);
    const inputs = [dy, x!, mean!, invStd!, sums!, sumsOfXhat!, gamma!];
    const dx = graph.add(groupNormInputGradientOp, inputs, { groups })[0]!;
    const sumOf = (tensor: Tensor) => graph.add(columnSumsOp, [tensor], null)[0]!;
    return [dx, sumOf(sumsOfXhat!), sumOf(sums!)];
  },
  recompute(node, { relu }) {
    const [x, gamma, beta] = node.inputs;
    const [, mean, invStd] = node.outputs;
    const inputs = [x!, gamma!, beta!, mean!, invStd!];
    return { op: groupNormApplyOp as Op<unknown>, inputs, attributes: { relu } };
  },
  batched: () => ({ inputs: [true, false, false], outputs: "rows" }),
  lower(_, node, { groups, eps, relu }) {
    const [x, gamma, beta] = node.inputs;
    const [y, mean, invStd] = node.outputs;
    const { images, rows, channels } = extentsOf(x!);
    const { columns, groups: columnBlocks } = columnGroups(channels);
    const slots = reductionSlots(rows, images * columnBlocks);
    const partialMean = scratch([images * slots, channels]);
    const partialM2 = scratch([images * slots, channels]);
    return [
      {
        kernel: storedAs(x!.dtype, `norm_statistics/columns_${columns}`),
        constants: { IMAGES: images, ROWS: rows, GROUPS: columnBlocks, SLOTS: slots },
        bindings: [read(x!), read(x!), write(partialMean), write(partialM2)],
        workgroups: grid(images * slots * columnBlocks),
        flops: 4 * sizeOf(x!.shape),
      },
      {
        kernel: storedAs(x!.dtype, "group_norm_finalize"),
        constants: { IMAGES: images, ROWS: rows, C: channels, PER_GROUP: channels / groups, SLOTS: slots, EPS: eps },
        bindings: [read(partialMean), read(partialM2), read(x!), write(mean!), write(invStd!)],
        workgroups: grid(images * groups),
        flops: 8 * images * slots * channels,
      },
      apply([x!, mean!, invStd!, gamma!, beta!], y!, relu),
    ];
  },
};

/** Makes the output of group_norm again. Inputs: x, gamma, beta, mean, 1/std. Output: y. */
const groupNormApplyOp: Op<{ readonly relu: boolean }> = {
  name: "group_norm_apply",
  infer: ([x]) => [x!],
  batched: () => ({ inputs: [true, false, false, true, true], outputs: "rows" }),
  lower(_, node, { relu }) {
    const [x, gamma, beta, mean, invStd] = node.inputs;
    return [apply([x!, mean!, invStd!, gamma!, beta!], outputOf(node), relu)];
  },
};

/** Inputs: dy, x, mean, 1/std. Outputs: the sums of dy and of dy · xhat over each image's pixels [N, C], f32. */
const groupNormSumsOp: Op<null> = {
  name: "group_norm_gradient_sums",
  infer([dy, x, mean]) {
    floatType("group_norm_gradient", dy!, x!);
    return [mean!, mean!];
  },
  batched: () => ({ inputs: [true, true, true, true], outputs: "rows" }),
  lower(_, node) {
    const [dy, x, mean, invStd] = node.inputs;
    const [sums, sumsOfXhat] = node.outputs;
    const { images, rows, channels } = extentsOf(x!);
    const { columns, groups: columnBlocks } = columnGroups(channels);
    const slots = reductionSlots(rows, images * columnBlocks);
    const partialBeta = scratch([images * slots, channels]);
    const partialGamma = scratch([images * slots, channels]);
    const reduce = (partial: typeof partialBeta, y: Tensor): Dispatch => ({
      kernel: "reduce_image_slots",
      constants: { LENGTH: images * channels, C: channels, SLOTS: slots },
      bindings: [read(partial), write(y)],
      workgroups: grid(images * channels),
      flops: images * slots * channels,
    });
    return [
      {
        kernel: storedAs(x!.dtype, `norm_gradient_sums/columns_${columns}`),
        constants: { IMAGES: images, ROWS: rows, GROUPS: columnBlocks, SLOTS: slots },
        bindings: [read(dy!), read(x!), read(x!), read(mean!), read(invStd!), write(partialBeta), write(partialGamma)],
        workgroups: grid(images * slots * columnBlocks),
        flops: 4 * sizeOf(x!.shape),
      },
      reduce(partialBeta, sums!),
      reduce(partialGamma, sumsOfXhat!),
    ];
  },
};

/** Inputs: dy, x, mean, 1/std, the two sums, gamma. Output: dx. */
const groupNormInputGradientOp: Op<{ readonly groups: number }> = {
  name: "group_norm_input_gradient",
  infer: ([, x]) => [x!],
  batched: () => ({ inputs: [true, true, true, true, true, true, false], outputs: "rows" }),
  lower(_, node, { groups }) {
    const [dy, x, mean, invStd, sums, sumsOfXhat, gamma] = node.inputs;
    const { images, rows, channels } = extentsOf(x!);
    const { columns, groups: columnBlocks } = columnGroups(channels);
    const shares = scratch([2 * images, channels]);
    const walking = walkers(rows, columnBlocks);
    return [
      {
        kernel: "group_norm_shares",
        constants: { IMAGES: images, ROWS: rows, C: channels, PER_GROUP: channels / groups },
        bindings: [read(sums!), read(sumsOfXhat!), read(gamma!), write(shares)],
        workgroups: grid(images * groups),
        flops: 4 * images * channels,
      },
      {
        kernel: storedAs(x!.dtype, `norm_gradient_apply/columns_${columns}`),
        constants: { IMAGES: images, ROWS: rows, GROUPS: columnBlocks, ...walking, GAMMA_BEFORE: 0 },
        bindings: [
          ...[read(dy!), read(x!), read(x!), read(mean!), read(invStd!), read(gamma!), read(shares)],
          write(outputOf(node)),
        ],
        workgroups: grid(images * walking.WALKERS * columnBlocks),
        flops: 7 * sizeOf(x!.shape),
      },
    ];
  },
};

function apply([x, mean, invStd, gamma, beta]: readonly Tensor[], y: Tensor, relu: boolean): Dispatch {
  const { images, rows, channels } = extentsOf(x!);
  const { columns, groups } = columnGroups(channels);
  const walking = walkers(rows, groups);
  return {
    kernel: storedAs(x!.dtype, `norm_apply/columns_${columns}`),
    constants: {
      ...{ IMAGES: images, ROWS: rows, GROUPS: groups, ...walking, EPS: 0, EVALUATION: 0 },
      RELU: relu ? 1 : 0,
    },
    bindings: [read(x!), read(mean!), read(invStd!), read(gamma!), read(beta!), read(x!), write(y)],
    workgroups: grid(images * walking.WALKERS * groups),
    flops: 4 * sizeOf(x!.shape),
  };
}

function extentsOf({ shape }: Tensor) {
  const images = shape[0]!;
  const channels = shape.at(-1)!;
  return { images, channels, rows: sizeOf(shape) / images / channels };
}

function checkInputs([x, gamma, beta]: readonly TensorSpec[], groups: number): [images: number, channels: number] {
  floatType("group_norm", x!);
  requireF32("group_norm", "weight", gamma!);
  requireF32("group_norm", "bias", beta!);
  const channels = x!.shape.at(-1);
  const fits = gamma!.shape.length === 1 && gamma!.shape[0] === channels && beta!.shape.join() === gamma!.shape.join();
  if (x!.shape.length < 2 || !fits) {
    throw new ShapeError("group_norm", [x!.shape, gamma!.shape, beta!.shape], "x [N, ..., C], weight [C] and bias [C]");
  }
  if (!Number.isInteger(groups) || groups < 1 || channels! % groups !== 0) {
    throw new InputError(
      `group_norm: ${groups} groups of ${channels} channels; expected a number of groups that divides the channels`,
    );
  }
  return [x!.shape[0]!, channels!];
}

/**
 * Group normalisation (Wu and He 2018; torch.nn.functional.group_norm up to the layout): the channels of each image in `groups` runs
 * of neighbours, each brought to mean 0 and variance 1 over its pixels and channels, then scaled and shifted by channel.
 *
 * @param x [N, ..., C], f32 or f16
 * @param weight [C], f32
 * @param bias [C], f32
 * @param options eps is added to the biased variance; 1e-5 where left out
 * @throws ShapeError where the shapes do not fit, InputError for groups that do not divide C and for other types
 */
export function groupNorm(
  graph: Graph,
  x: Tensor,
  { weight, bias }: { readonly weight: Tensor; readonly bias: Tensor },
  { groups, eps = 1e-5 }: { readonly groups: number; readonly eps?: number },
): Tensor {
  return graph.add(groupNormOp, [x, weight, bias], { groups, eps, relu: false })[0]!;
}
