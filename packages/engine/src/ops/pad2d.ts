// pad2d: zeros around the images of a batch, as torch.nn.ZeroPad2d has them. BiT's stem pools over such zeros, where max_pool2d's own
// padding never wins.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { grid, outputOf, read, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";

/** Rows and columns added on all four sides; taken away where negative. */
const pad2dOp: Op<number> = {
  name: "pad2d",
  infer([x], padding) {
    if (x!.shape.length !== 4) {
      throw new ShapeError("pad2d", [x!.shape], "x [N, H, W, C]");
    }
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    return [{ shape: [n, h + 2 * padding, w + 2 * padding, c], dtype: floatType("pad2d", x!) }];
  },
  gradient: (graph, _, padding, [dy]) => [dy && graph.add(pad2dOp, [dy], -padding)[0]!],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node, padding) {
    const x = node.inputs[0]!;
    const y = outputOf(node);
    const length = sizeOf(y.shape);
    const [, H, W, C] = x.shape as [number, number, number, number];
    const [, OH, OW] = y.shape as [number, number, number, number];
    return [
      {
        kernel: storedAs(y.dtype, "pad2d"),
        constants: { LENGTH: length, C, H, W, OH, OW, TOP: padding, LEFT: padding },
        bindings: [read(x), write(y)],
        workgroups: grid(length),
        flops: 0,
      },
    ];
  },
};

/**
 * Zeros on all four sides of x [N, H, W, C] -> [N, H + 2p, W + 2p, C].
 *
 * @param padding p, a whole number from 0
 * @throws InputError for another padding, ShapeError for another rank
 */
export function pad2d(graph: Graph, x: Tensor, padding: number): Tensor {
  if (!Number.isInteger(padding) || padding < 0) {
    throw new InputError(`pad2d: padding ${padding}; expected a whole number from 0`);
  }
  return padding === 0 ? x : graph.add(pad2dOp, [x], padding)[0]!;
}
