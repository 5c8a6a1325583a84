// add: y = a + b, two tensors of one shape (no broadcasting: a bias is an op of its own).
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sameShape, sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, type Scratch, vectors, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";

export const addOp: Op<null> = {
  name: "add",
  infer([a, b]) {
    if (!sameShape(a!.shape, b!.shape)) {
      throw new ShapeError("add", [a!.shape, b!.shape], "two equal shapes");
    }
    floatType("add", a!, b!);
    return [a!];
  },
  gradient: (_graph, _node, _, [dy]) => [dy, dy],
  batched: () => ({ inputs: [true, true], outputs: "rows" }),
  lower: (_, node) => [addDispatch(node.inputs[0]!, node.inputs[1]!, outputOf(node))],
};

/** y = a + b. */
export function addDispatch(a: Tensor | Scratch, b: Tensor, y: Tensor | Scratch): Dispatch {
  return {
    kernel: storedAs(y.dtype, "add"),
    constants: { VECTORS: vectors(y) },
    bindings: [read(a), read(b), write(y)],
    workgroups: grid(vectors(y)),
    flops: sizeOf(y.shape),
  };
}

/** a + b, element by element. Throws a ShapeError unless the shapes are equal, an InputError unless the types are. */
export function add(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.add(addOp, [a, b], null)[0]!;
}
