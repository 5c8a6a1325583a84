// cross_entropy: the batch mean of the softmax cross-entropy with optional label smoothing (torch.nn.functional.cross_entropy).
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { type Dispatch, grid, outputOf, read, scratch, write } from "../plan/lowering.js";
import { partsThatFit, rowsOf } from "../plan/parts.js";
import { requireF32 } from "./float-type.js";

interface CrossEntropyAttributes {
  readonly labelSmoothing: number;
}

const crossEntropyOp: Op<CrossEntropyAttributes> = {
  name: "cross_entropy",
  infer([logits, labels], { labelSmoothing }) {
    if (logits!.shape.length !== 2 || labels!.shape.length !== 1 || labels!.shape[0] !== logits!.shape[0]) {
      throw new ShapeError("cross_entropy", [logits!.shape, labels!.shape], "logits [N, C] and labels [N]");
    }
    requireF32("cross_entropy", "tensor of logits", logits!);
    if (labels!.dtype !== "u32") {
      throw new InputError(`cross_entropy: labels of type ${labels!.dtype}; expected u32 class indices`);
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new InputError(`cross_entropy: label smoothing ${labelSmoothing}; expected 0 or more and less than 1`);
    }
    return [{ shape: [], dtype: "f32" }];
  },
  gradient(graph, node, attributes, [dLoss]) {
    const [logits, labels] = node.inputs;
    return [dLoss && graph.add(crossEntropyGradientOp, [logits!, labels!, dLoss], attributes)[0]!];
  },
  lower({ target }, node, { labelSmoothing }) {
    const [logits, labels] = node.inputs;
    const [rows, classes] = logits!.shape as [number, number];
    const rowLoss = scratch([rows]);
    const parts = partsThatFit([logits!, labels!], target.maxBindingBytes);
    return [
      ...parts.map(
        (part): Dispatch => ({
          kernel: "softmax_cross_entropy",
          constants: { ROWS: part.count, C: classes, SMOOTHING: labelSmoothing },
          bindings: [read(rowsOf(logits!, part)), read(rowsOf(labels!, part)), write(rowsOf(rowLoss, part))],
          workgroups: grid(part.count),
          flops: 4 * part.count * classes,
        }),
      ),
      {
        kernel: "mean",
        constants: { LENGTH: rows },
        bindings: [read(rowLoss), write(outputOf(node))],
        workgroups: [1, 1, 1],
        flops: rows,
      },
    ];
  },
};

const crossEntropyGradientOp: Op<CrossEntropyAttributes> = {
  name: "cross_entropy_gradient",
  infer: ([logits]) => [logits!],
  lower({ target }, node, { labelSmoothing }) {
    const [logits, labels, dLoss] = node.inputs;
    const [rows, classes] = logits!.shape as [number, number];
    return partsThatFit([logits!, labels!], target.maxBindingBytes).map((part) => ({
      kernel: "softmax_cross_entropy_gradient",
      constants: { ROWS: part.count, BATCH: rows, C: classes, SMOOTHING: labelSmoothing },
      bindings: [
        read(rowsOf(logits!, part)),
        read(rowsOf(labels!, part)),
        read(dLoss!),
        write(rowsOf(outputOf(node), part)),
      ],
      workgroups: grid(part.count),
      flops: 5 * part.count * classes,
    }));
  },
};

/**
 * Mean cross-entropy of softmax(logits) against class labels, in nats.
 *
 * @param logits [N, C]
 * @param labels [N] u32, each below C (a label outside is the caller's error: it is not checked on the adapter)
 * @param options labelSmoothing in [0, 1), default 0: the target is (1 - s) one-hot + s / C
 * @returns a scalar []
 */
export function crossEntropy(
  graph: Graph,
  logits: Tensor,
  labels: Tensor,
  options: Partial<CrossEntropyAttributes> = {},
): Tensor {
  return graph.add(crossEntropyOp, [logits, labels], { labelSmoothing: 0, ...options })[0]!;
}
