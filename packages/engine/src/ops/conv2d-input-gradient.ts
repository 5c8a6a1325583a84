// The gradient of conv2d with respect to its input, from that of its output and the weights.
//
// With a stride S, a pixel of x meets only the taps whose place leaves the same remainder by S as its own (padding counted).
// So pixels and taps fall into S × S classes, and each class is a product of stride 1 of its own.
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { gemm, gemmDispatch, operandsInTexels } from "../plan/gemm.js";
import { outputOf, scratch, transpose } from "../plan/lowering.js";
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
import { kernelBands, summedBands } from "./kernel-bands.js";
import { largePointwise } from "./large-pointwise.js";
import { isWindow, window, windowServes } from "./window.js";
import { winograd, winogradServes } from "./winograd.js";

/** Inputs: dy, weight, and after fusion perhaps the output of the ReLU before the convolution, through which the gradient passes too. */
export const conv2dInputGradientOp: Op<Conv2dGradientAttributes> = {
  name: "conv2d_input_gradient",
  infer([dy, weight], attributes) {
    const g = conv2dGeometry("conv2d_input_gradient", attributes.shape, weight!.shape, attributes);
    checkOutputGradient("conv2d_input_gradient", dy!.shape, g);
    return [{ shape: attributes.shape, dtype: floatType("conv2d_input_gradient", dy!, weight!) }];
  },
  batched: () => ({ inputs: [true, false, true], outputs: "rows" }),
  variants(target, node, { stride, padding, shape }) {
    const [dy, weight] = node.inputs;
    const [kernelHeight, kernelWidth, columns, outputs] = weight!.shape as [number, number, number, number];
    const convolution = { x: dy!, weight: weight!, y: outputOf(node), padding: 2 - padding };
    const pixelsOfClass = Math.ceil(sizeOf(shape) / columns / stride ** 2);
    const fours = outputs % 4 === 0 ? "inner" : undefined;
    const size = {
      m: pixelsOfClass,
      n: columns,
      k: (kernelHeight * kernelWidth * outputs) / stride ** 2,
      fours,
    } as const;
    return conv2dVariants(target, dy!.dtype, size, {
      filtered: winogradServes(target, convolution, stride),
      window: windowServes(target, convolution, stride),
    });
  },
  lower({ target, variant }, node, attributes) {
    const [dy, weight, mask] = node.inputs;
    const { stride, padding } = attributes;
    const dx = outputOf(node);
    const g = conv2dGeometry("conv2d_input_gradient", dx.shape, weight!.shape, attributes);
    const convolution = { x: dy!, y: dx, padding: 2 - padding };
    if (isWindow(variant)) {
      const { exchanged, exchange } = exchangedChannels(weight!);
      return [exchange, ...window(variant, { ...convolution, weight: exchanged }, { mask, rotated: true })];
    }
    const { algorithm, core } = parseConv2dVariant(variant);
    if (algorithm === "winograd") {
      return winograd(target, core, { ...convolution, weight: weight! }, { mask, rotated: true });
    }
    const operands = { n: g.inputChannels, inner: g.outputChannels, innerStride: 1, a: dy! };
    if (isPointwise(g, attributes)) {
      const large = largePointwise(target, { x: dy!, weight: weight!, y: dx }, { mask, transposed: true });
      if (large !== undefined) {
        return large;
      }
      const { exchanged, exchange } = exchangedChannels(weight!);
      const size = { m: g.batch * g.height * g.width, taps: 1, constants: { A_ROW: g.outputChannels } };
      const product = { ...operands, ...size, rows: "matmul", b: exchanged, mask, c: dx } as const;
      return [exchange, ...gemm(target, core, product)];
    }
    return summedBands(kernelBands(target, weight!, padding), dx, undefined, (band, c, residual, { last }) => {
      const { exchanged, exchange } = exchangedChannels(band.weight);
      const epilogue = { residual, mask: last ? mask : undefined };
      const ofClass = { ...operands, rows: "conv2d_input_gradient", b: exchanged, ...epilogue, c } as const;
      const classes = classesOf({ ...g, kernelHeight: band.kernelHeight }, stride, [band.paddingTop, padding]);
      const { copies, texels } = operandsInTexels(core, ofClass);
      const products = classes.map((size) => gemmDispatch(target, core, { ...ofClass, ...size, texels }));
      return [exchange, ...copies, ...products];
    });
  },
};

/** Weights [KH, KW, CO, CI] of [KH, KW, CI, CO]. */
function exchangedChannels(weight: Tensor) {
  const [kernelHeight, kernelWidth, inputs, outputs] = weight.shape as [number, number, number, number];
  const exchanged = scratch([kernelHeight, kernelWidth, outputs, inputs], weight.dtype);
  return { exchanged, exchange: transpose(weight, exchanged, kernelHeight * kernelWidth, inputs, outputs) };
}

/** The classes that have pixels: sizes and constants of their products. */
function classesOf(g: Conv2dGeometry, stride: number, [top, left]: readonly [number, number]) {
  const classes = [];
  for (const h of extentsOf(g.height, g.kernelHeight, stride, top)) {
    for (const w of extentsOf(g.width, g.kernelWidth, stride, left)) {
      const constants = {
        H: g.height,
        W: g.width,
        OH: g.outputHeight,
        OW: g.outputWidth,
        KERNEL_W: g.kernelWidth,
        STRIDE: stride,
        CLASS_H: h.pixels,
        CLASS_W: w.pixels,
        TAPS_W: Math.max(1, w.taps),
        FIRST_H: h.first,
        FIRST_W: w.first,
        FIRST_TAP_H: h.remainder,
        FIRST_TAP_W: w.remainder,
        SHIFT_H: h.shift,
        SHIFT_W: w.shift,
      };
      classes.push({ m: g.batch * h.pixels * w.pixels, taps: h.taps * w.taps, constants });
    }
  }
  return classes;
}

/** Of each class along one dimension: its first pixel, how many there are, its taps, and which y its first pixel and tap meet. */
function extentsOf(extent: number, kernel: number, stride: number, padding: number) {
  const classes = [];
  for (let remainder = 0; remainder < stride; remainder++) {
    const first = (((remainder - padding) % stride) + stride) % stride;
    const pixels = Math.ceil((extent - first) / stride);
    const taps = Math.max(0, Math.ceil((kernel - remainder) / stride));
    if (pixels > 0) {
      classes.push({ remainder, first, pixels, taps, shift: (first + padding - remainder) / stride });
    }
  }
  return classes;
}
