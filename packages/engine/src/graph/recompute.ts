// Recomputation: activations that cost little to make again are made again in the backward pass, from what is kept anyhow,
// in place of being kept from the forward pass (Chen et al., "Training deep nets with sublinear memory cost", 2016).
import type { Graph, Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/**
 * The graph's nodes with recomputations among them; the graph itself is left as it is.
 *
 * An activation is made again where its op can (`Op.recompute`) and all that this takes is in memory during the backward pass
 * anyhow, or can itself be made from such. One made from another that is made again stays, lest a chain of residual blocks
 * be made again for each of its blocks.
 *
 * @param fetched tensors that will be read from outside
 */
export function recomputed(graph: Graph, fetched: readonly Tensor[]): Node[] {
  const from = graph.backwardFrom ?? Number.POSITIVE_INFINITY;
  const readers = new Map<Tensor, Node[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      readers.set(input, [...(readers.get(input) ?? []), node]);
    }
  }
  const readLater = (tensor: Tensor) => readers.get(tensor)?.some(({ id }) => id >= from) ?? false;
  const again = new Map<Tensor, Making>();

  /** How a tensor is had in the backward pass, by no node at all where it is there anyhow; undefined where it cannot be. */
  const making = (tensor: Tensor): Making | undefined => {
    if (tensor.storage.kind !== "computed") {
      return { nodes: [], tensor };
    }
    if (readLater(tensor)) {
      return again.has(tensor) ? undefined : { nodes: [], tensor };
    }
    return madeBy(recipeOf(tensor));
  };
  const madeBy = (recipe: Node | undefined): Making | undefined => {
    const parts = recipe?.inputs.map(making) ?? [];
    if (recipe === undefined || parts.includes(undefined)) {
      return undefined;
    }
    const known = parts as Making[];
    const node: Node = { ...recipe, inputs: known.map(({ tensor }) => tensor), outputs: [] };
    const tensor = { ...recipe.outputs[0]!, producer: node };
    node.outputs = [tensor];
    return { nodes: [...known.flatMap(({ nodes }) => nodes), node], tensor };
  };

  for (const node of graph.nodes) {
    const output = node.outputs[0];
    if (node.id >= from || output === undefined || !readLater(output)) {
      continue;
    }
    const seenOutside = fetched.includes(output) || graph.placements.has(output);
    const renamed = readers.get(output)!.some(({ op }) => op.alias);
    const made = seenOutside || renamed ? undefined : madeBy(recipeOf(output));
    if (made !== undefined) {
      again.set(output, made);
    }
  }

  const done = new Set<Tensor>();
  return graph.nodes.flatMap((node) => {
    const wanted = node.id < from ? [] : [...new Set(node.inputs)].filter((input) => again.has(input));
    if (wanted.length === 0) {
      return [node];
    }
    const added = wanted.filter((input) => !done.has(input)).flatMap((input) => again.get(input)!.nodes);
    for (const input of wanted) {
      done.add(input);
    }
    return [...added, { ...node, inputs: node.inputs.map((input) => again.get(input)?.tensor ?? input) }];
  });
}

interface Making {
  readonly nodes: readonly Node[];
  readonly tensor: Tensor;
}

/** A node that makes the tensor anew, with the same bits, from inputs and outputs of the node that made it first. */
function recipeOf(tensor: Tensor): Node | undefined {
  const { producer } = tensor;
  if (producer?.op.recompute === undefined || producer.outputs[0] !== tensor) {
    return undefined;
  }
  return {
    ...producer,
    ...producer.op.recompute(producer, producer.attributes),
    outputs: [tensor],
    updates: [],
    scope: `${producer.scope}'`,
  };
}
