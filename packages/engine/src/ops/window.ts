// How a 3×3 convolution of stride 1 of few channels, and the input gradient of one, run with each pixel of x loaded once for
// all nine taps, where an implicit product loads it for each. For processors alone, whose loads are dear; a GPU has caches.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, MAX_GRID, read, type Scratch, type Target, write } from "../plan/lowering.js";
import { bytesOf } from "../plan/memory.js";
import { FEWEST_PRODUCTS, fitsTexels, inTexels, prefersTexels } from "../plan/texels.js";
import type { Epilogue } from "./conv2d-geometry.js";

/** A convolution of stride 1: y [N, H + 2 padding - 2, W + 2 padding - 2, CO] of x [N, H, W, CI]. */
interface Convolution {
  readonly x: Tensor;
  /** [3, 3, CI, CO], or any three axes of which the last two are CI and CO. */
  readonly weight: Tensor | Scratch;
  readonly y: Tensor;
  readonly padding: number;
}

/** Names of the variants: reading x and the weights from buffers, or from textures. */
const WINDOW = "window";
const WINDOW_TEXELS = "window texels";

/** Pixels of y that a workgroup makes, and channels: as in conv2d_window.wgsl. */
const ROWS = 4;
const COLUMNS = 8;
const CHANNELS = 16;

/**
 * Whether a convolution of 3×3 weights is one that this can do.
 *
 * @returns undefined where it is not; else the names of the variants, and whether these are likely to be faster than the direct
 *   sum: where tiles are well filled
 */
export function windowServes(
  target: Target,
  { x, weight, y, padding }: Convolution,
  stride: number,
): { readonly names: readonly string[]; readonly preferred: boolean } | undefined {
  const [kernelHeight, kernelWidth] = weight.shape;
  const [, height, width, channels] = y.shape as [number, number, number, number];
  const serves = kernelHeight === 3 && kernelWidth === 3 && stride === 1 && padding >= 0 && padding <= 2;
  const suits = !target.hardware && (target.subgroupSize ?? 0) >= 8 && bytesOf(weight) <= target.maxBindingBytes;
  if (!serves || !suits || channels % 2 !== 0) {
    return undefined;
  }
  const products = sizeOf(y.shape) * 9 * x.shape[3]!;
  const filled = (extent: number, tile: number) => extent / (tile * Math.ceil(extent / tile));
  const texels =
    prefersTexels(target) && [x, weight].every((tensor) => tensor.shape.at(-1)! % 4 === 0 && fitsTexels(tensor));
  const names = !texels ? [WINDOW] : products >= FEWEST_PRODUCTS ? [WINDOW_TEXELS, WINDOW] : [WINDOW, WINDOW_TEXELS];
  return { names, preferred: filled(height, ROWS) * filled(width, COLUMNS) > 0.8 };
}

/** Whether a variant is one of these. */
export function isWindow(variant: string): boolean {
  return variant === WINDOW || variant === WINDOW_TEXELS;
}

/** @param options rotated: the taps in reverse, as in an input gradient */
export function window(
  variant: string,
  { x, weight, y, padding }: Convolution,
  { bias, residual, relu, mask, rotated }: Epilogue & { readonly rotated: boolean },
): Dispatch[] {
  const [images, outputHeight, outputWidth, outputs] = y.shape as [number, number, number, number];
  const [, height, width, inputs] = x.shape as [number, number, number, number];
  const tiles = images * Math.ceil(outputHeight / ROWS) * Math.ceil(outputWidth / COLUMNS);
  const across = Math.min(tiles, MAX_GRID);
  const fromTexels = variant === WINDOW_TEXELS;
  const pixels = fromTexels ? inTexels(x) : undefined;
  const weights = fromTexels ? inTexels(weight) : undefined;
  const dispatch: Dispatch = {
    kernel: storedAs(y.dtype, fromTexels ? "conv2d_window/texels" : "conv2d_window"),
    constants: {
      H: height,
      W: width,
      CI: inputs,
      CO: outputs,
      OH: outputHeight,
      OW: outputWidth,
      PADDING: padding,
      IMAGES: images,
      DISPATCH_WIDTH: across,
      HAS_BIAS: bias ? 1 : 0,
      ...(rotated && { ROTATED: 1 }),
      ...(residual && { RESIDUAL: 1 }),
      ...(relu && { RELU: 1 }),
      ...(mask && { MASKED: 1 }),
    },
    bindings: [
      ...[read(pixels?.texels ?? x), read(weights?.texels ?? weight), read(bias ?? weight), write(y)],
      ...[read(residual ?? weight), read(mask ?? weight)],
    ],
    workgroups: [across, Math.ceil(tiles / across), Math.ceil(outputs / CHANNELS)],
    flops: 2 * 9 * images * outputHeight * outputWidth * outputs * inputs,
  };
  return pixels && weights ? [pixels.copy, weights.copy, dispatch] : [dispatch];
}
