// scale_loss: a scalar times the loss scale. Its gradient is the same product, which makes every gradient of it as much larger.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import type { LossScale } from "../optim/loss-scale.js";
import { outputOf, read, write } from "../plan/lowering.js";
import { requireF32 } from "./float-type.js";

const scaleLossOp: Op<null> = {
  name: "scale_loss",
  infer([loss]) {
    if (loss!.shape.length !== 0) {
      throw new ShapeError("scale_loss", [loss!.shape], "a scalar []");
    }
    requireF32("scale_loss", "loss", loss!);
    return [loss!];
  },
  gradient: (graph, node, _, [dy]) => [dy && graph.add(scaleLossOp, [dy, node.inputs[1]!], null)[0]!],
  lower(_, node) {
    const [loss, scale] = node.inputs;
    return [
      {
        kernel: "scale_loss",
        constants: {},
        bindings: [read(loss!), read(scale!), write(outputOf(node))],
        workgroups: [1, 1, 1],
        flops: 1,
      },
    ];
  },
};

/**
 * The loss times its scale, whose gradients `sgd` divides by it again.
 *
 * @param loss a scalar [], f32
 * @returns a scalar [], f32
 * @throws ShapeError for a loss that is no scalar
 */
export function scaleLoss(graph: Graph, loss: Tensor, { state }: LossScale): Tensor {
  return graph.add(scaleLossOp, [loss, graph.state(state)], null)[0]!;
}
