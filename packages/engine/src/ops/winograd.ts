// How a 3×3 convolution of stride 1 and its gradients run by Winograd's minimal filtering F(4×4, 3×3): 36 multiplications where
// the direct sum has 144, for transforms on the way in and out (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2016). The input gradient is such a convolution too, with the weights turned and their channels exchanged; the
// weight gradient is the transpose of the same algorithm.
//
// The transforms are Toom and Cook's at the points 0, ±1/√2, ±√2 and infinity: row p of G is (1, p, p²) over the product of
// p's distances from the other finite points, row p of Bᵀ the coefficients of the product of x - q over those q, column p of
// Aᵀ the powers of p. At the usual points 0, ±1, ±2 the float32 error is four times as large; here it is the direct sum's.
import { type Shape, sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type GemmCore, gemm, gemmCores, gemmTiles, type ProductSize, readsTexels } from "../plan/gemm.js";
import { type Dispatch, grid, read, type Scratch, scratch, type Target, write } from "../plan/lowering.js";
import { alignedRows } from "../plan/parts.js";
import { fitsTexels, inTexels } from "../plan/texels.js";
import { type Epilogue, isThreeByThree } from "./conv2d-geometry.js";

/** A convolution of stride 1: y [N, H + 2 padding - 2, W + 2 padding - 2, CO] of x [N, H, W, CI]. */
interface Convolution {
  readonly x: Tensor;
  /** [3, 3, CI, CO]; of a rotated one [3, 3, CO, CI]. */
  readonly weight: Tensor;
  readonly y: Tensor;
  readonly padding: number;
}

/** Products of matrices that a filtering is made of. */
export const MATRICES = 36;
/** Tiles that a slice of the weight gradient adds up at most, for the accuracy of a float32 sum. */
const LONGEST_SUM = 1024;

/**
 * Whether a convolution is one that this can do within the adapter's binding limit.
 *
 * @returns undefined where it is not; else the products of the forward convolution, together, and whether this is likely to be
 *   faster than the direct sum
 */
export function winogradServes(target: Target, { x, weight, y, padding }: Convolution, stride: number) {
  const [inputs, outputs] = [x.shape[3]!, y.shape[3]!];
  if (!isThreeByThree(weight.shape, { stride, padding }) || inputs % 4 !== 0 || outputs % 4 !== 0) {
    return undefined;
  }
  // A batch that does not fit is cut; the smallest part must.
  const images = Math.min(y.shape[0]!, alignedRows([x, y]));
  const tilesOfPart = tilesOf([images, ...y.shape.slice(1)]).tiles;
  const slices = Math.max(
    ...gemmCores(target, { m: inputs, n: outputs, k: tilesOfPart, fours: "rows" }, "f32").map((core) =>
      slicesOf(target, core, tilesOfPart, inputs, outputs),
    ),
  );
  const largest = Math.max(tilesOfPart * inputs, tilesOfPart * outputs, slices * inputs * outputs);
  if (4 * MATRICES * largest > target.maxBindingBytes) {
    return undefined;
  }
  const { tiles } = tilesOf(y.shape);
  // Tiles of which more than half lies past the image's end save nothing.
  const wellFilled = sizeOf(y.shape) >= 8 * tiles * outputs;
  const size: ProductSize = { m: tiles, n: outputs, k: MATRICES * inputs, fours: "inner" };
  const worth = Math.min(inputs, outputs) >= fewestChannels(target) && tiles >= fewestTiles(target);
  return { size, preferred: wellFilled && worth };
}

/**
 * With fewer channels the transforms cost more than the multiplications saved. Measured on lavapipe (subgroups of 8: even at
 * 16) and on SwiftShader (4: even at 8); see docs/performance.md.
 */
function fewestChannels({ subgroupSize }: Target): number {
  return subgroupSize === 4 ? 16 : 32;
}

/**
 * With fewer tiles the weights, four times as many when transformed, take longer to make and to read than their products save: a
 * matrix of them then multiplies fewer rows than a core's tile has. Measured on the same adapters.
 */
function fewestTiles({ subgroupSize }: Target): number {
  return subgroupSize === 4 ? 8 : 32;
}

/** @param options rotated: the weights are turned by 180° and their channels exchanged */
export function winograd(
  target: Target,
  core: GemmCore,
  convolution: Convolution,
  { bias, residual, relu, mask, rotated }: Epilogue & { readonly rotated: boolean },
): Dispatch[] {
  const { x, weight, y } = convolution;
  const inputs = x.shape[3]!;
  const [, outputHeight, outputWidth, outputs] = y.shape as [number, number, number, number];
  const { tiles, tiling } = tilesOf(y.shape);
  const weights = scratch([MATRICES, inputs, outputs]);
  const images = scratch([MATRICES, tiles, inputs]);
  const products = scratch([MATRICES, tiles, outputs]);
  const output = operand(core, products);
  return [
    {
      kernel: storedAs(weight.dtype, "winograd_weights"),
      constants: { ROWS: inputs, COLUMNS: outputs, ROTATED: rotated ? 1 : 0 },
      bindings: [read(weight), write(weights)],
      workgroups: grid(inputs * outputs),
      flops: 9 * 10 * inputs * outputs,
    },
    ...imagesTransformed(core, convolution, images),
    ...gemm(target, core, {
      rows: "batched_matmul",
      m: tiles,
      n: outputs,
      taps: MATRICES,
      tapsPerSlice: 1,
      inner: inputs,
      innerStride: 1,
      constants: { A_ROW: inputs },
      a: images,
      b: weights,
      c: products,
    }),
    ...output.copies,
    {
      kernel: storedAs(y.dtype, `winograd_output${output.from}`),
      constants: {
        OH: outputHeight,
        OW: outputWidth,
        ...tiling,
        GROUPS: outputs / 4,
        HAS_BIAS: bias ? 1 : 0,
        ...(residual && { RESIDUAL: 1 }),
        ...(relu && { RELU: 1 }),
        ...(mask && { MASKED: 1 }),
      },
      bindings: [read(output.operand), read(bias ?? x), write(y), read(residual ?? x), read(mask ?? x)],
      workgroups: grid((tiles * outputs) / 4),
      flops: 10 * 12 * tiles * outputs + (bias ? sizeOf(y.shape) : 0),
    },
  ];
}

/** The gradient of the weights, [3, 3, CI, CO], from x and the gradient of y, which takes y's place in `convolution`. */
export function winogradWeightGradient(target: Target, core: GemmCore, convolution: Convolution): Dispatch[] {
  const { x, weight, y: dy } = convolution;
  const inputs = x.shape[3]!;
  const [, outputHeight, outputWidth, outputs] = dy.shape as [number, number, number, number];
  const { tiles, tiling } = tilesOf(dy.shape);
  const slices = slicesOf(target, core, tiles, inputs, outputs);
  const images = scratch([MATRICES, tiles, inputs]);
  const gradients = scratch([MATRICES, tiles, outputs]);
  const products = scratch([MATRICES, slices, inputs, outputs]);
  const gradient = operand(core, dy);
  return [
    ...imagesTransformed(core, convolution, images),
    ...gradient.copies,
    {
      kernel: storedAs(dy.dtype, `winograd_output_gradient${gradient.from}`),
      constants: { OH: outputHeight, OW: outputWidth, ...tiling, GROUPS: outputs / 4 },
      bindings: [read(gradient.operand), write(gradients)],
      workgroups: grid((tiles * outputs) / 4),
      flops: 10 * 10 * tiles * outputs,
    },
    ...gemm(target, core, {
      rows: "batched_matmul",
      m: inputs,
      n: outputs,
      taps: MATRICES * slices,
      tapsPerSlice: 1,
      inner: tiles / slices,
      innerStride: inputs,
      rowsInFours: true,
      constants: { A_ROW: 1 },
      a: images,
      b: gradients,
      c: products,
    }),
    {
      kernel: "winograd_weight_gradient",
      constants: { LENGTH: inputs * outputs, SLICES: slices },
      bindings: [read(products), write(weight)],
      workgroups: grid(inputs * outputs),
      flops: (9 * 12 + MATRICES * slices) * inputs * outputs,
    },
  ];
}

function imagesTransformed(core: GemmCore, { x, y, padding }: Convolution, images: Scratch): Dispatch[] {
  const [, height, width, inputs] = x.shape as [number, number, number, number];
  const { tiles, tiling } = tilesOf(y.shape);
  const { copies, operand: image, from } = operand(core, x);
  return [
    ...copies,
    {
      kernel: storedAs(x.dtype, `winograd_input${from}`),
      constants: { H: height, W: width, ...tiling, GROUPS: inputs / 4, PADDING: padding },
      bindings: [read(image), write(images)],
      workgroups: grid((tiles * inputs) / 4),
      flops: 12 * 14 * tiles * inputs,
    },
  ];
}

/** What a transform reads, from where the products read theirs, and the suffix of the kernel that does so. */
function operand(core: GemmCore, tensor: Tensor | Scratch) {
  if (!readsTexels(core) || !fitsTexels(tensor)) {
    return { copies: [], operand: tensor, from: "" } as const;
  }
  const { copy, texels } = inTexels(tensor);
  return { copies: [copy], operand: texels, from: "/texels" } as const;
}

function tilesOf(shape: Shape) {
  const [batch, height, width] = shape as [number, number, number, number];
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)];
  const tiles = batch * rows * columns;
  return { tiles, tiling: { TILES_H: rows, TILES_W: columns, TILES: tiles } };
}

/**
 * Into how many equal parts the sum over tiles is cut, for accuracy and for parallel work where there are few channels: the
 * least divisor of `tiles` that is enough.
 */
function slicesOf(target: Target, core: GemmCore, tiles: number, inputs: number, outputs: number): number {
  const parallel = MATRICES * gemmTiles(target, core, inputs, outputs);
  const wanted = Math.max(tiles / LONGEST_SUM, 64 / parallel);
  // Where it can be, a part is a multiple of 4, as texels want it.
  const most = tiles % 4 === 0 ? tiles / 4 : tiles;
  let slices = Math.ceil(Math.min(most, wanted));
  while (most % slices !== 0) {
    slices += 1;
  }
  return slices;
}
