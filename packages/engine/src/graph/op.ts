// What an op is: a shape rule, a gradient and the kernels it lowers to. Each op is one file in ops/.
import type { Dispatch, Lowering, Target } from "../plan/lowering.js";
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
  /** The output is the input's memory under another shape; there is nothing to run. */
  readonly alias?: true;
}

type GradientList = (Tensor | undefined)[];
