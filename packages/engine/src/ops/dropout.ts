// dropout: elements set to zero at random in training (Srivastava et al. 2014), the others divided by what is kept, as torch.nn.Dropout.
// The draws are Philox's (see philox.wgsl) of the step's counter, so a step that is run again drops the same, and so does its gradient.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { grid, outputOf, read, vectors, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";

interface DropoutAttributes {
  readonly keep: number;
  /** Tells the graph's dropouts apart; image_batch draws from stream 0. */
  readonly stream: number;
}

/** Inputs: x, and the step's counter. */
const dropoutOp: Op<DropoutAttributes> = {
  name: "dropout",
  infer([x, counter]) {
    floatType("dropout", x!);
    if (counter!.dtype !== "u32" || counter!.shape.join() !== "4") {
      throw new ShapeError(
        "dropout",
        [x!.shape, counter!.shape],
        "a counter [4] of type u32: seed low, seed high, step, stream",
      );
    }
    return [x!];
  },
  gradient(graph, node, attributes, [dy]) {
    return [dy && graph.add(dropoutOp, [dy, node.inputs[1]!], attributes)[0]!];
  },
  lower(_, node, { keep, stream }) {
    const [x, counter] = node.inputs;
    const y = outputOf(node);
    return [
      {
        kernel: storedAs(x!.dtype, "dropout"),
        constants: { VECTORS: vectors(y), KEEP: keep, STREAM: stream },
        bindings: [read(x!), read(counter!), write(y)],
        workgroups: grid(vectors(y)),
        flops: 0,
      },
    ];
  },
};

/**
 * Each element of x with probability 1 − p set to x / (1 − p), else to 0 (torch.nn.functional.dropout in training; the draws are
 * others than PyTorch's).
 *
 * @param x any shape, f32 or f16
 * @param counter [4], u32: seed low, seed high, step, stream, as the training step has it
 * @param p probability of a zero, from 0 up to, without, 1
 * @throws InputError for another p
 */
export function dropout(graph: Graph, x: Tensor, counter: Tensor, p: number): Tensor {
  if (!(p >= 0 && p < 1)) {
    throw new InputError(`dropout: p ${p}; expected a probability from 0 up to, without, 1`);
  }
  const before = graph.nodes.filter(({ op }) => op.name === dropoutOp.name).length;
  return p === 0 ? x : graph.add(dropoutOp, [x, counter], { keep: 1 - p, stream: before + 1 })[0]!;
}
