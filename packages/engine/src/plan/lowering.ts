// What an op says when it lowers itself: dispatches of named kernels over tensors, with constants and a grid.
import type { Node } from "../graph/graph.js";
import { type DType, type Shape, sizeOf, type Tensor } from "../graph/tensor.js";
import type { GemmCore, GemmRows, KernelName } from "../kernels.js";

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
  subgroup8: { rows: 32, columnsPerLane: 4 },
  subgroup8_narrow: { rows: 48, columnsPerLane: 2 },
  subgroup4: { rows: 8, columnsPerLane: 4 },
  subgroup4_narrow: { rows: 12, columnsPerLane: 2 },
  plain: { rows: 8, columnsPerLane: 1 },
} as const satisfies Record<GemmCore, unknown>;

/** The GEMM core for an adapter and a number of columns: a core takes whole groups of its columns a lane. */
function gemmCore({ subgroupSize }: Target, columns: number): GemmCore {
  if (subgroupSize === undefined || subgroupSize < 4 || columns % 2 !== 0) {
    return "plain";
  }
  const family = subgroupSize < 8 ? "subgroup4" : "subgroup8";
  return columns % 4 === 0 && columns > 2 * subgroupSize ? family : `${family}_narrow`;
}

/** A product C[m, n] = sum over taps and inner of A[m, tap, inner] B[tap, inner, n]; see gemm_columns.wgsl. */
export interface Product {
  readonly rows: GemmRows;
  readonly m: number;
  readonly n: number;
  readonly taps: number;
  readonly inner: number;
  /** How far apart neighbours along the inner dimension lie in A. */
  readonly innerStride: number;
  /** What the file of A's rows wants to know beside the sizes. */
  readonly constants: Readonly<Record<string, number>>;
  readonly a: Tensor | Scratch;
  readonly b: Tensor | Scratch;
  readonly bias?: Tensor | undefined;
  readonly c: Tensor | Scratch;
  /** The taps are cut into slices of so many, each with a result of its own; all in one where absent. */
  readonly tapsPerSlice?: number;
}

/** The tiles of C that a product is cut into on an adapter. */
export function gemmTiles(target: Target, m: number, n: number) {
  const core = gemmCore(target, n);
  const lanes = core === "plain" ? 32 : target.subgroupSize!;
  const columnBlocks = Math.ceil(n / (lanes * CORES[core].columnsPerLane));
  return { core, lanes, columnBlocks, tiles: Math.ceil(m / CORES[core].rows) * columnBlocks };
}

export function gemm(target: Target, product: Product): Dispatch {
  const { rows, m, n, taps, inner, innerStride, a, b, bias, c, tapsPerSlice = taps } = product;
  const { core, lanes, columnBlocks, tiles } = gemmTiles(target, m, n);
  // A load of four wants every row of A to begin at a multiple of four; a weight gradient's begin at any pixel.
  const vectors = innerStride === 1 && inner % 4 === 0 && rows !== "conv2d_weight_gradient";
  const width = Math.min(tiles, MAX_GRID);
  return {
    kernel: `${rows}/${vectors ? "vectors" : "scalars"}/${core}`,
    constants: {
      M: m,
      N: n,
      TAPS: taps,
      INNER: inner,
      TAPS_PER_SLICE: tapsPerSlice,
      LANES: lanes,
      COLUMN_BLOCKS: columnBlocks,
      DISPATCH_WIDTH: width,
      HAS_BIAS: bias ? 1 : 0,
      ...(vectors ? {} : { INNER_STRIDE: innerStride }),
      ...product.constants,
    },
    bindings: [read(a), read(b), read(bias ?? b), write(c)],
    workgroups: [width, Math.ceil(tiles / width), Math.ceil(taps / tapsPerSlice)],
    flops: 2 * m * n * taps * inner,
  };
}

/** y[batch, column, row] = x[batch, row, column]. */
export function transpose(x: Tensor, y: Scratch, batch: number, rows: number, columns: number): Dispatch {
  const length = batch * rows * columns;
  return {
    kernel: "transpose",
    constants: { ROWS: rows, COLUMNS: columns, LENGTH: length },
    bindings: [read(x), write(y)],
    workgroups: grid(length),
    flops: 0,
  };
}

/** Slots of a two-stage column reduction over [rows, columns]: enough invocations to fill an adapter, few enough to add up. */
export function reductionSlots(rows: number, columns: number): number {
  const invocations = 8192;
  return Math.max(1, Math.min(rows, 256, Math.ceil(invocations / columns), Math.ceil(rows / 8)));
}
