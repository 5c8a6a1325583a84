// update_loss_scale: looks for infinities among all gradients, in two stages without atomics, and moves the loss scale.
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import type { LossScale } from "../optim/loss-scale.js";
import { type Dispatch, grid, read, scratch, write } from "../plan/lowering.js";
import { partsThatFit, rowsOf } from "../plan/parts.js";

/** Enough invocations to fill an adapter, few enough for one to look at what they found. */
const MOST_SLOTS = 1024;
/** Slots whose results fill the alignment that a part's begin on. */
const SLOT_BLOCK = 64;

/** Inputs: the arena of gradients, and each of them. Updates: the scale's state. */
const updateLossScaleOp: Op<LossScale> = {
  name: "update_loss_scale",
  infer: () => [],
  lower({ target }, node, { growthFactor, backoffFactor, growthInterval }) {
    const gradients = node.inputs[0]!;
    const parts = partsThatFit([gradients], target.maxBindingBytes);
    const blocks = Math.floor(Math.min(MOST_SLOTS, parts[0]!.count / 4) / SLOT_BLOCK);
    const slots = Math.max(1, blocks) * SLOT_BLOCK;
    const found = scratch([parts.length * slots], "u32");
    return [
      ...parts.map((part, i): Dispatch => {
        return {
          kernel: "find_nonfinite",
          constants: { VECTORS: part.count / 4, SLOTS: slots },
          bindings: [read(rowsOf(gradients, part)), write(rowsOf(found, { first: i * slots, count: slots }))],
          workgroups: grid(slots),
          flops: 0,
        };
      }),
      {
        kernel: "update_loss_scale",
        constants: {
          SLOTS: parts.length * slots,
          GROWTH: growthFactor,
          BACKOFF: backoffFactor,
          INTERVAL: growthInterval,
        },
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
