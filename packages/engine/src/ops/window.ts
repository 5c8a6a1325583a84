// How a 3×3 convolution of stride 1 of few channels, and the input gradient of one, run with each pixel of x loaded once for
// all nine taps, where an implicit product loads it for each. For processors alone, whose loads are dear; a GPU has caches.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, MAX_GRID, read, type Scratch, type Target, write } from "../plan/lowering.js";
import { bytesOf } from "../plan/memory.js";
import { FEWEST_PRODUCTS, fitsTexels, inTexels, prefersTexels } from "../plan/texels.js";
import { type Epilogue, isThreeByThree, isWellFilled, windowExtents } from "./conv2d-geometry.js";

/** A convolution of stride 1: y [N, H + 2 padding - 2, W + 2 padding - 2, CO] of x [N, H, W, CI]. */
interface Convolution {
  readonly x: Tensor;
  /** [3, 3, CI, CO], or any three axes of which the last two are CI and CO. */
  readonly weight: Tensor | Scratch;
  readonly y: Tensor;
  readonly padding: number;
}

/** The variants, which read x and the weights from buffers or from textures, and the rows of pixels that a workgroup of each makes. */
const WINDOWS = {
  window: { kernel: "conv2d_window", rows: 4 },
  "window texels": { kernel: "conv2d_window_texels", rows: 8 },
} as const;

type Window = keyof typeof WINDOWS;

/** Columns of pixels that a workgroup of either makes, and channels. */
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
  const [, height, width, channels] = y.shape as [number, number, number, number];
  const serves = isThreeByThree(weight.shape, { stride, padding });
  const suits = !target.hardware && (target.subgroupSize ?? 0) >= 8 && bytesOf(weight) <= target.maxBindingBytes;
  if (!serves || !suits || channels % 2 !== 0) {
    return undefined;
  }
  const inputs = x.shape[3]!;
  const products = 9 * inputs * sizeOf(y.shape);
  const inFours = inputs % 4 === 0 && channels % 4 === 0;
  const texels = prefersTexels(target) && inFours && fitsTexels(x) && fitsTexels(weight);
  const names: Window[] = texels ? ["window texels", "window"] : ["window"];
  if (products < FEWEST_PRODUCTS) {
    names.reverse();
  }
  const suiting = names.filter((name) => isWellFilled([height, WINDOWS[name].rows], [width, COLUMNS]));
  return { names: [...new Set([...suiting, ...names])], preferred: suiting.length > 0 };
}

/** Whether a variant is one of these. */
export function isWindow(variant: string): boolean {
  return variant in WINDOWS;
}

/** @param options rotated: the taps in reverse, as in an input gradient */
export function window(
  variant: string,
  { x, weight, y, padding }: Convolution,
  { bias, residual, relu, mask, rotated }: Epilogue & { readonly rotated: boolean },
): Dispatch[] {
  const [images, outputHeight, outputWidth, outputs] = y.shape as [number, number, number, number];
  const inputs = x.shape[3]!;
  const { kernel, rows } = WINDOWS[variant as Window];
  const tiles = images * Math.ceil(outputHeight / rows) * Math.ceil(outputWidth / COLUMNS);
  const across = Math.min(tiles, MAX_GRID);
  const fromTexels = kernel === "conv2d_window_texels";
  const pixels = fromTexels ? inTexels(x) : undefined;
  const weights = fromTexels ? inTexels(weight) : undefined;
  const dispatch: Dispatch = {
    kernel: storedAs(y.dtype, kernel),
    constants: {
      ...windowExtents(x, y, padding),
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
