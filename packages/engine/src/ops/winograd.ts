// How a 3×3 convolution of stride 1 runs by Winograd's minimal filtering F(4×4, 3×3): 36 multiplications where the direct sum
// has 144, for transforms of the images on the way in and out (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2016). The input gradient is such a convolution too, with the weights turned and their channels exchanged.
//
// The transforms are Toom and Cook's at the points 0, ±1/√2, ±√2 and infinity: row p of G is (1, p, p²) over the product of
// p's distances from the other finite points, row p of Bᵀ the coefficients of the product of x - q over those q, column p of
// Aᵀ the powers of p. At the usual points 0, ±1, ±2 the float32 error is four times as large; here it is the direct sum's.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { type Dispatch, gemm, grid, read, scratch, type Target, write } from "../plan/lowering.js";

export interface WinogradConvolution {
  /** [N, H, W, C], C divisible by 4. */
  readonly x: Tensor;
  /** [3, 3, C, channels of y], or with `rotated` [3, 3, channels of y, C]. */
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
  /** [N, H + 2 padding - 2, W + 2 padding - 2, channels], the channels divisible by 4. */
  readonly y: Tensor;
  readonly padding: number;
  readonly rotated: boolean;
}

const TAPS = 36;
/** Fewer channels than this and the transforms cost more than the multiplications saved. */
const FEWEST_CHANNELS = 32;

/** Whether the convolution is one that this can do, within the adapter's binding limit, and is likely to do faster. */
export function winogradPays(
  { maxBindingBytes }: Target,
  { x, weight, y, padding }: WinogradConvolution,
  stride: number,
): boolean {
  const [kernelHeight, kernelWidth] = weight.shape;
  const channels = [x.shape[3]!, y.shape[3]!];
  const largest = 4 * TAPS * tilesOf(y).tiles * Math.max(...channels);
  return (
    kernelHeight === 3 &&
    kernelWidth === 3 &&
    stride === 1 &&
    padding <= 2 &&
    channels.every((count) => count % 4 === 0 && count >= FEWEST_CHANNELS) &&
    largest <= maxBindingBytes
  );
}

export function winograd(target: Target, { x, weight, bias, y, padding, rotated }: WinogradConvolution): Dispatch[] {
  const [, height, width, inputs] = x.shape as [number, number, number, number];
  const [, outputHeight, outputWidth, outputs] = y.shape as [number, number, number, number];
  const { rows, columns, tiles } = tilesOf(y);
  const tiling = { TILES_H: rows, TILES_W: columns, TILES: tiles };
  const weights = scratch([TAPS, inputs, outputs]);
  const images = scratch([TAPS, tiles, inputs]);
  const products = scratch([TAPS, tiles, outputs]);
  return [
    {
      kernel: "winograd_weights",
      constants: { ROWS: inputs, COLUMNS: outputs, ROTATED: rotated ? 1 : 0 },
      bindings: [read(weight), write(weights)],
      workgroups: grid(inputs * outputs),
      flops: 90 * inputs * outputs,
    },
    {
      kernel: "winograd_input",
      constants: { H: height, W: width, ...tiling, GROUPS: inputs / 4, PADDING: padding },
      bindings: [read(x), write(images)],
      workgroups: grid((tiles * inputs) / 4),
      flops: 12 * 15 * tiles * inputs,
    },
    gemm(target, {
      rows: "batched_matmul",
      m: tiles,
      n: outputs,
      taps: TAPS,
      tapsPerSlice: 1,
      inner: inputs,
      innerStride: 1,
      constants: {},
      a: images,
      b: weights,
      c: products,
    }),
    {
      kernel: "winograd_output",
      constants: { OH: outputHeight, OW: outputWidth, ...tiling, GROUPS: outputs / 4, HAS_BIAS: bias ? 1 : 0 },
      bindings: [read(products), read(bias ?? x), write(y)],
      workgroups: grid((tiles * outputs) / 4),
      flops: 10 * 12 * tiles * outputs + (bias ? sizeOf(y.shape) : 0),
    },
  ];
}

function tilesOf(y: Tensor): { rows: number; columns: number; tiles: number } {
  const [batch, height, width] = y.shape as [number, number, number, number];
  const rows = Math.ceil(height / 4);
  const columns = Math.ceil(width / 4);
  return { rows, columns, tiles: batch * rows * columns };
}
