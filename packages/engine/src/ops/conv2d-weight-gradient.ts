// The gradient of conv2d with respect to its weights, from its input and the gradient of its output: a product whose inner
// dimension is all pixels. It is cut into slices, each with a result of its own, and a second stage adds them in order. The sums
// are f32 whatever the type of the images.
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { type GemmCore, gemm, gemmTiles, type ProductSize } from "../plan/gemm.js";
import { type Dispatch, grid, outputOf, read, type Scratch, scratch, type Target, write } from "../plan/lowering.js";
import {
  type Conv2dGeometry,
  type Conv2dGradientAttributes,
  checkOutputGradient,
  conv2dGeometry,
  conv2dVariants,
  isPointwise,
  parseConv2dVariant,
} from "./conv2d-geometry.js";
import { floatType } from "./float-type.js";
import { kernelBands } from "./kernel-bands.js";
import { largePointwiseWeightGradient } from "./large-pointwise.js";
import { WINDOW, windowWeightGradient, windowWeightGradientServes } from "./window-weight-gradient.js";
import { MATRICES, winogradServes, winogradWeightGradient } from "./winograd.js";

export const conv2dWeightGradientOp: Op<Conv2dGradientAttributes> = {
  name: "conv2d_weight_gradient",
  infer([x, dy], attributes) {
    const g = conv2dGeometry("conv2d_weight_gradient", x!.shape, attributes.shape, attributes);
    checkOutputGradient("conv2d_weight_gradient", dy!.shape, g);
    floatType("conv2d_weight_gradient", x!, dy!);
    return [{ shape: attributes.shape, dtype: "f32" }];
  },
  batched: () => ({ inputs: [true, true], outputs: "sum" }),
  variants(target, node, { stride, padding, shape }) {
    const [x, dy] = node.inputs;
    const [kernelHeight, kernelWidth, inputs, outputs] = shape as [number, number, number, number];
    const convolution = { x: x!, weight: outputOf(node), y: dy!, padding };
    const serves = winogradServes(target, convolution, stride);
    // Winograd's products here are of the channels alone.
    const tiles = serves?.size.m ?? 0;
    const size: ProductSize = {
      m: inputs,
      n: outputs,
      k: tiles * MATRICES,
      fours: tiles % 4 === 0 ? "rows" : undefined,
    };
    const pixels = sizeOf(dy!.shape) / outputs;
    const g = conv2dGeometry("conv2d_weight_gradient", x!.shape, shape, { stride, padding });
    const pointwise = isPointwise(g, { stride, padding });
    const inFours = (pointwise ? pixels : g.outputWidth) % 4 === 0;
    const dimension = inputs % 4 === 0 ? "rows" : pointwise && inputs === 1 ? "inner" : undefined;
    const direct: ProductSize = {
      ...{ m: kernelHeight * kernelWidth * inputs, n: outputs, k: pixels },
      fours: inFours ? dimension : undefined,
    };
    const window = windowWeightGradientServes(
      target,
      { x: x!, dy: dy!, padding },
      [kernelHeight, kernelWidth, inputs, outputs],
      stride,
    );
    return conv2dVariants(target, x!.dtype, direct, { filtered: serves && { ...serves, size }, window });
  },
  lower({ target, variant }, node, attributes) {
    const [x, dy] = node.inputs;
    if (variant === WINDOW) {
      const { partial, slices, dispatches } = windowWeightGradient({ x: x!, dy: dy!, padding: attributes.padding });
      return [...dispatches, sumOfSlices(partial, outputOf(node), slices)];
    }
    const { algorithm, core } = parseConv2dVariant(variant);
    if (algorithm === "winograd") {
      const convolution = { x: x!, weight: outputOf(node), y: dy!, padding: attributes.padding };
      return winogradWeightGradient(target, core, convolution);
    }
    const g = conv2dGeometry("conv2d_weight_gradient", x!.shape, attributes.shape, attributes);
    const large = isPointwise(g, attributes) && largePointwiseWeightGradient(target, x!, dy!, outputOf(node));
    if (large) {
      return large;
    }
    return kernelBands(target, outputOf(node), attributes.padding).flatMap(
      ({ weight: dWeight, kernelHeight, paddingTop }) => {
        const m = kernelHeight * g.kernelWidth * g.inputChannels;
        const n = g.outputChannels;
        const { sizes, slices } = isPointwise(g, attributes)
          ? slicedPixels(target, core, g)
          : slicedRows(target, core, { ...g, kernelHeight }, attributes, paddingTop);
        const partial = slices === 1 ? dWeight : scratch([slices, m, n]);
        const product = gemm(target, core, { ...sizes, m, n, a: x!, b: dy!, c: partial });
        return slices === 1 ? product : [...product, sumOfSlices(partial, dWeight, slices)];
      },
    );
  },
};

/** y = the sum of x [slices, …] over its slices, in their order. */
function sumOfSlices(x: Tensor | Scratch, y: Tensor, slices: number): Dispatch {
  const length = sizeOf(y.shape);
  return {
    kernel: "reduce_slices",
    constants: { LENGTH: length, SLICES: slices },
    bindings: [read(x), write(y)],
    workgroups: grid(length),
    flops: slices * length,
  };
}

/** Of a convolution that is a product of matrices: equal runs of pixels, a slice each. */
function slicedPixels(target: Target, core: GemmCore, g: Conv2dGeometry) {
  const pixels = g.batch * g.height * g.width;
  let slices = slicesWanted(target, core, g.inputChannels, g.outputChannels, pixels);
  // Where it can be, a run is a multiple of 4, as texels want it.
  const most = pixels % 4 === 0 ? pixels / 4 : pixels;
  while (most % slices !== 0) {
    slices -= 1;
  }
  const sizes = {
    rows: "batched_matmul",
    taps: slices,
    tapsPerSlice: 1,
    inner: pixels / slices,
    innerStride: g.inputChannels,
    rowsInFours: g.inputChannels % 4 === 0,
    constants: { A_ROW: 1 },
  } as const;
  return { sizes, slices };
}

/** Of any other: a tap is a row of output pixels, and a slice so many rows. */
function slicedRows(
  target: Target,
  core: GemmCore,
  g: Conv2dGeometry,
  attributes: Conv2dGradientAttributes,
  paddingTop: number,
) {
  const m = g.kernelHeight * g.kernelWidth * g.inputChannels;
  const taps = g.batch * g.outputHeight;
  const tapsPerSlice = Math.ceil(taps / slicesWanted(target, core, m, g.outputChannels, taps * g.outputWidth));
  const sizes = {
    rows: "conv2d_weight_gradient",
    taps,
    tapsPerSlice,
    inner: g.outputWidth,
    innerStride: attributes.stride * g.inputChannels,
    rowsInFours: g.inputChannels % 4 === 0,
    constants: {
      H: g.height,
      W: g.width,
      CI: g.inputChannels,
      OH: g.outputHeight,
      KW: g.kernelWidth,
      STRIDE: attributes.stride,
      PADDING_H: paddingTop,
      PADDING_W: attributes.padding,
    },
  } as const;
  return { sizes, slices: Math.ceil(taps / tapsPerSlice) };
}

/**
 * Slices of the pixels: enough that there is parallel work for an adapter and that float32 sums stay accurate, few enough that
 * the second stage stays a small share.
 */
function slicesWanted(target: Target, core: GemmCore, m: number, n: number, pixels: number): number {
  const wanted = Math.max(Math.ceil(pixels / 4096), Math.ceil(64 / gemmTiles(target, core, m, n)));
  return Math.min(wanted, Math.ceil(pixels / 128), 256);
}
