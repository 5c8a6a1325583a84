// channels_first: NHWC images with their channels before their pixels, the order in which PyTorch's models flatten them.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { outputOf, transpose } from "../plan/lowering.js";
import { floatType } from "./float-type.js";
import { flatten, reshape } from "./reshape.js";

/** The last two of three dimensions exchanged. */
const exchangeOp: Op<null> = {
  name: "channels_first",
  infer([x]) {
    const [n, a, b] = x!.shape as [number, number, number];
    return [{ shape: [n, b, a], dtype: floatType("channels_first", x!) }];
  },
  gradient: (graph, _, __, [dy]) => [dy && graph.add(exchangeOp, [dy], null)[0]!],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node) {
    const x = node.inputs[0]!;
    const [images, rows, columns] = x.shape as [number, number, number];
    return [transpose(x, outputOf(node), images, rows, columns)];
  },
};

/**
 * x [N, H, W, C] -> [N, C · H · W] in the order (c, h, w), as torch.flatten(x, 1) of PyTorch's [N, C, H, W]. What weights were
 * trained on that order expect.
 *
 * @throws ShapeError for another rank
 */
export function flattenChannelsFirst(graph: Graph, x: Tensor): Tensor {
  if (x.shape.length !== 4) {
    throw new ShapeError("channels_first", [x.shape], "x [N, H, W, C]");
  }
  const [n, h, w, c] = x.shape as [number, number, number, number];
  if (h * w === 1 || c === 1) {
    return flatten(graph, x);
  }
  return flatten(graph, graph.add(exchangeOp, [reshape(graph, x, [n, h * w, c])], null)[0]!);
}
