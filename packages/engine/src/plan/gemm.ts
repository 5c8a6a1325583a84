// Matrix products as dispatches: which core multiplies on an adapter, in which tiles, and how A is read.
import type { Tensor } from "../graph/tensor.js";
import type { GemmCore, GemmRows } from "../kernels.js";
import { type Dispatch, MAX_GRID, read, type Scratch, type Target, write } from "./lowering.js";

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
  const contiguous = innerStride === 1 && inner % 4 === 0 && rows !== "conv2d_weight_gradient";
  const width = Math.min(tiles, MAX_GRID);
  return {
    kernel: `${rows}/${contiguous ? "vectors" : "scalars"}/${core}`,
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
      ...(contiguous ? {} : { INNER_STRIDE: innerStride }),
      ...product.constants,
    },
    bindings: [read(a), read(b), read(bias ?? b), write(c)],
    workgroups: [width, Math.ceil(tiles / width), Math.ceil(taps / tapsPerSlice)],
    flops: 2 * m * n * taps * inner,
  };
}
