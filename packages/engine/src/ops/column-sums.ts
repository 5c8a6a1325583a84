// column_sums: [..., C] -> [C], in two stages of fixed order. The gradient of every bias, f32 whatever the type
// of x.
import type { Op } from "../graph/op.js";
import { sizeOf } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { grid, outputOf, read, reductionSlots, scratch, write } from "../plan/lowering.js";

export const columnSumsOp: Op<null> = {
  name: "column_sums",
  infer: ([x]) => [{ shape: [x!.shape.at(-1)!], dtype: "f32" }],
  batched: () => ({ inputs: [true], outputs: "sum" }),
  lower(_, node) {
    const x = node.inputs[0]!;
    const y = outputOf(node);
    const columns = x.shape.at(-1)!;
    const rows = sizeOf(x.shape) / columns;
    const slots = reductionSlots(rows, columns);
    const partial = scratch([slots, columns]);
    return [
      {
        kernel: storedAs(x.dtype, "column_sums"),
        constants: { ROWS: rows, C: columns, SLOTS: slots },
        bindings: [read(x), write(partial)],
        workgroups: grid(slots * columns),
        flops: rows * columns,
      },
      {
        kernel: "reduce_slices",
        constants: { LENGTH: columns, SLICES: slots },
        bindings: [read(partial), write(y)],
        workgroups: grid(columns),
        flops: slots * columns,
      },
    ];
  },
};
