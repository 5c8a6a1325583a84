// From a traced graph to its plan: the passes over the graph, in order, then the plan. It touches no device.
import { fuse } from "../graph/fuse.js";
import type { Graph } from "../graph/graph.js";
import { recomputed } from "../graph/recompute.js";
import type { Tensor } from "../graph/tensor.js";
import type { Target } from "./lowering.js";
import { type Choose, type Plan, plan } from "./plan.js";

export interface PlanOptions {
  /** Apply the fusion pass; default true. */
  readonly fuse?: boolean;
  /** Which variant of an op to take, instead of the default. */
  readonly choose?: Choose;
  /** Share memory between tensors whose lives do not meet; default true. */
  readonly reuse?: boolean;
  /**
   * "low": make cheap activations again in the backward pass in place of keeping them, where the plan then needs less memory.
   * The results have the same bits; a step takes a little longer. Default "normal".
   */
  readonly memory?: "normal" | "low";
  /** Bind at most so many bytes at once, a multiple of 256; the adapter's limit where absent or larger. */
  readonly maxBindingBytes?: number;
}

/**
 * Fuses and plans a graph, which it changes. What `Runtime.compile` would run, to be looked at on a machine without the adapter.
 *
 * @param fetched tensors to be read after a run
 * @param target subgroup size and binding limit of the adapter
 * @throws InputError for a node that the binding limit rules out
 */
export function compilePlan(graph: Graph, fetched: readonly Tensor[], target: Target, options: PlanOptions = {}): Plan {
  if (options.fuse ?? true) {
    fuse(graph, fetched);
  }
  const maxBindingBytes = Math.min(target.maxBindingBytes, options.maxBindingBytes ?? target.maxBindingBytes);
  const planned = () => plan(graph, fetched, { ...target, maxBindingBytes }, options);
  const normal = planned();
  if (options.memory !== "low") {
    return normal;
  }
  const { nodes } = graph;
  graph.nodes = recomputed(graph, fetched);
  const low = planned();
  graph.nodes = nodes;
  return low.memory.slots < normal.memory.slots ? low : normal;
}
