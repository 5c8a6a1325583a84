// bias: y[..., c] = x[..., c] + b[c].
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, type Scratch, write } from "../plan/lowering.js";
import { columnSumsOp } from "./column-sums.js";
import { floatType, requireF32 } from "./float-type.js";

export const biasOp: Op<null> = {
  name: "bias",
  infer([x, b]) {
    if (b!.shape.length !== 1 || x!.shape.at(-1) !== b!.shape[0]) {
      throw new ShapeError("bias", [x!.shape, b!.shape], "[..., C] and [C]");
    }
    requireF32("bias", "bias", b!);
    return [{ shape: x!.shape, dtype: floatType("bias", x!) }];
  },
  gradient: (graph, _node, _, [dy]) => [dy, dy && graph.add(columnSumsOp, [dy], null)[0]!],
  batched: () => ({ inputs: [true, false], outputs: "rows" }),
  lower: (_, node) => [biasDispatch(node.inputs[0]!, node.inputs[1]!, outputOf(node))],
};

/** y = x + b along the last dimension. */
export function biasDispatch(x: Tensor | Scratch, b: Tensor, y: Tensor | Scratch): Dispatch {
  const length = sizeOf(y.shape);
  return {
    kernel: storedAs(y.dtype, "bias"),
    constants: { LENGTH: length, C: b.shape[0]! },
    bindings: [read(x), read(b), write(y)],
    workgroups: grid(length),
    flops: length,
  };
}

/**
 * x + b with b [C], f32, along the last dimension of x [..., C], f32 or f16. Throws a ShapeError where C differs, an InputError for
 * other types.
 */
export function bias(graph: Graph, x: Tensor, b: Tensor): Tensor {
  return graph.add(biasOp, [x, b], null)[0]!;
}
