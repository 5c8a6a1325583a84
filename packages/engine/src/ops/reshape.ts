// reshape: the same memory under another shape; nothing runs. Row-major, so NHWC images flatten in (h, w, c) order.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { type Shape, sizeOf, type Tensor } from "../graph/tensor.js";

const reshapeOp: Op<Shape> = {
  name: "reshape",
  alias: true,
  infer([x], shape) {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new ShapeError("reshape", [x!.shape, shape], "two shapes of as many elements");
    }
    return [{ shape, dtype: x!.dtype }];
  },
  gradient: (graph, node, _, [dy]) => [dy && reshape(graph, dy, node.inputs[0]!.shape)],
};

/** x under another shape of as many elements, row-major. Throws a ShapeError where the counts differ. */
export function reshape(graph: Graph, x: Tensor, shape: Shape): Tensor {
  return graph.add(reshapeOp, [x], shape)[0]!;
}

/** x [N, ...] -> [N, rest]. */
export function flatten(graph: Graph, x: Tensor): Tensor {
  const batch = x.shape[0] ?? 1;
  return reshape(graph, x, [batch, sizeOf(x.shape) / batch]);
}
