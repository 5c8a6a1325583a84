// A whole training step on a resident batch: forward, loss, backward, SGD with momentum. Every contender begins with the
// same weights and images, and the losses of its first two steps must be ours.
import {
  backward,
  cast,
  crossEntropy,
  Graph,
  lossScale,
  type Module,
  ParameterArena,
  type Runtime,
  type StateDict,
  scaleLoss,
  sgd,
  sizeOf,
} from "@er/engine";
import { createModel, ImageNetResNet } from "@er/models";
import { type BenchCase, type Contender, pattern, patternLabels } from "../case.js";
import { tracedFlops, trainingFlops } from "../networks/flops.js";
import type { NetworkName } from "../networks/forward.js";
import type { Peer } from "../peers/peer.js";

const STEPS: readonly (readonly [NetworkName, number])[] = [
  ["resnet20", 128],
  ["wrn-16-4", 16],
  ["resnet18", 16],
];
const LEARNING_RATE = 0.01;
const MOMENTUM = 0.9;

export function stepCases(runtime: Runtime, peers: readonly Peer[]): BenchCase[] {
  return STEPS.map(([network, batch]) => {
    const step = () => {
      const weights = initialWeights(network);
      return { network, batch, weights, learningRate: LEARNING_RATE, momentum: MOMENTUM };
    };
    return {
      name: "training_step",
      shape: `${network} batch ${batch}`,
      flops: trainingFlops(network, batch, moduleOf(network).namedParameters()),
      bytes: 0,
      images: batch,
      // The second loss has gone through every gradient, which float32 sums in different orders.
      tolerance: 1e-3,
      ours: () => ourStep(runtime, { module: () => moduleOf(network), size: 32, classes: 10, batch }),
      peers: peers.map((peer) => ({ backend: peer.backend, open: () => peer.trainingStep(step()) })),
    };
  });
}

/** A network on square images, and how many at a time. */
export interface Step {
  readonly module: () => Module;
  /** Height and width of an image. */
  readonly size: number;
  readonly classes: number;
  readonly batch: number;
  /** f16 activations and weights with f32 sums, and the loss scale; f32 where absent. */
  readonly precision?: "mixed";
}

/** The training step of a network that no peer has. */
export function ownStepCase(runtime: Runtime, name: string, network: string, step: Step): BenchCase {
  const { module, size, batch, precision } = step;
  return {
    name,
    ...(precision && { precision }),
    shape: `${network} ${size}×${size} batch ${batch}`,
    flops: tracedFlops(module(), [batch, size, size, 3]),
    bytes: 0,
    images: batch,
    tolerance: 0,
    ours: () => ourStep(runtime, step),
    peers: [],
  };
}

function moduleOf(network: NetworkName): Module {
  return network === "resnet18"
    ? new ImageNetResNet("resnet18", 10, "cifar")
    : createModel(network, { classes: 10 }).module;
}

/** What `new ParameterArena(module, 0)` initialises a network with, in PyTorch's layouts. */
function initialWeights(network: NetworkName): StateDict {
  const arena = new ParameterArena(moduleOf(network), 0);
  const entries: StateDict = new Map();
  for (const [name, parameter] of arena.parameters) {
    const { offset } = parameter.placement!;
    const stored = arena.values.initial as Float32Array;
    const data = parameter.fromStored(stored.slice(offset, offset + sizeOf(parameter.shape)));
    entries.set(name, { shape: parameter.shape, data });
  }
  return entries;
}

async function ourStep(runtime: Runtime, step: Step): Promise<Contender> {
  const { size, classes, batch, precision } = step;
  const mixed = precision === "mixed";
  const module = step.module();
  const arena = new ParameterArena(module, 0);
  const graph = new Graph();
  const x = cast(graph, graph.input("x", [batch, size, size, 3]), mixed ? "f16" : "f32");
  const logits = cast(graph, module.forward({ graph, training: true }, x), "f32");
  const loss = crossEntropy(graph, logits, graph.input("labels", [batch], "u32"));
  const scale = mixed ? lossScale() : undefined;
  const { parameters } = backward(graph, scale === undefined ? loss : scaleLoss(graph, loss, scale));
  sgd(graph, arena, parameters, graph.input("lr", [1]), { momentum: MOMENTUM, ...(scale && { lossScale: scale }) });
  const program = await runtime.compile(graph, [loss]);
  program.write("x", pattern(batch * size * size * 3));
  program.write("labels", patternLabels(batch, classes));
  program.write("lr", Float32Array.of(LEARNING_RATE));
  const steps = async (times: number) => {
    for (let i = 0; i < times; i++) {
      program.run();
    }
    const [value] = await program.read(loss);
    return value!;
  };
  return {
    async run(times) {
      await steps(times);
    },
    result: async () => Float32Array.of(await steps(1), await steps(1)),
    program,
    destroy() {
      program.destroy();
      for (const state of program.plan.states) {
        runtime.release(state);
      }
    },
  };
}
