// update_loss_scale: looks for infinities among all gradients, in two stages without atomics, and moves the loss scale.
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import type { LossScale } from "../optim/loss-scale.js";
import { grid, read, scratch, write } from "../plan/lowering.js";

/** Enough invocations to fill an adapter, few enough for one to look at what they found. */
const SLOTS = 1024;

/** Inputs: the arena of gradients, and each of them. Updates: the scale's state. */
const updateLossScaleOp: Op<LossScale> = {
  name: "update_loss_scale",
  infer: () => [],
  lower(_, node, { growthFactor, backoffFactor, growthInterval }) {
    const gradients = node.inputs[0]!;
    const vectors = sizeOf(gradients.shape) / 4;
    const slots = Math.min(SLOTS, vectors);
    const found = scratch([slots], "u32");
    return [
      {
        kernel: "find_nonfinite",
        constants: { VECTORS: vectors, SLOTS: slots },
        bindings: [read(gradients), write(found)],
        workgroups: grid(slots),
        flops: 0,
      },
      {
        kernel: "update_loss_scale",
        constants: { SLOTS: slots, GROWTH: growthFactor, BACKOFF: backoffFactor, INTERVAL: growthInterval },
        bindings: [read(found), write(node.updates[0]!)],
        workgroups: [1, 1, 1],
        flops: 0,
      },
    ];
  },
};

/**
 * Moves the scale by whether the gradients are finite, before the optimiser uses them.
 *
 * @param arena the flat buffer that holds all gradients, f32
 * @param gradients those in it, so that the plan knows that they must be ready
 */
export function updateLossScale(graph: Graph, scale: LossScale, arena: Tensor, gradients: readonly Tensor[]): void {
  graph.add(updateLossScaleOp, [arena, ...gradients], scale, [graph.state(scale.state)]);
}
