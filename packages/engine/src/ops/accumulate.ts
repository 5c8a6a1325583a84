// Running totals of training and a vector of predictions, kept on the adapter so that the hot loop reads nothing back.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { grid, read, write } from "../plan/lowering.js";

const accumulateMetricsOp: Op<null> = {
  name: "accumulate_metrics",
  infer([loss, predicted, labels]) {
    if (loss!.shape.length !== 0 || predicted!.shape[0] !== labels!.shape[0]) {
      const shapes = [loss!.shape, predicted!.shape, labels!.shape];
      throw new ShapeError("accumulate_metrics", shapes, "loss [], predicted [N] and labels [N]");
    }
    return [];
  },
  lower(_, node) {
    const [loss, predicted, labels] = node.inputs;
    return [
      {
        kernel: "accumulate_metrics",
        constants: { ROWS: labels!.shape[0]! },
        bindings: [read(loss!), read(predicted!), read(labels!), write(node.updates[0]!)],
        workgroups: [1, 1, 1],
        flops: labels!.shape[0]!,
      },
    ];
  },
};

const storeRowsOp: Op<null> = {
  name: "store_rows",
  infer([values, start]) {
    if (values!.shape.length !== 1 || start!.shape[0] !== 1) {
      throw new ShapeError("store_rows", [values!.shape, start!.shape], "values [N] and start [1]");
    }
    return [];
  },
  lower(_, node) {
    const [values, start] = node.inputs;
    const resident = node.updates[0]!;
    return [
      {
        kernel: "store_rows",
        constants: { ROWS: values!.shape[0]!, CAPACITY: resident.shape[0]! },
        bindings: [read(values!), read(start!), write(resident)],
        workgroups: grid(values!.shape[0]!),
        flops: 0,
      },
    ];
  },
};

/** Adds a batch to `totals` [4] f32: sum of batch losses, correct, examples, batches. */
export function accumulateMetrics(
  graph: Graph,
  batch: { loss: Tensor; predicted: Tensor; labels: Tensor },
  totals: Tensor,
): void {
  graph.add(accumulateMetricsOp, [batch.loss, batch.predicted, batch.labels], null, [totals]);
}

/** Writes values [N] u32 into `resident` [capacity] u32 from place start[0] on; what passes the end is dropped. */
export function storeRows(graph: Graph, values: Tensor, start: Tensor, resident: Tensor): void {
  graph.add(storeRowsOp, [values, start], null, [resident]);
}
