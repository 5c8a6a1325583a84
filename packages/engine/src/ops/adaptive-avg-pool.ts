// adaptive_avg_pool2d: means over windows that divide the image into a grid of a given size, with PyTorch's bounds.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { grid, outputOf, read, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";

type Size = readonly [height: number, width: number];

const adaptiveAvgPoolOp: Op<Size> = {
  name: "adaptive_avg_pool2d",
  infer([x], [height, width]) {
    if (x!.shape.length !== 4) {
      throw new ShapeError("adaptive_avg_pool2d", [x!.shape], "x [N, H, W, C]");
    }
    const dtype = floatType("adaptive_avg_pool2d", x!);
    return [{ shape: [x!.shape[0]!, height, width, x!.shape[3]!], dtype }];
  },
  gradient: (graph, node, _, [dy]) => {
    const [, height, width] = node.inputs[0]!.shape as [number, number, number, number];
    return [dy && graph.add(adaptiveAvgPoolGradientOp, [dy], [height, width])[0]!];
  },
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node) {
    const x = node.inputs[0]!;
    const y = outputOf(node);
    return [
      {
        kernel: storedAs(y.dtype, "adaptive_avg_pool"),
        constants: { LENGTH: sizeOf(y.shape), ...extentsOf(x, y) },
        bindings: [read(x), write(y)],
        workgroups: grid(sizeOf(y.shape)),
        flops: sizeOf(x.shape),
      },
    ];
  },
};

/** The size is that of the images that were pooled. */
const adaptiveAvgPoolGradientOp: Op<Size> = {
  name: "adaptive_avg_pool2d_gradient",
  infer: ([dy], [height, width]) => [
    { shape: [dy!.shape[0]!, height, width, dy!.shape[3]!], dtype: floatType("adaptive_avg_pool2d", dy!) },
  ],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node) {
    const dy = node.inputs[0]!;
    const dx = outputOf(node);
    return [
      {
        kernel: storedAs(dx.dtype, "adaptive_avg_pool_gradient"),
        constants: { LENGTH: sizeOf(dx.shape), ...extentsOf(dx, dy) },
        bindings: [read(dy), write(dx)],
        workgroups: grid(sizeOf(dx.shape)),
        flops: sizeOf(dx.shape),
      },
    ];
  },
};

function extentsOf(large: Tensor, small: Tensor) {
  const [, H, W, C] = large.shape as [number, number, number, number];
  const [, OH, OW] = small.shape as [number, number, number, number];
  return { H, W, C, OH, OW };
}

/**
 * Average pooling of x [N, H, W, C] to a grid of a given size -> [N, height, width, C] (torch.nn.functional.adaptive_avg_pool2d):
 * cell i along a dimension is the mean over floor(i · H / height) … ceil((i + 1) · H / height) − 1. x itself where it is of that size.
 *
 * @param size height and width, whole numbers from 1; larger than x's repeats pixels
 * @throws InputError for another size, ShapeError for another rank
 */
export function adaptiveAvgPool2d(graph: Graph, x: Tensor, size: Size): Tensor {
  if (size.some((extent) => !Number.isInteger(extent) || extent < 1)) {
    throw new InputError(`adaptive_avg_pool2d: size ${size.join("×")}; expected two whole numbers from 1`);
  }
  return x.shape[1] === size[0] && x.shape[2] === size[1] ? x : graph.add(adaptiveAvgPoolOp, [x], size)[0]!;
}
