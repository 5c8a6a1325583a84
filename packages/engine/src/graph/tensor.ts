// A tensor of the graph is a symbol: a shape, a type and the node that makes it. It holds no data.
import type { Parameter, StateTensor } from "../nn/parameter.js";
import type { Scratch } from "../plan/lowering.js";
import type { Node } from "./graph.js";

export type Shape = readonly number[];
/** `f16` is for activations, their gradients and copies of weights; sums, parameters and statistics stay `f32`. */
export type DType = "f32" | "f16" | "u32";

/** Where a tensor's bytes live. */
export type Storage =
  /** written by the host before a run, by name */
  | { readonly kind: "input"; readonly name: string }
  /** a trainable parameter, in the parameter arena */
  | { readonly kind: "parameter"; readonly parameter: Parameter }
  /** values that outlive a run: running statistics, totals, predictions */
  | { readonly kind: "state"; readonly state: StateTensor }
  /** made by a node during a run */
  | { readonly kind: "computed" }
  /** rows of another tensor, from an element of it on */
  | { readonly kind: "view"; readonly of: Tensor | Scratch; readonly offset: number };

export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

export interface Tensor extends TensorSpec {
  readonly id: number;
  readonly storage: Storage;
  /** The node that makes this tensor; undefined for inputs, parameters and state. */
  producer: Node | undefined;
}

/** Number of elements of a shape; 1 for the scalar shape []. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function bytesPerElement(dtype: DType): number {
  return dtype === "f16" ? 2 : 4;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
