// How the weight gradient of a 3×3 convolution of stride 1 of few channels runs with each pixel of x loaded once for all nine taps,
// where an implicit product loads it for each. Only from textures, for processors; see window.ts and plan/texels.ts.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, read, type Scratch, scratch, type Target, write } from "../plan/lowering.js";
import { alignedRows } from "../plan/parts.js";
import { FEWEST_PRODUCTS, fitsTexels, inTexels, prefersTexels } from "../plan/texels.js";
import { isThreeByThree, isWellFilled, windowExtents } from "./conv2d-geometry.js";

/** A convolution of stride 1: y [N, H + 2 padding - 2, W + 2 padding - 2, CO] of x [N, H, W, CI]. */
interface Convolution {
  readonly x: Tensor;
  readonly dy: Tensor;
  readonly padding: number;
}

export const WINDOW = "window texels";

/** Channels of x and of y that a workgroup meets, and pixels in a row of y that it takes at once: as in the shader. */
const INPUTS = 8;
const OUTPUTS = 16;
const PIXELS = 4;
/** So many channels on both sides fill the tiles of a product, which is then as fast or faster. Measured on lavapipe. */
const ENOUGH_CHANNELS = 32;
/** Pixels that a slice adds up, for parallel work and for the accuracy of a float32 sum. */
const PIXELS_PER_SLICE = 2048;

/**
 * Whether a gradient of 3×3 weights is one that this can do.
 *
 * @returns undefined where it is not; else the name of the variant, and whether it is likely to be faster than the direct sum
 */
export function windowWeightGradientServes(
  target: Target,
  { x, dy, padding }: Convolution,
  weight: readonly number[],
  stride: number,
): { readonly names: readonly string[]; readonly preferred: boolean } | undefined {
  const [batch, height, width, outputs] = dy.shape as [number, number, number, number];
  const inputs = x.shape[3]!;
  const inFours = inputs % 4 === 0 && outputs % 4 === 0;
  // A batch that does not fit is cut; the smallest part must.
  const rows = Math.min(batch, alignedRows([x, dy])) * height;
  const partialBytes = 4 * sizeOf(weight) * slicesOf(rows, width).slices;
  const fits = partialBytes <= target.maxBindingBytes && fitsTexels(x) && fitsTexels(dy);
  if (!isThreeByThree(weight, { stride, padding }) || !inFours || !fits || !prefersTexels(target)) {
    return undefined;
  }
  const worth = 9 * inputs * sizeOf(dy.shape) >= FEWEST_PRODUCTS && Math.min(inputs, outputs) < ENOUGH_CHANNELS;
  return { names: [WINDOW], preferred: isWellFilled([width, PIXELS]) && worth };
}

/** The sums of each slice [slices, 3, 3, CI, CO], to be added up in order. */
export function windowWeightGradient({ x, dy, padding }: Convolution): {
  readonly partial: Scratch;
  readonly slices: number;
  readonly dispatches: readonly Dispatch[];
} {
  const inputs = x.shape[3]!;
  const [images, outputHeight, outputWidth, outputs] = dy.shape as [number, number, number, number];
  const rows = images * outputHeight;
  const { rowsPerSlice, slices } = slicesOf(rows, outputWidth);
  const partial = scratch([slices, 3, 3, inputs, outputs]);
  const [pixels, gradients] = [inTexels(x), inTexels(dy)];
  const dispatch: Dispatch = {
    kernel: storedAs(x.dtype, "conv2d_window_weight_gradient"),
    constants: {
      ...windowExtents(x, dy, padding),
      ROWS: rows,
      ROWS_PER_SLICE: rowsPerSlice,
    },
    bindings: [read(pixels.texels), read(gradients.texels), write(partial)],
    workgroups: [slices, Math.ceil(inputs / INPUTS), Math.ceil(outputs / OUTPUTS)],
    flops: 2 * 9 * inputs * sizeOf(dy.shape),
  };
  return { partial, slices, dispatches: [pixels.copy, gradients.copy, dispatch] };
}

/** Into how many runs of rows the sum over all is cut. */
function slicesOf(rows: number, width: number) {
  const rowsPerSlice = Math.max(1, Math.floor(PIXELS_PER_SLICE / width));
  return { rowsPerSlice, slices: Math.ceil(rows / rowsPerSlice) };
}
