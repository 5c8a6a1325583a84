// What an op is: a shape rule, a gradient and the kernels it lowers to. Each op is one file in ops/.
import type { Dispatch, Lowering, Target } from "../plan/lowering.js";
import type { Batched } from "../plan/split.js";
import type { Graph, Node } from "./graph.js";
import type { Tensor, TensorSpec } from "./tensor.js";

export interface Op<A> {
  readonly name: string;
  /** Shapes and types of the outputs. Throws a ShapeError for inputs that do not fit. */
  infer(inputs: readonly TensorSpec[], attributes: A): TensorSpec[];
  /**
   * Traces the gradient: from the gradients of the outputs (undefined where none reaches one) to those of the inputs
   * (undefined where there is none to give). `wanted` tells whether an input's gradient is of use, so that a costly one
   * can be left out. Absent for ops that no gradient passes.
   */
  gradient?(
    graph: Graph,
    node: Node,
    attributes: A,
    outputGradients: readonly (Tensor | undefined)[],
    wanted: (input: Tensor) => boolean,
  ): GradientList;
  /** The ways in which it can be carried out on an adapter, the default first; absent where there is one. */
  variants?(target: Target, node: Node, attributes: A): readonly [string, ...string[]];
  /** The dispatches that carry it out, in order. Absent for ops that only rename memory. */
  lower?(lowering: Lowering, node: Node, attributes: A): Dispatch[];
  /**
   * How it runs in parts along the batch where a tensor passes the adapter's binding limit: `lower` is then called with rows
   * of the tensors. Undefined or absent where it cannot, or where `lower` sees to it itself.
   */
  batched?(node: Node, attributes: A): Batched | undefined;
  /**
   * How the first output is made again with the same bits, by an op of one output, from inputs and outputs of the node. For
   * ops that cost little; absent where there is no such way.
   */
  recompute?(node: Node, attributes: A): { op: Op<unknown>; inputs: Tensor[]; attributes: unknown };
  /** The output is the input's memory under another shape; there is nothing to run. */
  readonly alias?: true;
}

type GradientList = (Tensor | undefined)[];
