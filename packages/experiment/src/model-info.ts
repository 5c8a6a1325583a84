// What a model is made of and what it needs, from its graph and plan alone: no adapter is opened.
import { backward, compilePlan, crossEntropy, Graph, ParameterArena, type Shape, sgd, sizeOf } from "@er/engine";
import { modelNamed } from "./new-model.js";

export interface ModelInfoOptions {
  readonly classes: number;
  /** Images a step. */
  readonly batch: number;
  /** Height and width of an image in pixels. */
  readonly imageSize: number;
}

/** A layer with parameters, or more than one pixel's work. */
export interface LayerInfo {
  /** Its state_dict path. */
  readonly name: string;
  /** Shape of what it makes, images as [N, H, W, C]. */
  readonly output: readonly number[];
  readonly parameters: number;
  /** Multiply-adds of one image in the forward pass; of products and convolutions alone, each counted once. */
  readonly multiplyAdds: number;
}

/** What a model is made of. */
export interface ModelSummary extends ModelInfoOptions {
  readonly name: string;
  /** The state_dict name of the last layer. */
  readonly head: string;
  readonly parameters: number;
  /** Running statistics and other state that is not trained. */
  readonly buffers: number;
  /** Multiply-adds of one image in the forward pass. */
  readonly multiplyAdds: number;
  readonly layers: readonly LayerInfo[];
}

/** What it is made of, and what it needs. */
export interface ModelInfo extends ModelSummary {
  /** Bytes on the adapter of a training step with momentum, by its plan, and of a forward pass in evaluation. */
  readonly training: MemoryInfo;
  readonly evaluation: MemoryInfo;
}

export interface MemoryInfo {
  /** Activations, their gradients and workspace, which share memory. */
  readonly activations: number;
  /** Parameters; in training their gradients and velocities too. */
  readonly state: number;
}

/** Of an adapter with subgroups of 8 that binds 2 GiB at once; another's workspace differs by a little. */
const TARGET = { subgroupSize: 8, maxBindingBytes: 2 ** 31, workgroupBytes: 2 ** 14, hardware: false };

/**
 * Traces a model and counts.
 *
 * @param name as `createModel` takes it
 * @throws InputError for an unknown name, or an image size that it cannot take
 */
export function modelSummary(name: string, options: ModelInfoOptions): ModelSummary {
  const forward = traced(name, options, false);
  const layers = layersOf(forward);
  const values = (of: ReadonlyMap<string, { readonly shape: Shape }>) =>
    sum([...of.values()].map((each) => sizeOf(each.shape)));
  return {
    name,
    ...options,
    head: forward.head,
    parameters: values(forward.arena.parameters),
    buffers: values(forward.arena.buffers),
    multiplyAdds: sum(layers.map(({ multiplyAdds }) => multiplyAdds)),
    layers,
  };
}

/**
 * The summary of a model, and the memory of its training step and of its evaluation.
 *
 * @throws InputError as {@link modelSummary}
 */
export function modelInfo(name: string, options: ModelInfoOptions): ModelInfo {
  return {
    ...modelSummary(name, options),
    training: memoryOf(traced(name, options, true)),
    evaluation: memoryOf(traced(name, options, false)),
  };
}

type Traced = ReturnType<typeof traced>;

function traced(name: string, { classes, batch, imageSize }: ModelInfoOptions, training: boolean) {
  const { module, head } = modelNamed(name, { classes });
  const arena = new ParameterArena(module, 0);
  const graph = new Graph();
  const counter = training ? { counter: graph.input("counter", [4], "u32") } : {};
  const logits = module.forward(
    { graph, training, ...counter },
    graph.input("images", [batch, imageSize, imageSize, 3]),
  );
  if (!training) {
    return { graph, arena, head, fetched: [logits] };
  }
  const loss = crossEntropy(graph, logits, graph.input("labels", [batch], "u32"));
  sgd(graph, arena, backward(graph, loss).parameters, graph.input("learning rate", [1]), { momentum: 0.9 });
  return { graph, arena, head, fetched: [loss] };
}

function memoryOf({ graph, fetched }: Traced): MemoryInfo {
  const plan = compilePlan(graph, fetched, TARGET);
  return { activations: plan.memory.slots, state: sum([...plan.states].map(({ shape }) => 4 * sizeOf(shape))) };
}

/** By scope, in the order of the forward pass. */
function layersOf({ graph, arena }: Traced): LayerInfo[] {
  const names = new Map([...arena.parameters].map(([name, parameter]) => [parameter, name]));
  const layers = new Map<string, { output: readonly number[]; parameters: number; multiplyAdds: number }>();
  const batch = graph.inputs.get("images")!.shape[0]!;
  const counted = new Set<string>();
  for (const node of graph.nodes) {
    const layer = layers.get(node.scope) ?? { output: [], parameters: 0, multiplyAdds: 0 };
    layer.output = node.outputs[0]!.shape;
    for (const { storage, shape } of node.inputs) {
      const name = storage.kind === "parameter" ? names.get(storage.parameter) : undefined;
      if (name !== undefined && !counted.has(name)) {
        counted.add(name);
        layer.parameters += sizeOf(shape);
      }
    }
    layer.multiplyAdds += multiplyAdds(node.op.name, node.inputs[1]?.shape ?? [], layer.output) / batch;
    layers.set(node.scope, layer);
  }
  return [...layers]
    .filter(([, { parameters, multiplyAdds }]) => parameters > 0 || multiplyAdds > 0)
    .map(([name, layer]) => ({ name, ...layer }));
}

/** Of a convolution [KH, KW, CI, CO] or a linear layer [out, in] that makes such an output; 0 of all else. */
function multiplyAdds(op: string, weight: readonly number[], output: readonly number[]): number {
  switch (op) {
    case "conv2d":
      return sizeOf(output) * sizeOf(weight.slice(0, 3));
    case "matmul":
      return sizeOf(output) * weight[1]!;
    default:
      return 0;
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
