// The passes of a normalisation of each column of x [..., C] over all its rows, as batch-norm and weight standardisation have it:
// statistics in one read, then the result; its gradient likewise. Where x passes the adapter's binding limit, they go part by part
// along dim 0.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import {
  type Dispatch,
  grid,
  read,
  reductionSlots,
  type Scratch,
  scratch,
  type Target,
  write,
} from "../plan/lowering.js";
import { type Part, partsThatFit, rowsOf } from "../plan/parts.js";
import { columnGroups, walkers } from "./column-groups.js";

/** gamma and beta [C], f32. */
interface Affine {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** What the statistics of x are written to, each [C], f32. */
interface Statistics {
  readonly mean: Tensor;
  /** 1 / sqrt(biased variance + eps) */
  readonly invStd: Tensor;
  /** Moved by `momentum` towards the mean and the unbiased variance. */
  readonly running?: { readonly mean: Tensor; readonly variance: Tensor; readonly momentum: number } | undefined;
  readonly eps: number;
}

/** Mean and 1/std of each column. */
export function columnStatistics(target: Target, x: Tensor, { mean, invStd, running, eps }: Statistics): Dispatch[] {
  const channels = channelsOf(x);
  const { columns, groups } = columnGroups(channels);
  const { parts, partRows, slots } = reductionParts(target, x, groups);
  const partialMean = scratch([parts.length * slots, channels]);
  const partialM2 = scratch([parts.length * slots, channels]);
  const origin = rowsOf(x, parts[0]!);
  return [
    ...parts.map((part, i): Dispatch => {
      const xPart = rowsOf(x, part);
      return {
        kernel: storedAs(x.dtype, `norm_statistics/columns_${columns}`),
        constants: { ROWS: sizeOf(xPart.shape) / channels, GROUPS: groups, SLOTS: slots, FIRST_SLOT: i * slots },
        bindings: [read(xPart), read(origin), write(partialMean), write(partialM2)],
        workgroups: grid(slots * groups),
        flops: 4 * sizeOf(xPart.shape),
      };
    }),
    {
      kernel: storedAs(x.dtype, "batch_norm_finalize"),
      constants: {
        ROWS: sizeOf(x.shape) / channels,
        PART_ROWS: partRows,
        C: channels,
        SLOTS: slots,
        PARTS: parts.length,
        EPS: eps,
        MOMENTUM: running?.momentum ?? 0,
      },
      bindings: [
        read(partialMean),
        read(partialM2),
        read(origin),
        write(mean),
        write(invStd),
        write(running?.mean ?? scratch([channels])),
        write(running?.variance ?? scratch([channels])),
      ],
      workgroups: grid(channels),
      flops: 8 * parts.length * slots * channels,
    },
  ];
}

/** What normalises x: as in {@link columnStatistics}, or in evaluation running values, of which `spread` is a variance. */
interface Applied {
  readonly mean: Tensor;
  readonly spread: Tensor;
  readonly affine?: Affine | undefined;
  readonly residual?: Tensor | undefined;
  readonly relu?: boolean;
  readonly evaluation?: { readonly eps: number };
}

/** y = relu((x - mean) · 1/std · gamma + beta + residual), the last four where they are given. */
export function normalizeColumns(
  x: Tensor,
  y: Tensor,
  { mean, spread, affine, residual, relu = false, evaluation }: Applied,
): Dispatch {
  const length = sizeOf(x.shape);
  const channels = channelsOf(x);
  const rows = length / channels;
  const { columns, groups } = columnGroups(channels);
  const walking = walkers(rows, groups);
  return {
    kernel: storedAs(x.dtype, `norm_apply/columns_${columns}`),
    constants: {
      ROWS: rows,
      GROUPS: groups,
      ...walking,
      EPS: evaluation?.eps ?? 0,
      EVALUATION: evaluation ? 1 : 0,
      RESIDUAL: residual ? 1 : 0,
      RELU: relu ? 1 : 0,
      ...(affine === undefined && { AFFINE: 0 }),
    },
    bindings: [
      ...[read(x), read(mean), read(spread), read(affine?.gamma ?? mean), read(affine?.beta ?? mean)],
      ...[read(residual ?? x), write(y)],
    ],
    workgroups: grid(walking.WALKERS * groups),
    flops: 4 * length,
  };
}

/** {@link normalizeColumns} within the adapter's binding limit. */
export function normalizeColumnsInParts(target: Target, x: Tensor, y: Tensor, applied: Applied): Dispatch[] {
  return partsThatFit([x], target.maxBindingBytes).map((part) =>
    normalizeColumns(rowsOf(x, part), rowsOf(y, part), {
      ...applied,
      residual: applied.residual && rowsOf(applied.residual, part),
    }),
  );
}

/** Inputs and outputs of the gradient. */
interface Gradient {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly mean: Tensor;
  readonly invStd: Tensor;
  /** Output of the ReLU that follows, through which dy passes first. */
  readonly reluOutput?: Tensor | undefined;
  /** Taken for ones where absent. */
  readonly gamma?: Tensor | undefined;
  /** Mean and deviation do not depend on x. */
  readonly fixed?: boolean;
  readonly dx: Tensor;
  readonly dGamma: Tensor | Scratch;
  readonly dBeta: Tensor | Scratch;
}

export function columnNormGradient(
  target: Target,
  { dy, x, mean, invStd, reluOutput, gamma, fixed = false, dx, dGamma, dBeta }: Gradient,
): Dispatch[] {
  const channels = channelsOf(x);
  const rows = sizeOf(x.shape) / channels;
  const { columns, groups } = columnGroups(channels);
  const { parts, slots } = reductionParts(target, x, groups);
  const partialBeta = scratch([parts.length * slots, channels]);
  const partialGamma = scratch([parts.length * slots, channels]);
  const shares = scratch([2, channels]);
  const saved = (part: Part) => [
    ...[read(rowsOf(dy, part)), read(rowsOf(x, part)), read(rowsOf(reluOutput ?? x, part))],
    ...[read(mean), read(invStd)],
  ];
  const rowsIn = ({ count }: Part) => (rows / x.shape[0]!) * count;
  const RELU = reluOutput === undefined ? 0 : 1;
  return [
    ...parts.map(
      (part, i): Dispatch => ({
        kernel: storedAs(x.dtype, `norm_gradient_sums/columns_${columns}`),
        constants: { ROWS: rowsIn(part), GROUPS: groups, SLOTS: slots, FIRST_SLOT: i * slots, RELU },
        bindings: [...saved(part), write(partialBeta), write(partialGamma)],
        workgroups: grid(slots * groups),
        flops: 4 * rowsIn(part) * channels,
      }),
    ),
    {
      kernel: "batch_norm_gradient_finalize",
      constants: { C: channels, SLOTS: parts.length * slots, ROWS: rows },
      bindings: [read(partialBeta), read(partialGamma), write(dGamma), write(dBeta), write(shares)],
      workgroups: grid(channels),
      flops: 2 * parts.length * slots * channels,
    },
    ...parts.map((part): Dispatch => {
      const walking = walkers(rowsIn(part), groups);
      return {
        kernel: storedAs(x.dtype, `norm_gradient_apply/columns_${columns}`),
        constants: {
          ...{ ROWS: rowsIn(part), GROUPS: groups, ...walking, RELU, GAMMA_BEFORE: 1 },
          ...(fixed && { FIXED: 1 }),
          ...(gamma === undefined && { AFFINE: 0 }),
        },
        bindings: [...saved(part), read(gamma ?? mean), read(shares), write(rowsOf(dx, part))],
        workgroups: grid(walking.WALKERS * groups),
        flops: 7 * rowsIn(part) * channels,
      };
    }),
  ];
}

const channelsOf = ({ shape }: Tensor) => shape.at(-1)!;

/** The parts of dim 0 that a reduction over all of it reads, and the slots that each adds up into. */
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
