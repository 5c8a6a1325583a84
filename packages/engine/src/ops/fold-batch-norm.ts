// fold_batch_norm: the weights and the bias of a convolution that does what a convolution and the batch-norm in evaluation
// after it do. The fusion pass makes it (Jacob et al., "Quantization and Training of Neural Networks for Efficient
// Integer-Arithmetic-Only Inference", 2018, section 3.2).
import type { Op } from "../graph/op.js";
import { sizeOf } from "../graph/tensor.js";
import { grid, read, write } from "../plan/lowering.js";
import { matrixOf, partsThatFit, rowsOf } from "../plan/parts.js";

/** Inputs: weight [KH, KW, CI, CO], gamma, beta, running mean and running variance [CO]. Outputs: weight and bias. */
export const foldBatchNormOp: Op<{ readonly eps: number }> = {
  name: "fold_batch_norm",
  infer: ([weight, gamma]) => [weight!, gamma!],
  lower({ target }, { inputs: [weight, ...norm], outputs: [folded, bias] }, { eps }) {
    const [from, to] = [matrixOf(weight!), matrixOf(folded!)];
    return partsThatFit([from], target.maxBindingBytes).map((part) => {
      const rows = rowsOf(from, part);
      const length = sizeOf(rows.shape);
      return {
        kernel: "fold_batch_norm",
        constants: { LENGTH: length, C: sizeOf(bias!.shape), EPS: eps },
        bindings: [read(rows), ...norm.map(read), write(rowsOf(to, part)), write(bias!)],
        workgroups: grid(length),
        flops: 4 * length,
      };
    });
  },
};
