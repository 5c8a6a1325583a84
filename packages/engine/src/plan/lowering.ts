// What an op says when it lowers itself: dispatches of named kernels over tensors, with constants and a grid.
import type { Node } from "../graph/graph.js";
import { type DType, type Shape, sizeOf, type Tensor } from "../graph/tensor.js";
import type { GemmVariant, KernelName } from "../kernels.js";

export interface Binding {
  readonly tensor: Tensor | Scratch;
  readonly access: "read" | "write";
}

/** Memory that lives from a node's first dispatch to its last. */
export interface Scratch {
  readonly scratch: true;
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface Dispatch {
  readonly kernel: KernelName;
  readonly constants: Readonly<Record<string, number>>;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations; a multiply-add counts as two. */
  readonly flops: number;
}

/** What lowering may know of the adapter. */
export interface Target {
  /** Lanes of a subgroup where all subgroups have the same number; undefined where unknown or varying. */
  readonly subgroupSize: number | undefined;
  readonly maxBindingBytes: number;
}

export interface Lowering {
  readonly target: Target;
}

export const read = (tensor: Tensor | Scratch): Binding => ({ tensor, access: "read" });
export const write = (tensor: Tensor | Scratch): Binding => ({ tensor, access: "write" });
export const scratch = (shape: Shape, dtype: DType = "f32"): Scratch => ({ scratch: true, shape, dtype });

const MAX_GRID = 65535;
const WORKGROUP = 64;

/** Grid for kernels of 64 invocations a workgroup that compute `id.x + id.y * groups.x * 64`. */
export function grid(invocations: number): [number, number, number] {
  const groups = Math.ceil(invocations / WORKGROUP);
  return groups <= MAX_GRID ? [groups, 1, 1] : [MAX_GRID, Math.ceil(groups / MAX_GRID), 1];
}

/** vec4 count that covers a tensor; buffers are padded to 16 bytes. */
export function vectors(tensor: Tensor): number {
  return Math.ceil(sizeOf(tensor.shape) / 4);
}

export function outputOf(node: Node, index = 0): Tensor {
  return node.outputs[index]!;
}

const CORES = {
  subgroup8: { rows: 12, columnsPerLane: 2 },
  subgroup4: { rows: 12, columnsPerLane: 4 },
  plain: { rows: 8, columnsPerLane: 2 },
} as const satisfies Record<GemmVariant, unknown>;

/** The GEMM core for an adapter; see the opening comment of each core's shader. */
export function gemmVariant(target: Target): GemmVariant {
  if (target.subgroupSize === 4) {
    return "subgroup4";
  }
  return target.subgroupSize !== undefined && target.subgroupSize >= 8 ? "subgroup8" : "plain";
}

/**
 * A dispatch of a GEMM core over the operands named: C[m, n] = A[m, k] B[k, n].
 *
 * @param slices the inner dimension is cut into this many, each with a result of its own
 */
export function gemm(
  target: Target,
  operands: "matmul" | "conv2d_forward" | "conv2d_input_gradient" | "conv2d_weight_gradient",
  size: { m: number; n: number; k: number },
  constants: Record<string, number>,
  bindings: readonly Binding[],
  kPerSlice = size.k,
): Dispatch {
  const variant = gemmVariant(target);
  const core = CORES[variant];
  const lanes = variant === "plain" ? 32 : target.subgroupSize!;
  const columnBlocks = Math.ceil(size.n / (lanes * core.columnsPerLane));
  const tiles = Math.ceil(size.m / core.rows) * columnBlocks;
  const width = Math.min(tiles, MAX_GRID);
  return {
    kernel: `${operands}/${variant}`,
    constants: {
      M: size.m,
      N: size.n,
      K: size.k,
      ...constants,
      LANES: lanes,
      COLUMN_BLOCKS: columnBlocks,
      DISPATCH_WIDTH: width,
      K_PER_SLICE: kPerSlice,
    },
    bindings,
    workgroups: [width, Math.ceil(tiles / width), Math.ceil(size.k / kPerSlice)],
    flops: 2 * size.m * size.n * size.k,
  };
}

/** Slots of a two-stage column reduction over [rows, columns]: enough invocations to fill an adapter, few enough to add up. */
export function reductionSlots(rows: number, columns: number): number {
  const invocations = 8192;
  return Math.max(1, Math.min(rows, 256, Math.ceil(invocations / columns), Math.ceil(rows / 8)));
}
