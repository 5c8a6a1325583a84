// conv2d: cross-correlation of NHWC images with HWIO weights (+ bias), any kernel size, stride and zero padding;
// dilation 1, groups 1. PyTorch's conv2d up to the layouts. Its two gradients are ops of their own.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor, TensorSpec } from "../graph/tensor.js";
import { gemm, gemmTiles } from "../plan/gemm.js";
import { grid, outputOf, read, scratch, type Target, transpose, write } from "../plan/lowering.js";
import { columnSumsOp } from "./column-sums.js";
import { winograd, winogradServes, winogradWeightGradient } from "./winograd.js";

export interface Conv2dAttributes {
  readonly stride: number;
  readonly padding: number;
}

interface GradientAttributes extends Conv2dAttributes {
  /** Shape of what the gradient is of: x for the input gradient, the weights for the weight gradient. */
  readonly shape: readonly number[];
}

interface Geometry {
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

function geometry(
  op: string,
  x: readonly number[],
  weight: readonly number[],
  { stride, padding }: Conv2dAttributes,
): Geometry {
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
  return {
    batch,
    height,
    width,
    inputChannels,
    kernelHeight,
    kernelWidth,
    outputChannels,
    outputHeight,
    outputWidth,
  };
}

export const conv2dOp: Op<Conv2dAttributes> = {
  name: "conv2d",
  infer([x, weight, bias]: readonly TensorSpec[], attributes) {
    const g = geometry("conv2d", x!.shape, weight!.shape, attributes);
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== g.outputChannels)) {
      throw new ShapeError("conv2d", [weight!.shape, bias.shape], "weight [KH, KW, CI, CO] and bias [CO]");
    }
    return [{ shape: [g.batch, g.outputHeight, g.outputWidth, g.outputChannels], dtype: "f32" }];
  },
  gradient(graph, node, attributes, [dy], wanted) {
    const [x, weight, bias] = node.inputs;
    if (dy === undefined) {
      return [];
    }
    const dx = wanted(x!)
      ? graph.add(conv2dInputGradientOp, [dy, weight!], { ...attributes, shape: x!.shape })[0]!
      : undefined;
    const dWeight = graph.add(conv2dWeightGradientOp, [x!, dy], { ...attributes, shape: weight!.shape })[0]!;
    return bias ? [dx, dWeight, graph.add(columnSumsOp, [dy], null)[0]!] : [dx, dWeight];
  },
  batched: () => ({ inputs: [true, false, false], outputs: "rows" }),
  lower({ target }, node, attributes) {
    const [x, weight, bias] = node.inputs;
    const { stride, padding } = attributes;
    const convolution = { x: x!, weight: weight!, y: outputOf(node), padding };
    if (winogradServes(target, convolution, stride)) {
      return winograd(target, convolution, { bias, rotated: false });
    }
    const g = geometry("conv2d", x!.shape, weight!.shape, attributes);
    return [
      gemm(target, {
        rows: "conv2d_forward",
        m: g.batch * g.outputHeight * g.outputWidth,
        n: g.outputChannels,
        taps: g.kernelHeight * g.kernelWidth,
        inner: g.inputChannels,
        innerStride: 1,
        constants: {
          H: g.height,
          W: g.width,
          OH: g.outputHeight,
          OW: g.outputWidth,
          KW: g.kernelWidth,
          STRIDE: stride,
          PADDING: padding,
        },
        a: x!,
        b: weight!,
        bias,
        c: outputOf(node),
      }),
    ];
  },
};

const conv2dInputGradientOp: Op<GradientAttributes> = {
  name: "conv2d_input_gradient",
  infer([dy, weight], attributes) {
    const g = geometry("conv2d_input_gradient", attributes.shape, weight!.shape, attributes);
    checkOutput("conv2d_input_gradient", dy!.shape, g);
    return [{ shape: attributes.shape, dtype: "f32" }];
  },
  batched: () => ({ inputs: [true, false], outputs: "rows" }),
  lower({ target }, node, attributes) {
    const [dy, weight] = node.inputs;
    const { stride, padding } = attributes;
    const convolution = { x: dy!, weight: weight!, y: outputOf(node), padding: 2 - padding };
    if (winogradServes(target, convolution, stride)) {
      return winograd(target, convolution, { bias: undefined, rotated: true });
    }
    const g = geometry("conv2d_input_gradient", outputOf(node).shape, weight!.shape, attributes);
    const taps = g.kernelHeight * g.kernelWidth;
    const exchanged = scratch([taps, g.outputChannels, g.inputChannels]);
    return [
      transpose(weight!, exchanged, taps, g.inputChannels, g.outputChannels),
      gemm(target, {
        rows: "conv2d_input_gradient",
        m: g.batch * g.height * g.width,
        n: g.inputChannels,
        taps,
        inner: g.outputChannels,
        innerStride: 1,
        constants: {
          H: g.height,
          W: g.width,
          OH: g.outputHeight,
          OW: g.outputWidth,
          KW: g.kernelWidth,
          STRIDE: stride,
          PADDING: padding,
        },
        a: dy!,
        b: exchanged,
        c: outputOf(node),
      }),
    ];
  },
};

const conv2dWeightGradientOp: Op<GradientAttributes> = {
  name: "conv2d_weight_gradient",
  infer([x, dy], attributes) {
    const g = geometry("conv2d_weight_gradient", x!.shape, attributes.shape, attributes);
    checkOutput("conv2d_weight_gradient", dy!.shape, g);
    return [{ shape: attributes.shape, dtype: "f32" }];
  },
  batched: () => ({ inputs: [true, true], outputs: "sum" }),
  lower({ target }, node, attributes) {
    const [x, dy] = node.inputs;
    const convolution = { x: x!, weight: outputOf(node), y: dy!, padding: attributes.padding };
    if (winogradServes(target, convolution, attributes.stride)) {
      return winogradWeightGradient(target, convolution);
    }
    const g = geometry("conv2d_weight_gradient", x!.shape, attributes.shape, attributes);
    const m = g.kernelHeight * g.kernelWidth * g.inputChannels;
    const n = g.outputChannels;
    const taps = g.batch * g.outputHeight;
    const tapsPerSlice = sliceLength(target, m, n, taps, g.outputWidth);
    const slices = Math.ceil(taps / tapsPerSlice);
    const dWeight = outputOf(node);
    const partial = slices === 1 ? dWeight : scratch([slices, m, n]);
    const product = gemm(target, {
      rows: "conv2d_weight_gradient",
      m,
      n,
      taps,
      inner: g.outputWidth,
      innerStride: attributes.stride * g.inputChannels,
      constants: {
        H: g.height,
        W: g.width,
        CI: g.inputChannels,
        OH: g.outputHeight,
        KW: g.kernelWidth,
        STRIDE: attributes.stride,
        PADDING: attributes.padding,
      },
      a: x!,
      b: dy!,
      c: partial,
      tapsPerSlice,
    });
    if (slices === 1) {
      return [product];
    }
    return [
      product,
      {
        kernel: "reduce_slices",
        constants: { LENGTH: m * n, SLICES: slices },
        bindings: [read(partial), write(dWeight)],
        workgroups: grid(m * n),
        flops: slices * m * n,
      },
    ];
  },
};

function checkOutput(op: string, dy: readonly number[], g: Geometry): void {
  const expected = [g.batch, g.outputHeight, g.outputWidth, g.outputChannels];
  if (dy.length !== 4 || dy.some((extent, i) => extent !== expected[i])) {
    throw new ShapeError(op, [dy], `dy [${expected.join(", ")}]`);
  }
}

/**
 * Rows of output pixels a slice of the weight gradient adds up: few enough that there is parallel work for an adapter and
 * that float32 sums stay accurate, enough that the second stage stays a small share.
 */
function sliceLength(target: Target, m: number, n: number, pixelRows: number, rowLength: number): number {
  const pixels = pixelRows * rowLength;
  const wanted = Math.max(Math.ceil(pixels / 4096), Math.ceil(64 / gemmTiles(target, m, n).tiles));
  const slices = Math.min(wanted, Math.ceil(pixels / 128), 256);
  return Math.ceil(pixelRows / slices);
}

/**
 * 2-D convolution (cross-correlation, as in PyTorch).
 *
 * @param x [N, H, W, CI]
 * @param weight [KH, KW, CI, CO]
 * @param options stride (default 1) and zero padding on all four sides (default 0)
 * @returns [N, OH, OW, CO] with OH = floor((H + 2 padding - KH) / stride) + 1
 * @throws ShapeError where the shapes do not fit, InputError for a stride or padding that is none
 */
export function conv2d(graph: Graph, x: Tensor, weight: Tensor, options: Partial<Conv2dAttributes> = {}): Tensor {
  return graph.add(conv2dOp, [x, weight], { stride: 1, padding: 0, ...options })[0]!;
}
