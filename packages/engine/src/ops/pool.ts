// max_pool2d, avg_pool2d and the global average pool over NHWC images, with PyTorch's meaning of stride and padding.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { grid, outputOf, read, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";
import { reshape } from "./reshape.js";

interface PoolAttributes {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly padding: number;
}

interface GradientAttributes extends PoolAttributes {
  readonly shape: readonly number[];
}

function outputShape(op: string, x: readonly number[], { kernel, stride, padding }: PoolAttributes): number[] {
  const valid = [...kernel, stride].every((value) => Number.isInteger(value) && value >= 1);
  if (!valid || !Number.isInteger(padding) || padding < 0 || 2 * padding > Math.min(...kernel)) {
    throw new InputError(
      `${op}: kernel ${kernel.join("×")}, stride ${stride}, padding ${padding}; expected whole numbers of 1 or more and a padding of at most half the kernel`,
    );
  }
  if (x.length !== 4) {
    throw new ShapeError(op, [x], "x [N, H, W, C]");
  }
  const [batch, height, width, channels] = x as [number, number, number, number];
  const outputHeight = Math.floor((height + 2 * padding - kernel[0]) / stride) + 1;
  const outputWidth = Math.floor((width + 2 * padding - kernel[1]) / stride) + 1;
  if (outputHeight < 1 || outputWidth < 1) {
    throw new ShapeError(op, [x], `x [N, H, W, C] no smaller than the ${kernel.join("×")} kernel, padding ${padding}`);
  }
  return [batch, outputHeight, outputWidth, channels];
}

function geometryConstants(x: readonly number[], y: readonly number[], { stride, padding }: PoolAttributes) {
  return { C: x[3]!, H: x[1]!, W: x[2]!, OH: y[1]!, OW: y[2]!, STRIDE: stride, PADDING: padding };
}

const maxPoolOp: Op<PoolAttributes> = {
  name: "max_pool2d",
  infer([x], attributes) {
    const shape = outputShape("max_pool2d", x!.shape, attributes);
    return [
      { shape, dtype: floatType("max_pool2d", x!) },
      { shape, dtype: "u32" },
    ];
  },
  gradient(graph, node, attributes, [dy]) {
    const shape = node.inputs[0]!.shape;
    return [dy && graph.add(maxPoolGradientOp, [dy, outputOf(node, 1)], { ...attributes, shape })[0]!];
  },
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node, attributes) {
    const x = node.inputs[0]!;
    const [y, place] = node.outputs;
    const length = sizeOf(y!.shape);
    return [
      {
        kernel: storedAs(y!.dtype, "max_pool"),
        constants: {
          LENGTH: length,
          ...geometryConstants(x.shape, y!.shape, attributes),
          KERNEL: attributes.kernel[0],
        },
        bindings: [read(x), write(y!), write(place!)],
        workgroups: grid(length),
        flops: length * attributes.kernel[0] ** 2,
      },
    ];
  },
};

const maxPoolGradientOp: Op<GradientAttributes> = {
  name: "max_pool2d_gradient",
  infer: ([dy]: readonly TensorSpec[], { shape }) => [{ shape, dtype: dy!.dtype }],
  batched: () => ({ inputs: [true, true], outputs: "rows" }),
  lower(_, node, attributes) {
    const [dy, place] = node.inputs;
    const dx = outputOf(node);
    const length = sizeOf(dx.shape);
    return [
      {
        kernel: storedAs(dx.dtype, "max_pool_gradient"),
        constants: {
          LENGTH: length,
          ...geometryConstants(dx.shape, dy!.shape, attributes),
          KERNEL: attributes.kernel[0],
        },
        bindings: [read(dy!), read(place!), write(dx)],
        workgroups: grid(length),
        flops: length * attributes.kernel[0] ** 2,
      },
    ];
  },
};

const avgPoolOp: Op<PoolAttributes> = {
  name: "avg_pool2d",
  infer: ([x], attributes) => [
    { shape: outputShape("avg_pool2d", x!.shape, attributes), dtype: floatType("avg_pool2d", x!) },
  ],
  gradient(graph, node, attributes, [dy]) {
    const shape = node.inputs[0]!.shape;
    return [dy && graph.add(avgPoolGradientOp, [dy], { ...attributes, shape })[0]!];
  },
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node, attributes) {
    const x = node.inputs[0]!;
    const y = outputOf(node);
    const length = sizeOf(y.shape);
    const [kernelHeight, kernelWidth] = attributes.kernel;
    return [
      {
        kernel: storedAs(y.dtype, "avg_pool"),
        constants: {
          LENGTH: length,
          ...geometryConstants(x.shape, y.shape, attributes),
          KERNEL_H: kernelHeight,
          KERNEL_W: kernelWidth,
        },
        bindings: [read(x), write(y)],
        workgroups: grid(length),
        flops: length * kernelHeight * kernelWidth,
      },
    ];
  },
};

const avgPoolGradientOp: Op<GradientAttributes> = {
  name: "avg_pool2d_gradient",
  infer: ([dy]: readonly TensorSpec[], { shape }) => [{ shape, dtype: dy!.dtype }],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node, attributes) {
    const dy = node.inputs[0]!;
    const dx = outputOf(node);
    const length = sizeOf(dx.shape);
    const [kernelHeight, kernelWidth] = attributes.kernel;
    return [
      {
        kernel: storedAs(dx.dtype, "avg_pool_gradient"),
        constants: {
          LENGTH: length,
          ...geometryConstants(dx.shape, dy.shape, attributes),
          KERNEL_H: kernelHeight,
          KERNEL_W: kernelWidth,
        },
        bindings: [read(dy), write(dx)],
        workgroups: grid(length),
        flops: sizeOf(dy.shape) * kernelHeight * kernelWidth,
      },
    ];
  },
};

interface PoolOptions {
  /** Default: the kernel size, as in PyTorch. */
  readonly stride?: number;
  /** Default 0. */
  readonly padding?: number;
}

/** Max-pooling of x [N, H, W, C] by square windows -> [N, OH, OW, C] (torch.nn.functional.max_pool2d). */
export function maxPool2d(graph: Graph, x: Tensor, kernel: number, options: PoolOptions = {}): Tensor {
  const { stride = kernel, padding = 0 } = options;
  return graph.add(maxPoolOp, [x], { kernel: [kernel, kernel], stride, padding })[0]!;
}

/** Average pooling of x [N, H, W, C] by square windows -> [N, OH, OW, C]; padding counts as zeros, as in PyTorch's default. */
export function avgPool2d(graph: Graph, x: Tensor, kernel: number, options: PoolOptions = {}): Tensor {
  const { stride = kernel, padding = 0 } = options;
  return graph.add(avgPoolOp, [x], { kernel: [kernel, kernel], stride, padding })[0]!;
}

/** The mean of each channel of x [N, H, W, C] -> [N, C]. */
export function globalAvgPool2d(graph: Graph, x: Tensor): Tensor {
  if (x.shape.length !== 4) {
    throw new ShapeError("global_avg_pool2d", [x.shape], "x [N, H, W, C]");
  }
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const pooled = graph.add(avgPoolOp, [x], { kernel: [height, width], stride: 1, padding: 0 })[0]!;
  return reshape(graph, pooled, [batch, channels]);
}
