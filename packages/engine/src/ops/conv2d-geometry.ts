// The extents of a 2-D convolution, and the errors for those that make none. Shared by conv2d and its two gradients.
import { InputError, ShapeError } from "../errors.js";
import type { DType, Tensor } from "../graph/tensor.js";
import { type GemmCore, gemmCores, type ProductSize } from "../plan/gemm.js";
import type { Target } from "../plan/lowering.js";

export interface Conv2dAttributes {
  readonly stride: number;
  readonly padding: number;
  /** ReLU is taken of the result; set by the fusion pass alone, since there is no gradient through it. */
  readonly relu?: boolean;
}

/** What is done to y beside the sum: a bias and a residual added, ReLU taken, and zeros put where a mask is not above zero. */
export interface Epilogue {
  readonly bias?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly relu?: boolean | undefined;
  readonly mask?: Tensor | undefined;
}

export interface Conv2dGradientAttributes extends Conv2dAttributes {
  /** Shape of what the gradient is of: x for the input gradient, the weights for the weight gradient. */
  readonly shape: readonly number[];
}

export interface Conv2dGeometry {
  batch: number;
  height: number;
  width: number;
  inputChannels: number;
  kernelHeight: number;
  kernelWidth: number;
  outputChannels: number;
  outputHeight: number;
  outputWidth: number;
}

export function conv2dGeometry(
  op: string,
  x: readonly number[],
  weight: readonly number[],
  { stride, padding }: Conv2dAttributes,
): Conv2dGeometry {
  if (!Number.isInteger(stride) || stride < 1 || !Number.isInteger(padding) || padding < 0) {
    throw new InputError(
      `${op}: stride ${stride}, padding ${padding}; expected whole numbers, stride ≥ 1, padding ≥ 0`,
    );
  }
  const expected = "x [N, H, W, CI] and weight [KH, KW, CI, CO], the kernel no larger than the padded image";
  if (x.length !== 4 || weight.length !== 4 || x[3] !== weight[2]) {
    throw new ShapeError(op, [x, weight], expected);
  }
  const [batch, height, width, inputChannels] = x as [number, number, number, number];
  const [kernelHeight, kernelWidth, , outputChannels] = weight as [number, number, number, number];
  const outputHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outputWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  if (outputHeight < 1 || outputWidth < 1) {
    throw new ShapeError(op, [x, weight], `${expected}; the padding is ${padding}`);
  }
  return { batch, height, width, inputChannels, kernelHeight, kernelWidth, outputChannels, outputHeight, outputWidth };
}

/** Whether a kernel is 3×3 and moves by one pixel, padded by no more than it spans: what windows and Winograd's filtering serve. */
export function isThreeByThree(
  [kernelHeight, kernelWidth]: readonly number[],
  { stride, padding }: Conv2dAttributes,
): boolean {
  return kernelHeight === 3 && kernelWidth === 3 && stride === 1 && padding >= 0 && padding <= 2;
}

/** Whether tiles that cover extents lie inside of them for the most part, so that the rest costs less than such tiles save. */
export function isWellFilled(...sides: readonly (readonly [extent: number, tile: number])[]): boolean {
  return sides.reduce((share, [extent, tile]) => (share * extent) / (tile * Math.ceil(extent / tile)), 1) > 0.8;
}

/** What the kernels of windows want to know of a convolution of x into y, or of y's gradient. */
export function windowExtents(x: Tensor, y: Tensor, padding: number): Readonly<Record<string, number>> {
  const [, H, W, CI] = x.shape as [number, number, number, number];
  const [, OH, OW, CO] = y.shape as [number, number, number, number];
  return { H, W, CI, CO, OH, OW, PADDING: padding };
}

/** Whether it is a product of matrices: a pixel of y depends on that pixel of x alone. */
export function isPointwise(g: Conv2dGeometry, { stride, padding }: Conv2dAttributes): boolean {
  return g.kernelHeight === 1 && g.kernelWidth === 1 && stride === 1 && padding === 0;
}

export function checkOutputGradient(op: string, dy: readonly number[], g: Conv2dGeometry): void {
  const expected = [g.batch, g.outputHeight, g.outputWidth, g.outputChannels];
  if (dy.length !== 4 || dy.some((extent, i) => extent !== expected[i])) {
    throw new ShapeError(op, [dy], `dy [${expected.join(", ")}]`);
  }
}

/** How a convolution is carried out: as one implicit product or by Winograd's filtering, and by which core. */
export interface Conv2dVariant {
  readonly algorithm: "direct" | "winograd";
  readonly core: GemmCore;
}

/** What else than the implicit product can serve a convolution; undefined what cannot. */
interface Alternatives {
  /** The products within Winograd's filtering, together. */
  readonly filtered?: { readonly size: ProductSize; readonly preferred: boolean } | undefined;
  readonly window?: { readonly names: readonly string[]; readonly preferred: boolean } | undefined;
}

/**
 * The names of the variants, the default first.
 *
 * @param operands the type of what is convolved
 * @param direct the implicit product
 */
export function conv2dVariants(
  target: Target,
  operands: DType,
  direct: ProductSize,
  { filtered, window }: Alternatives,
): [string, ...string[]] {
  const named = (algorithm: Conv2dVariant["algorithm"], dtype: DType, size: ProductSize) =>
    gemmCores(target, size, dtype).map((core) => `${algorithm} ${core}`);
  const ways = [
    { names: named("direct", operands, direct), preferred: false },
    // Its scratch is f32 whatever is convolved.
    {
      names: filtered === undefined ? [] : named("winograd", "f32", filtered.size),
      preferred: filtered?.preferred ?? false,
    },
    { names: window?.names ?? [], preferred: window?.preferred ?? false },
  ];
  const first = ways.find(({ preferred }) => preferred) ?? ways[0]!;
  return [...first.names, ...ways.filter((way) => way !== first).flatMap(({ names }) => names)] as [
    string,
    ...string[],
  ];
}

/** The variant of one of those names but the windows'. */
export function parseConv2dVariant(name: string): Conv2dVariant {
  const [algorithm, core] = name.split(" ") as [Conv2dVariant["algorithm"], GemmCore];
  return { algorithm, core };
}
