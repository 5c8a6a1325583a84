// The plan: a graph without what nobody needs, lowered to dispatches, with a place for every tensor. It touches no device.
import type { Graph, Node } from "../graph/graph.js";
import { bytesPerElement, type DType, type Shape, type Tensor } from "../graph/tensor.js";
import type { Placement, StateTensor } from "../nn/parameter.js";
import type { Binding, Dispatch, Scratch, Target } from "./lowering.js";
import { bytesOf, type Life, packSlots, rootOf, type Slot } from "./memory.js";
import { shareCopies } from "./share-copies.js";
import { lowerWithin } from "./split.js";

/** Which of the variants of a node's op; the default is taken for undefined and for one that is none of them. */
export type Choose = (node: Node, variants: readonly string[]) => string | undefined;

const ONE_WAY: readonly [string] = [""];

/** Where a binding's bytes are: its buffer, and its first byte and their number there. */
export type Place = (
  | { readonly kind: "slot"; readonly slot: number }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "state"; readonly state: StateTensor }
) & { readonly offset: number; readonly bytes: number };

export interface Step extends Omit<Dispatch, "bindings"> {
  readonly op: string;
  readonly scope: string;
  /** Shapes of the op's inputs, for messages. */
  readonly inputs: readonly Shape[];
  readonly bindings: readonly { readonly place: Place; readonly access: Binding["access"]; readonly shape: Shape }[];
  readonly bytes: number;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** The slots of the arena that activations, gradients and workspace share. */
  readonly slots: readonly Slot[];
  readonly inputs: ReadonlyMap<string, { readonly shape: Shape; readonly dtype: DType; readonly bytes: number }>;
  readonly states: ReadonlySet<StateTensor>;
  /** Tensors whose values stay after a run. */
  readonly fetched: ReadonlySet<Tensor>;
  readonly placeOf: (tensor: Tensor) => Place;
  /** Bytes of the slots, and what they would be were nothing shared. */
  readonly memory: { readonly slots: number; readonly unshared: number };
}

/**
 * Plans a graph.
 *
 * @param fetched tensors to be read after a run; they and all updates of state are what is computed
 * @param options reuse: false gives every tensor memory of its own (for tests); choose: which variant of a node's op, its
 *   default where undefined
 */
export function plan(
  graph: Graph,
  fetched: readonly Tensor[],
  target: Target,
  options: { readonly reuse?: boolean; readonly choose?: Choose } = {},
): Plan {
  const nodes = liveNodes(graph, fetched);
  const whole = nodes.map((node) => {
    const variants = node.op.variants?.(target, node, node.attributes) ?? ONE_WAY;
    const wanted = variants.length === 1 ? undefined : options.choose?.(node, variants);
    const variant = variants.find((name) => name === wanted) ?? variants[0];
    return lowerWithin(target, node, variant);
  });
  const lowered = shareCopies(graph, whole).map((dispatches, i) => ({ node: nodes[i]!, dispatches }));
  const lives = new Map<Tensor | Scratch, Life>();
  let time = 0;
  for (const { dispatches } of lowered) {
    for (const dispatch of dispatches) {
      for (const { tensor } of dispatch.bindings) {
        const { root } = rootOf(tensor);
        if ("scratch" in root || (root.storage.kind === "computed" && !graph.placements.has(root))) {
          const life = lives.get(root);
          const format = "scratch" in root ? root.format : undefined;
          lives.set(root, { first: life?.first ?? time, last: time, bytes: bytesOf(root), format });
        }
      }
      time += 1;
    }
  }
  for (const tensor of fetched) {
    const { root } = rootOf(tensor);
    const life = lives.get(root);
    if (life !== undefined) {
      lives.set(root, { ...life, last: Number.POSITIVE_INFINITY });
    }
  }
  const { slotOf, slots } = packSlots(lives, options.reuse ?? true);
  const place = (tensor: Tensor | Scratch): Place => {
    const { root, offset: elements } = rootOf(tensor);
    const bytes = bytesOf(tensor);
    const offset = elements * bytesPerElement(tensor.dtype);
    const slot = slotOf.get(root);
    if (slot !== undefined) {
      return { kind: "slot", slot, offset, bytes };
    }
    const fixed = "scratch" in root ? undefined : fixedPlace(graph, root, bytes);
    if (fixed === undefined) {
      throw new Error(
        `plan: a tensor of shape [${root.shape.join(", ")}] has no memory; nothing in the plan computes it`,
      );
    }
    return { ...fixed, offset: fixed.offset + offset };
  };
  const steps = lowered.flatMap(({ node, dispatches }) =>
    dispatches.map((dispatch): Step => {
      const bindings = dispatch.bindings.map(({ tensor, access }) => ({
        place: place(tensor),
        access,
        shape: tensor.shape,
      }));
      const bytes = bindings.reduce((total, binding) => total + binding.place.bytes, 0);
      const inputs = node.inputs.map(({ shape }) => shape);
      return { ...dispatch, op: node.op.name, scope: node.scope, inputs, bindings, bytes };
    }),
  );
  const states = new Set<StateTensor>();
  for (const { bindings } of steps) {
    for (const { place: at } of bindings) {
      if (at.kind === "state") {
        states.add(at.state);
      }
    }
  }
  const inputs = new Map(
    [...graph.inputs].map(([name, { shape, dtype }]) => [name, { shape, dtype, bytes: bytesOf({ shape, dtype }) }]),
  );
  const unshared = [...lives.values()].reduce((total, life) => total + life.bytes, 0);
  return {
    steps,
    slots,
    inputs,
    states,
    fetched: new Set(fetched),
    placeOf: place,
    memory: { slots: slots.reduce((total, { bytes }) => total + bytes, 0), unshared },
  };
}

function fixedPlace(graph: Graph, tensor: Tensor, bytes: number): Place | undefined {
  const at = ({ state, offset }: Placement): Place => {
    return { kind: "state", state, offset: offset * bytesPerElement(state.dtype), bytes };
  };
  const placement = graph.placements.get(tensor);
  if (placement !== undefined) {
    return at(placement);
  }
  const { storage } = tensor;
  switch (storage.kind) {
    case "input":
      return { kind: "input", name: storage.name, offset: 0, bytes };
    case "state":
      return at({ state: storage.state, offset: 0 });
    case "parameter":
      if (storage.parameter.placement === undefined) {
        throw new Error("plan: a parameter lies in no arena; make a ParameterArena of its module first");
      }
      return at(storage.parameter.placement);
    case "computed":
    case "view":
      return undefined;
    default:
      return storage satisfies never;
  }
}

/** Nodes that a fetched tensor or an update of state depends on, in order. */
function liveNodes(graph: Graph, fetched: readonly Tensor[]): Node[] {
  const needed = new Set<Tensor>(fetched);
  const live: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (node.updates.length > 0 || node.outputs.some((output) => needed.has(output))) {
      live.push(node);
      for (const input of node.inputs) {
        needed.add(input);
      }
    }
  }
  return live.reverse();
}
