// ema: an exponential moving average of a state, moved once a step; of a flat parameter arena in one dispatch.
import { InputError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sameShape, sizeOf } from "../graph/tensor.js";
import type { StateTensor } from "../nn/parameter.js";
import { grid, read, vectors, write } from "../plan/lowering.js";
import { partsThatFit, rowsOf } from "../plan/parts.js";

const emaOp: Op<{ readonly decay: number }> = {
  name: "ema",
  infer: () => [],
  lower({ target }, { inputs: [x], updates: [average] }, { decay }) {
    return partsThatFit([x!, average!], target.maxBindingBytes).map((part) => {
      const rows = rowsOf(x!, part);
      return {
        kernel: "ema",
        constants: { VECTORS: vectors(rows), RATE: 1 - decay },
        bindings: [read(rows), write(rowsOf(average!, part))],
        workgroups: grid(vectors(rows)),
        flops: 3 * sizeOf(rows.shape),
      };
    });
  },
};

/**
 * average = decay · average + (1 - decay) · x, after whatever changed x before in the graph (timm's `ModelEmaV3` without warm-up, and
 * torch's `get_ema_multi_avg_fn`). The average starts at what `average` holds.
 *
 * @param x a state, f32: an arena's values or a running statistic
 * @param average a state of the same shape
 * @throws InputError for a decay outside [0, 1), and for states that are not of one shape
 */
export function ema(graph: Graph, x: StateTensor, average: StateTensor, decay: number): void {
  if (!(decay >= 0 && decay < 1) || !sameShape(x.shape, average.shape)) {
    throw new InputError(
      `ema: decay ${decay} of [${x.shape.join(", ")}] into [${average.shape.join(", ")}]; expected a decay in [0, 1) and equal shapes`,
    );
  }
  graph.add(emaOp, [graph.state(x)], { decay }, [graph.state(average)]);
}
