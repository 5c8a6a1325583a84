// conv2d: cross-correlation of NHWC images with HWIO weights (+ bias), any kernel size, stride and zero padding;
// dilation 1, groups 1. PyTorch's conv2d up to the layouts. Its two gradients are ops of their own.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { gemm } from "../plan/gemm.js";
import { outputOf } from "../plan/lowering.js";
import { weightGradient } from "./cast.js";
import { columnSumsOp } from "./column-sums.js";
import {
  type Conv2dAttributes,
  conv2dGeometry,
  conv2dVariants,
  isPointwise,
  parseConv2dVariant,
} from "./conv2d-geometry.js";
import { conv2dInputGradientOp } from "./conv2d-input-gradient.js";
import { conv2dWeightGradientOp } from "./conv2d-weight-gradient.js";
import { floatType, requireF32 } from "./float-type.js";
import { kernelBands, summedBands } from "./kernel-bands.js";
import { largePointwise } from "./large-pointwise.js";
import { isWindow, window, windowServes } from "./window.js";
import { winograd, winogradServes } from "./winograd.js";

/** Inputs: x, weight, and after fusion perhaps a bias and a residual. */
export const conv2dOp: Op<Conv2dAttributes> = {
  name: "conv2d",
  infer([x, weight, bias]: readonly TensorSpec[], attributes) {
    const g = conv2dGeometry("conv2d", x!.shape, weight!.shape, attributes);
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== g.outputChannels)) {
      throw new ShapeError("conv2d", [weight!.shape, bias.shape], "weight [KH, KW, CI, CO] and bias [CO]");
    }
    const dtype = floatType("conv2d", x!, weight!);
    if (bias !== undefined) {
      requireF32("conv2d", "bias", bias);
    }
    return [{ shape: [g.batch, g.outputHeight, g.outputWidth, g.outputChannels], dtype }];
  },
  gradient(graph, node, attributes, [dy], wanted) {
    const [x, weight, bias] = node.inputs;
    if (dy === undefined) {
      return [];
    }
    const dx = wanted(x!)
      ? graph.add(conv2dInputGradientOp, [dy, weight!], { ...attributes, shape: x!.shape })[0]!
      : undefined;
    const sum = graph.add(conv2dWeightGradientOp, [x!, dy], { ...attributes, shape: weight!.shape })[0]!;
    const dWeight = weightGradient(graph, weight!, sum);
    return bias ? [dx, dWeight, graph.add(columnSumsOp, [dy], null)[0]!] : [dx, dWeight];
  },
  batched: () => ({ inputs: [true, false, false, true], outputs: "rows" }),
  variants(target, node, { stride, padding }) {
    const [x, weight] = node.inputs;
    const y = outputOf(node);
    const n = y.shape[3]!;
    const convolution = { x: x!, weight: weight!, y, padding };
    const fours = x!.shape[3]! % 4 === 0 ? "inner" : undefined;
    const size = { m: sizeOf(y.shape) / n, n, k: sizeOf(weight!.shape) / n, fours } as const;
    return conv2dVariants(target, x!.dtype, size, {
      filtered: winogradServes(target, convolution, stride),
      window: windowServes(target, convolution, stride),
    });
  },
  lower({ target, variant }, node, attributes) {
    const [x, weight, bias, residual] = node.inputs;
    const { stride, padding, relu } = attributes;
    const epilogue = { bias, residual, relu };
    const convolution = { x: x!, weight: weight!, y: outputOf(node), padding };
    if (isWindow(variant)) {
      return window(variant, convolution, { ...epilogue, rotated: false });
    }
    const { algorithm, core } = parseConv2dVariant(variant);
    if (algorithm === "winograd") {
      return winograd(target, core, convolution, { ...epilogue, rotated: false });
    }
    const g = conv2dGeometry("conv2d", x!.shape, weight!.shape, attributes);
    const y = outputOf(node);
    const size = { m: g.batch * g.outputHeight * g.outputWidth, n: g.outputChannels };
    const product = { ...size, inner: g.inputChannels, innerStride: 1, a: x! };
    if (isPointwise(g, attributes)) {
      const large = largePointwise(target, { x: x!, weight: weight!, y }, { ...epilogue, transposed: false });
      if (large !== undefined) {
        return large;
      }
      const constants = { A_ROW: g.inputChannels };
      return gemm(target, core, { ...product, rows: "matmul", taps: 1, b: weight!, ...epilogue, c: y, constants });
    }
    const constants = {
      H: g.height,
      W: g.width,
      OH: g.outputHeight,
      OW: g.outputWidth,
      KW: g.kernelWidth,
      STRIDE: stride,
      PADDING_W: padding,
    };
    return summedBands(kernelBands(target, weight!, padding), y, residual, (band, sum, addend, { first, last }) =>
      gemm(target, core, {
        ...product,
        rows: "conv2d_forward",
        taps: band.kernelHeight * g.kernelWidth,
        b: band.weight,
        bias: first ? bias : undefined,
        residual: addend,
        relu: last && relu,
        c: sum,
        constants: { ...constants, PADDING_H: band.paddingTop },
      }),
    );
  },
};

/**
 * 2-D convolution (cross-correlation, as in PyTorch).
 *
 * @param x [N, H, W, CI]
 * @param weight [KH, KW, CI, CO]
 * @param options stride (default 1) and zero padding on all four sides (default 0)
 * @returns [N, OH, OW, CO] with OH = floor((H + 2 padding - KH) / stride) + 1
 * @throws ShapeError where the shapes do not fit, InputError for a stride or padding that is none and where the types differ
 */
export function conv2d(
  graph: Graph,
  x: Tensor,
  weight: Tensor,
  { stride = 1, padding = 0 }: { readonly stride?: number; readonly padding?: number } = {},
): Tensor {
  return graph.add(conv2dOp, [x, weight], { stride, padding })[0]!;
}
