// Matrix products as dispatches: which cores can multiply on an adapter, in which tiles, and how A is read.
import type { DType, Tensor } from "../graph/tensor.js";
import type { GemmReading, GemmRows, GemmShader, KernelName } from "../kernels.js";
import { type Dispatch, MAX_GRID, read, type Scratch, type Target, write } from "./lowering.js";
import { FEWEST_PRODUCTS, fitsTexels, inTexels, prefersTexels } from "./texels.js";

/** A core is a shader and the tile of C that a workgroup of it makes. */
interface Core {
  readonly shader: GemmShader;
  readonly rows: number;
  /** Columns that a lane takes; N must be a multiple. */
  readonly columnsPerLane: number;
  /** Fewest lanes of the subgroups that it is made for; it needs no subgroups where absent. */
  readonly subgroup?: 4 | 8;
  /** Invocations along each side of a workgroup of a core with tiles in workgroup memory. */
  readonly side?: number;
  /** Reads A and B from textures; for operands that cannot lie in them, this core stands in. */
  readonly orFromBuffers?: "subgroup8" | "subgroup8_narrow";
  /** So many lanes lie beside each other along the columns; all of a subgroup where absent. */
  readonly columnLanes?: 4;
  /** Multiplies by matrix units, in square tiles in workgroup memory. */
  readonly units?: true;
}

const CORES = {
  subgroup8: { shader: "subgroup8", rows: 32, columnsPerLane: 4, subgroup: 8 },
  subgroup8_narrow: { shader: "subgroup8_narrow", rows: 48, columnsPerLane: 2, subgroup: 8 },
  subgroup8_texels: { shader: "subgroup8", rows: 32, columnsPerLane: 4, subgroup: 8, orFromBuffers: "subgroup8" },
  subgroup8_texels_narrow: {
    ...{ shader: "quads", rows: 64, columnsPerLane: 4, subgroup: 8, columnLanes: 4 },
    orFromBuffers: "subgroup8_narrow",
  },
  subgroup4: { shader: "subgroup4", rows: 8, columnsPerLane: 4, subgroup: 4 },
  subgroup4_narrow: { shader: "subgroup4_narrow", rows: 12, columnsPerLane: 2, subgroup: 4 },
  tiled_128: { shader: "tiled8", rows: 128, columnsPerLane: 4, side: 16 },
  tiled_64: { shader: "tiled8", rows: 64, columnsPerLane: 4, side: 8 },
  tiled_32: { shader: "tiled4", rows: 32, columnsPerLane: 4, side: 8 },
  plain: { shader: "plain", rows: 8, columnsPerLane: 1 },
  matrix: { shader: "matrix", rows: 64, columnsPerLane: 4, units: true },
} as const satisfies Record<string, Core>;

export type GemmCore = keyof typeof CORES;

/** Invocations of a workgroup of `plain`. */
const PLAIN_LANES = 32;
/** Workgroups of tiles that are enough to keep a GPU busy. */
const ENOUGH_TILES = 256;
/** Of a workgroup of `matrix`: one for each quarter of its tile, were they as large as they may be. */
const SUBGROUPS = 4;
/** Invocations of a workgroup along x, and in all: WebGPU's default limit. */
const MAX_INVOCATIONS = 256;
/** What gemm_matrix.wgsl holds in workgroup memory: its tiles of A and B and part of that of C. */
const MATRIX_BYTES = {
  f32: 4 * (64 * 20 + 16 * 68) + 4 * 4 * 8 * 16,
  f16: 2 * (64 * 40 + 32 * 72) + 4 * 4 * 16 * 16,
} as const;

/** How large a product is: `m` rows, `n` columns, and `k` multiply-adds for each of its values. */
export interface ProductSize {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /**
   * The dimension of A along which every four from a multiple of four on are neighbours, K too being a multiple of four: what lies
   * in texels. Undefined where there is none.
   */
  readonly fours: "inner" | "rows" | undefined;
}

/**
 * The cores that can make a product of a size on an adapter, the default first. Tiles in workgroup memory are
 * for hardware alone: a barrier makes coroutines of a processor's invocations, minutes of compilation for a fraction of the speed.
 * Matrix units are never the default: only the tuner, which holds what they compute to the default's, may choose them.
 *
 * @param operands the type of A and B
 */
export function gemmCores(target: Target, size: ProductSize, operands: DType): [GemmCore, ...GemmCore[]] {
  const preferred = defaultCore(target, size);
  const subgroup = subgroupOf(target);
  const others = (Object.keys(CORES) as GemmCore[]).filter((name) => {
    const core: Core = CORES[name];
    const runs =
      (core.side === undefined || fitsTiles(target, core)) &&
      (core.subgroup === undefined || core.subgroup === subgroup) &&
      (core.orFromBuffers === undefined || (prefersTexels(target) && size.fours !== undefined)) &&
      (core.units === undefined || hasUnits(target, operands));
    return name !== preferred && runs && size.n % core.columnsPerLane === 0;
  });
  return [preferred, ...others];
}

/** The kind of core for an adapter's subgroups. */
function subgroupOf({ subgroupSize = 0 }: Target): 4 | 8 | undefined {
  return subgroupSize < 4 ? undefined : subgroupSize < 8 ? 4 : 8;
}

function defaultCore(target: Target, size: ProductSize): GemmCore {
  const { m, n, k, fours } = size;
  const { subgroupSize = 0, hardware } = target;
  const subgroup = subgroupOf(target);
  if (hardware && n % 4 === 0) {
    const tiled = (["tiled_128", "tiled_64"] as const).find(
      (core) => fitsTiles(target, CORES[core]) && tilesOf(target, core, m, n).tiles >= ENOUGH_TILES,
    );
    return tiled ?? "tiled_32";
  }
  if (subgroup === undefined || n % 2 !== 0) {
    return "plain";
  }
  const worth = m * n * k >= FEWEST_PRODUCTS && fours !== undefined;
  const from = prefersTexels(target) && n % 4 === 0 && worth ? "_texels" : "";
  const narrow = n % 4 !== 0 || n <= 2 * subgroupSize ? "_narrow" : "";
  return `subgroup${subgroup}${from}${narrow}` as GemmCore;
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
  /** Rows come in fours that are neighbours in A and begin at a multiple of four, whichever place along the inner dimension. */
  readonly rowsInFours?: boolean;
  /** What the file of A's rows wants to know beside the sizes. */
  readonly constants: Readonly<Record<string, number>>;
  readonly a: Tensor | Scratch;
  readonly b: Tensor | Scratch;
  /** Copies of A and B in textures, from which they are read where present; see `operandsInTexels`. */
  readonly texels?: OperandsInTexels | undefined;
  readonly bias?: Tensor | undefined;
  /** Added to C where present; of its shape and type. */
  readonly residual?: Tensor | Scratch | undefined;
  /** Whether C's negative values become zeros, after that. */
  readonly relu?: boolean | undefined;
  /** C becomes zero where this is not above zero, after all else; of its shape and type. */
  readonly mask?: Tensor | undefined;
  readonly c: Tensor | Scratch;
  /** The taps are cut into slices of so many, each with a result of its own; all in one where absent. */
  readonly tapsPerSlice?: number;
}

/** Copies of a product's A and B in textures. */
interface OperandsInTexels {
  readonly a: Scratch;
  readonly b: Scratch;
}

/** Whether a core reads its operands from textures where they can lie in them. */
export function readsTexels(core: GemmCore): boolean {
  return (CORES[core] as Core).orFromBuffers !== undefined;
}

/** How many tiles a product is cut into. */
export function gemmTiles(target: Target, core: GemmCore, m: number, n: number): number {
  return tilesOf(target, core, m, n).tiles;
}

function tilesOf(target: Target, core: GemmCore, m: number, n: number) {
  const { rows, columnsPerLane, columnLanes, side, subgroup, units }: Core = CORES[core];
  const lanes = subgroup === undefined ? PLAIN_LANES : target.subgroupSize!;
  const square = side !== undefined || units !== undefined;
  const columnBlocks = Math.ceil(n / (square ? rows : (columnLanes ?? lanes) * columnsPerLane));
  return { lanes, columnBlocks, tiles: Math.ceil(m / rows) * columnBlocks };
}

/** Depth of the tiles of A and B: every invocation then loads one block of 4 × 4 of A and four vectors of B. */
function depthOf({ rows, side = 0 }: Core): number {
  return (16 * side * side) / rows;
}

/** Whether an adapter is one for tiles in workgroup memory, and has enough for one of A and one of B. */
function fitsTiles(target: Target, core: Core): boolean {
  return target.hardware && 2 * 4 * core.rows * depthOf(core) <= target.workgroupBytes;
}

/** Whether an adapter has units for operands of a type, and what a workgroup that uses them needs. */
function hasUnits({ matrixUnits, workgroupBytes }: Target, operands: DType): boolean {
  return (
    operands !== "u32" &&
    matrixUnits !== undefined &&
    matrixUnits.operands.includes(operands) &&
    SUBGROUPS * matrixUnits.maxSubgroupSize <= MAX_INVOCATIONS &&
    MATRIX_BYTES[operands] <= workgroupBytes
  );
}

/** What a core's shader wants to know of its workgroup. */
function workgroupConstants(target: Target, core: Core, lanes: number): Readonly<Record<string, number>> {
  if (core.units !== undefined) {
    return { INVOCATIONS: SUBGROUPS * target.matrixUnits!.maxSubgroupSize };
  }
  return core.side === undefined ? { LANES: lanes } : { SIDE: core.side, DEPTH: depthOf(core) };
}

/** The suffix of the kernels for a product's types; f16 operands may have a result of either type. */
function typesOf({ a, b, c }: Product): "" | "/f16" | "/f16_f32" {
  if (a.dtype !== b.dtype || a.dtype === "u32" || (a.dtype === "f32" && c.dtype !== "f32")) {
    throw new Error(`gemm: no kernel multiplies ${a.dtype} by ${b.dtype} into ${c.dtype}`);
  }
  return a.dtype === "f32" ? "" : c.dtype === "f16" ? "/f16" : "/f16_f32";
}

/** One product by a core that `gemmCores` names for it, after the copies of its operands that the core reads. */
export function gemm(target: Target, core: GemmCore, product: Product): Dispatch[] {
  const { copies, texels } = operandsInTexels(core, product);
  return [...copies, gemmDispatch(target, core, { ...product, texels })];
}

/** What says whether a product's operands can lie in textures. */
type Operands = Omit<Product, "m" | "taps" | "constants" | "c">;

/** Copies of a product's operands in textures, where its core reads these; for products that have their operands in common. */
export function operandsInTexels(
  core: GemmCore,
  product: Operands,
): { readonly copies: readonly Dispatch[]; readonly texels: OperandsInTexels | undefined } {
  const { n, inner, a, b, rowsInFours = false } = product;
  // What lies past the end of B in a texture is anything, and would meet zeros of A: only whole fours.
  const fits = n % 4 === 0 && inner % 4 === 0 && fitsTexels(a) && fitsTexels(b);
  if (!readsTexels(core) || !fits || !(rowsInFours || isContiguous(product))) {
    return { copies: [], texels: undefined };
  }
  const [ofA, ofB] = [inTexels(a), inTexels(b)];
  return { copies: [ofA.copy, ofB.copy], texels: { a: ofA.texels, b: ofB.texels } };
}

function readingOf(product: Product): GemmReading {
  if (product.texels !== undefined) {
    return product.rowsInFours ? "texel_rows" : "texels";
  }
  return isContiguous(product) ? "vectors" : "scalars";
}

/** Whether every four along the inner dimension are neighbours in A, and begin at a multiple of four. */
function isContiguous({ rows, inner, innerStride }: Operands): boolean {
  // A weight gradient's begin at any pixel.
  return innerStride === 1 && inner % 4 === 0 && rows !== "conv2d_weight_gradient";
}

/** One product by a core that `gemmCores` names for it. */
export function gemmDispatch(target: Target, wanted: GemmCore, product: Product): Dispatch {
  const { rows, m, n, taps, inner, innerStride, a, b, texels, bias, residual, relu, mask, c } = product;
  const { tapsPerSlice = taps } = product;
  const coreName = (texels === undefined && (CORES[wanted] as Core).orFromBuffers) || wanted;
  const core: Core = CORES[coreName];
  const { lanes, columnBlocks, tiles } = tilesOf(target, coreName, m, n);
  const reading = readingOf(product);
  const width = Math.min(tiles, MAX_GRID);
  return {
    kernel: `${rows}/${reading}/${core.shader}${typesOf(product)}` as KernelName,
    constants: {
      M: m,
      N: n,
      TAPS: taps,
      INNER: inner,
      TAPS_PER_SLICE: tapsPerSlice,
      COLUMN_BLOCKS: columnBlocks,
      DISPATCH_WIDTH: width,
      HAS_BIAS: bias ? 1 : 0,
      ...(residual && { RESIDUAL: 1 }),
      ...(relu && { RELU: 1 }),
      ...(mask && { MASKED: 1 }),
      ...workgroupConstants(target, core, lanes),
      ...((reading === "scalars" || reading === "texel_rows") && { INNER_STRIDE: innerStride }),
      ...product.constants,
    },
    bindings: [
      ...[read(texels?.a ?? a), read(texels?.b ?? b), read(bias ?? b)],
      ...[write(c), read(residual ?? b), read(mask ?? b)],
    ],
    workgroups: [width, Math.ceil(tiles / width), taps === 0 ? 1 : Math.ceil(taps / tapsPerSlice)],
    flops: 2 * m * n * taps * inner,
  };
}
