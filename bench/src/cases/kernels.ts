// One op at a time, at the shapes of ResNet-20 (batch 128), WRN-16-4 and ResNet-18 on 32×32 images (batch 16). The latter
// two share most shapes; a shape stands once, with the names of the networks that have it.
import {
  add,
  BatchNorm2d,
  backward,
  constant,
  conv2d,
  crossEntropy,
  Graph,
  globalAvgPool2d,
  imageBatch,
  Module,
  matmul,
  maxPool2d,
  Parameter,
  ParameterArena,
  type Runtime,
  relu,
  residentImages,
  type StateTensor,
  sgd,
  sizeOf,
  type Tensor,
} from "@er/engine";
import { ImageNetResNet } from "@er/models";
import { type BenchCase, type Contender, pattern, patternLabels } from "../case.js";
import type { ConvShape, Peer } from "../peers/peer.js";

interface NamedConv extends ConvShape {
  readonly networks: string;
}

const conv = (
  networks: string,
  batch: number,
  size: number,
  inputs: number,
  outputs: number,
  { kernel = 3, stride = 1 } = {},
): NamedConv => ({ networks, batch, size, inputs, outputs, kernel, stride });

const CONVS: readonly NamedConv[] = [
  conv("resnet20", 128, 32, 3, 16),
  conv("resnet20", 128, 32, 16, 16),
  conv("resnet20", 128, 32, 16, 32, { stride: 2 }),
  conv("resnet20", 128, 16, 32, 32),
  conv("resnet20", 128, 8, 64, 64),
  conv("wrn-16-4", 16, 32, 3, 16),
  conv("wrn-16-4", 16, 32, 16, 64),
  conv("wrn-16-4", 16, 32, 16, 64, { kernel: 1 }),
  conv("resnet18", 16, 32, 3, 64),
  conv("wrn-16-4 resnet18", 16, 32, 64, 64),
  conv("wrn-16-4 resnet18", 16, 32, 64, 128, { stride: 2 }),
  conv("wrn-16-4 resnet18", 16, 32, 64, 128, { kernel: 1, stride: 2 }),
  conv("wrn-16-4 resnet18", 16, 16, 128, 128),
  conv("wrn-16-4 resnet18", 16, 16, 128, 256, { stride: 2 }),
  conv("wrn-16-4 resnet18", 16, 8, 256, 256),
  conv("resnet18", 16, 8, 256, 512, { stride: 2 }),
  conv("resnet18", 16, 4, 512, 512),
];

/** [networks, batch, size, channels] of the activations. */
const ACTIVATIONS: readonly (readonly [string, number, number, number])[] = [
  ["resnet20", 128, 32, 16],
  ["resnet20", 128, 16, 32],
  ["resnet20", 128, 8, 64],
  ["wrn-16-4 resnet18", 16, 32, 64],
  ["wrn-16-4 resnet18", 16, 16, 128],
  ["wrn-16-4 resnet18", 16, 8, 256],
  ["resnet18", 16, 4, 512],
];

export function kernelCases(runtime: Runtime, peers: readonly Peer[]): BenchCase[] {
  const products = [...matmulCases(runtime, peers), ...convCases(runtime, peers)];
  return [...products, ...elementwiseCases(runtime), ...batchCases(runtime), sgdCase(runtime)];
}

function matmulCases(runtime: Runtime, peers: readonly Peer[]): BenchCase[] {
  return [512, 1024].map((n) => matmulCase(runtime, "matmul", n, peers));
}

/** C = A B of two n×n matrices; all three f16, with f32 sums, where mixed. */
export function matmulCase(
  runtime: Runtime,
  name: string,
  n: number,
  peers: readonly Peer[],
  precision?: "mixed",
): BenchCase {
  const [dtype, bytes] = precision === "mixed" ? (["f16", 2] as const) : (["f32", 4] as const);
  const product = (graph: Graph) => matmul(graph, graph.input("a", [n, n], dtype), graph.input("b", [n, n], dtype));
  return {
    name,
    shape: `${n}×${n}×${n}`,
    ...(precision && { precision }),
    flops: 2 * n ** 3,
    bytes: 3 * bytes * n * n,
    tolerance: 1e-4,
    ours: () => compiled(runtime, (graph) => [product(graph)], { alone: false }),
    peers: peers.map((peer) => ({ backend: peer.backend, open: () => peer.matmul(n) })),
  };
}

function convCases(runtime: Runtime, peers: readonly Peer[]): BenchCase[] {
  const cases: BenchCase[] = [];
  for (const shape of CONVS) {
    const { networks, batch, size, inputs, outputs, kernel, stride } = shape;
    const x = [batch, size, size, inputs];
    const y = [batch, size / stride, size / stride, outputs];
    const weight = [kernel, kernel, inputs, outputs];
    const forward = (graph: Graph) =>
      conv2d(graph, graph.input("x", x), graph.input("w", weight), { stride, padding: kernel >> 1 });
    const suffix = kernel === 3 && stride === 1 ? "" : ` ${kernel}×${kernel}/${stride}`;
    const work = {
      shape: `${networks} ${batch}×${size}×${size}×${inputs}→${outputs}${suffix}`,
      flops: 2 * sizeOf(y) * inputs * kernel * kernel,
      bytes: 4 * (sizeOf(x) + sizeOf(y) + sizeOf(weight)),
      tolerance: 1e-4,
    };
    cases.push({
      ...work,
      name: "conv2d",
      ours: () => compiled(runtime, (graph) => [forward(graph)], { alone: false }),
      peers: peers.map((peer) => ({ backend: peer.backend, open: () => peer.conv2d(shape) })),
    });
    for (const [which, name] of ["conv2d_input_gradient", "conv2d_weight_gradient"].entries()) {
      cases.push({
        ...work,
        name,
        ours: () => compiled(runtime, (graph) => [gradientsOf(graph, forward(graph))[which]!], { alone: true }),
        peers: [],
      });
    }
  }
  return cases;
}

function elementwiseCases(runtime: Runtime): BenchCase[] {
  const cases: BenchCase[] = [];
  for (const [networks, batch, size, channels] of ACTIVATIONS) {
    const x = [batch, size, size, channels];
    const bound = (name: string, passes: number, trace: (graph: Graph) => Tensor[]) => {
      const bytes = passes * 4 * sizeOf(x);
      const ours = () => compiled(runtime, trace, { alone: true });
      cases.push({ name, shape: `${networks} ${x.join("×")}`, flops: 0, bytes, tolerance: 0, ours, peers: [] });
    };
    const norm = (graph: Graph) => {
      const layer = new BatchNorm2d(channels);
      new ParameterArena(layer, 0);
      return layer.forward({ graph, training: true }, graph.input("x", x));
    };
    bound("relu", 2, (graph) => [relu(graph, graph.input("x", x))]);
    bound("relu_gradient", 3, (graph) => [gradientsOf(graph, relu(graph, graph.input("x", x)))[0]!]);
    bound("add", 3, (graph) => [add(graph, graph.input("a", x), graph.input("b", x))]);
    // x for the statistics, then x and y.
    bound("batch_norm", 3, (graph) => [norm(graph)]);
    // dy and x for the sums, then dy, x and dx.
    bound("batch_norm_gradient", 5, (graph) => gradientsOf(graph, norm(graph)));
    bound("global_avg_pool", 1, (graph) => [globalAvgPool2d(graph, graph.input("x", x))]);
    bound("max_pool", 1.25, (graph) => [maxPool2d(graph, graph.input("x", x), 2)]);
  }
  return cases;
}

/** What a step does once for a batch: the images, and the loss with its gradient. */
function batchCases(runtime: Runtime): BenchCase[] {
  return [
    ["resnet20", 128],
    ["wrn-16-4 resnet18", 16],
  ].flatMap(([networks, size]) => {
    const batch = size as number;
    const bound = (name: string, extents: number[], bytes: number, trace: (graph: Graph) => Tensor[]): BenchCase => {
      const shape = `${networks} ${extents.join("×")}`;
      return {
        name,
        shape,
        flops: 0,
        bytes,
        tolerance: 0,
        ours: () => compiled(runtime, trace, { alone: true }),
        peers: [],
      };
    };
    const pixels = batch * 32 * 32 * 3;
    return [
      // A byte read and a float written a value.
      bound("image_batch", [batch, 32, 32, 3], 5 * pixels, (graph) => {
        const shape = { count: batch, height: 32, width: 32, channels: 3 };
        const images = residentImages(new Uint8Array(pixels).fill(7), shape, runtime.target.maxBindingBytes);
        const inputs = {
          indices: graph.input("indices", [batch], "u32"),
          counter: graph.input("counter", [4], "u32"),
          normalization: graph.input("normalization", [6]),
        };
        return [imageBatch(graph, images, inputs, { padding: 4, flip: true })];
      }),
      // The logits read twice, their gradient written.
      bound("cross_entropy", [batch, 10], 3 * 4 * batch * 10, (graph) => {
        const logits = graph.input("logits", [batch, 10]);
        const loss = crossEntropy(graph, logits, graph.input("labels", [batch], "u32"));
        return [loss, ...backward(graph, loss, [logits]).others];
      }),
    ];
  });
}

/** As many parameters as ResNet-18 has, in one tensor. */
class Flat extends Module {
  readonly weight: Parameter;

  constructor(count: number) {
    super();
    this.weight = new Parameter([count], constant(0.1));
  }

  override forward({ graph }: { readonly graph: Graph }): Tensor {
    return graph.parameter(this.weight);
  }
}

function sgdCase(runtime: Runtime): BenchCase {
  const count = [...new ImageNetResNet("resnet18", 10, "cifar").namedParameters().values()].reduce(
    (sum, { shape }) => sum + sizeOf(shape),
    0,
  );
  return {
    name: "sgd",
    shape: `resnet18 ${count} parameters`,
    flops: 0,
    // Reads gradient, value and velocity, writes value and velocity.
    bytes: 5 * 4 * count,
    tolerance: 0,
    ours: async () => {
      const module = new Flat(count);
      const arena = new ParameterArena(module, 0);
      runtime.writeState(arena.gradients, pattern(arena.trainableElements));
      const trace = (graph: Graph) => {
        module.forward({ graph });
        const gradients = new Map([[module.weight, graph.input("gradient", [count])]]);
        sgd(graph, arena, gradients, graph.input("lr", [1]), { momentum: 0.9, weightDecay: 1e-4 });
        return [];
      };
      return compiled(runtime, trace, { alone: true, states: [arena.values, arena.velocity, arena.gradients] });
    },
    peers: [],
  };
}

/**
 * Our program for what `trace` fetches, with every input filled with the pattern.
 *
 * @param options alone: measured against the adapter's peaks, so what submitting takes does not count; beside peers it does, as
 *   theirs; states: what to free with it
 */
async function compiled(
  runtime: Runtime,
  trace: (graph: Graph) => Tensor[],
  { alone, states = [] }: { readonly alone: boolean; readonly states?: readonly StateTensor[] },
): Promise<Contender> {
  const graph = new Graph();
  const fetched = trace(graph);
  const program = await runtime.compile(graph, fetched);
  for (const [name, { shape, dtype }] of graph.inputs) {
    const count = sizeOf(shape);
    program.write(name, dtype === "u32" ? patternLabels(count) : pattern(count));
  }
  return {
    async run(times) {
      if (alone) {
        runtime.device.queue.submit(Array.from({ length: times }, () => program.encode()));
      } else {
        for (let i = 0; i < times; i++) {
          program.run();
        }
      }
      await runtime.finish();
    },
    async result() {
      program.run();
      return fetched[0] === undefined ? new Float32Array() : await program.read(fetched[0]);
    },
    destroy() {
      program.destroy();
      for (const state of new Set([...program.plan.states, ...states])) {
        runtime.release(state);
      }
    },
  };
}

/** Traces the gradients of the op that makes y, alone: its outputs and their gradient are inputs. */
function gradientsOf(graph: Graph, y: Tensor): Tensor[] {
  const node = y.producer!;
  graph.nodes = graph.nodes.filter((other) => other !== node);
  const outputs = node.outputs.map(({ shape }, i) => graph.input(`output ${i}`, shape));
  const dy = graph.input("dy", y.shape);
  const gradients = node.op.gradient!(graph, { ...node, outputs }, node.attributes, [dy], () => true);
  return gradients.filter((gradient) => gradient !== undefined);
}
