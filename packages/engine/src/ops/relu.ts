// relu: y = max(x, 0), any shape. The gradient at 0 is 0, as in PyTorch.

import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sameShape, sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, type Scratch, vectors, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";

export const reluOp: Op<null> = {
  name: "relu",
  infer: ([x]) => [{ shape: x!.shape, dtype: floatType("relu", x!) }],
  gradient: (graph, node, _, [dy]) => [dy && graph.add(reluGradientOp, [dy, outputOf(node)], null)[0]!],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  recompute: ({ inputs }) => ({ op: reluOp, inputs, attributes: null }),
  lower: (_, node) => [reluDispatch(node.inputs[0]!, outputOf(node))],
};

/** y = max(x, 0). */
export function reluDispatch(x: Tensor | Scratch, y: Tensor | Scratch): Dispatch {
  return {
    kernel: storedAs(y.dtype, "relu"),
    constants: { VECTORS: vectors(y) },
    bindings: [read(x), write(y)],
    workgroups: grid(vectors(y)),
    flops: sizeOf(y.shape),
  };
}

/** Inputs: dy, the output y, and after fusion perhaps an addend of dy. */
export const reluGradientOp: Op<null> = {
  name: "relu_gradient",
  infer([dy, y]: readonly TensorSpec[]) {
    if (!sameShape(dy!.shape, y!.shape)) {
      throw new ShapeError("relu_gradient", [dy!.shape, y!.shape], "two equal shapes");
    }
    floatType("relu_gradient", dy!, y!);
    return [dy!];
  },
  batched: () => ({ inputs: [true, true, true], outputs: "rows" }),
  lower(_, node) {
    const [dy, y, addend] = node.inputs;
    return [reluGradientDispatch(dy!, y!, outputOf(node), addend)];
  },
};

/** dx = dy + addend where y is above zero, and zero elsewhere. */
export function reluGradientDispatch(
  dy: Tensor | Scratch,
  y: Tensor,
  dx: Tensor | Scratch,
  addend?: Tensor | undefined,
): Dispatch {
  return {
    kernel: storedAs(dx.dtype, "relu_gradient"),
    constants: { VECTORS: vectors(dx), ...(addend && { ADDEND: 1 }) },
    bindings: [read(dy), read(y), write(dx), read(addend ?? dy)],
    workgroups: grid(vectors(dx)),
    flops: (addend ? 2 : 1) * sizeOf(dx.shape),
  };
}

/** max(x, 0), element by element. NaN stays NaN, as in PyTorch. */
export function relu(graph: Graph, x: Tensor): Tensor {
  return graph.add(reluOp, [x], null)[0]!;
}
