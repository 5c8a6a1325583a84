// Networks drawn at random, forward and gradients, against a float64 network made of the ops' references. The same bits with
// memory shared and not; the same values fused and not.
import { describe, expect, it } from "vitest";
import {
  add,
  avgPool2d,
  backward,
  batchNorm,
  conv2d,
  crossEntropy,
  flatten,
  Graph,
  matmul,
  maxPool2d,
  RandomStream,
  relu,
  sizeOf,
  type Tensor,
} from "../src/index.js";
import { useRuntime } from "./support/harness.js";
import { type Layer, type Network, reference } from "./support/reference-network.js";

const NETWORKS = 24;
/** Mesa's compiler takes seconds for each of them, SwiftShader's all in seconds. */
const RUN = process.env.ER_ADAPTER === "lavapipe" ? 6 : NETWORKS;
const runtime = useRuntime();

/** A network of up to three layers on images of up to 9×9. */
function draw(seed: number): Network {
  const random = new RandomStream(seed, "network");
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random.uniform() * choices.length)]!;
  const batch = pick(1, 2, 3, 5);
  const [height, width, channels] = [pick(4, 5, 8, 9), pick(4, 6, 7), pick(1, 2, 3, 4)];
  const layers: Layer[] = [];
  let [h, w, c] = [height, width, channels];
  const depth = pick(1, 2, 3);
  for (let i = 0; i < depth; i++) {
    // A filter of a single weight, or a lone channel, would have its scale undone by a normalisation further on, and so would
    // a shift that no ReLU follows: gradients that are 0 but for rounding, of which no digit is right.
    const kernel = c === 1 ? pick(2, 3) : pick(1, 2, 3, 3);
    const [stride, padding] = [pick(1, 1, 1, 2), pick(0, kernel >> 1, kernel >> 1)];
    const [oh, ow] = [h, w].map((extent) => Math.floor((extent + 2 * padding - kernel) / stride) + 1) as [
      number,
      number,
    ];
    if (oh < 2 || ow < 2) {
      break;
    }
    const keeps = oh === h && ow === w;
    const residual = keeps && pick(true, false);
    const outputs = residual ? c : pick(2, 3, 4, 8, 17, 32);
    const norm = pick(true, true, false) && outputs > 1;
    const pool = oh >= 4 && ow >= 4 ? pick("max", "average", undefined, undefined) : undefined;
    layers.push({ kernel, stride, padding, inputs: c, outputs, norm, residual, relu: norm || pick(true, false), pool });
    [h, w, c] = pool ? [Math.floor(oh / 2), Math.floor(ow / 2), outputs] : [oh, ow, outputs];
  }
  return { batch, height, width, channels, layers, features: h * w * c, classes: pick(2, 5, 10) };
}

/** Values of every parameter, image and label of a network. */
function feedsOf(network: Network, seed: number) {
  const feeds = new Map<string, { shape: number[]; data: Float32Array }>();
  const feed = (name: string, shape: number[], scale: number, shift = 0) => {
    const random = new RandomStream(seed, name);
    const data = Float32Array.from({ length: sizeOf(shape) }, () => shift + scale * (2 * random.uniform() - 1));
    feeds.set(name, { shape, data });
  };
  const { batch, height, width, channels, layers, features, classes } = network;
  feed("x", [batch, height, width, channels], 1);
  for (const [i, { kernel, inputs, outputs, norm }] of layers.entries()) {
    feed(`${i}.weight`, [kernel, kernel, inputs, outputs], Math.sqrt(3 / (kernel * kernel * inputs)));
    if (norm) {
      feed(`${i}.gamma`, [outputs], 0.5, 1);
      feed(`${i}.beta`, [outputs], 0.5);
    }
  }
  feed("head", [features, classes], Math.sqrt(3 / features));
  const labels = Uint32Array.from({ length: batch }, (_, i) => (i * 3 + seed) % classes);
  return { feeds, labels };
}

function trace(graph: Graph, network: Network, t: ReadonlyMap<string, Tensor>, labels: Tensor) {
  let y = t.get("x")!;
  for (const [i, layer] of network.layers.entries()) {
    const before = y;
    y = conv2d(graph, y, t.get(`${i}.weight`)!, layer);
    if (layer.norm) {
      const state = (label: string) => graph.state({ label, shape: [layer.outputs], dtype: "f32" });
      const running = { runningMean: state("mean"), runningVar: state("var") };
      y = batchNorm(
        graph,
        y,
        { weight: t.get(`${i}.gamma`)!, bias: t.get(`${i}.beta`)!, ...running },
        { training: true },
      );
    }
    y = layer.residual ? add(graph, y, before) : y;
    y = layer.relu ? relu(graph, y) : y;
    if (layer.pool !== undefined) {
      y = (layer.pool === "max" ? maxPool2d : avgPool2d)(graph, y, 2);
    }
  }
  const logits = matmul(graph, flatten(graph, y), t.get("head")!);
  return { logits, loss: crossEntropy(graph, logits, labels, { labelSmoothing: 0.1 }) };
}

type Options = Parameters<ReturnType<typeof runtime>["compile"]>[2];

async function run(network: Network, seed: number, options: Options) {
  const { feeds, labels } = feedsOf(network, seed);
  const graph = new Graph();
  const tensors = new Map([...feeds].map(([name, { shape }]) => [name, graph.input(name, shape)]));
  const { logits, loss } = trace(graph, network, tensors, graph.input("labels", [network.batch], "u32"));
  const { others } = backward(graph, loss, [...tensors.values()]);
  const program = await runtime().compile(graph, [logits, loss, ...others], options);
  for (const [name, { data }] of feeds) program.write(name, data);
  program.write("labels", labels);
  program.run();
  const results = new Map<string, Float32Array>();
  results.set("logits", await program.read(logits));
  results.set("loss", await program.read(loss));
  for (const [i, name] of [...feeds.keys()].entries()) results.set(name, await program.read(others[i]!));
  program.destroy();
  return results;
}

/** Largest difference of any result from what is expected, by the largest value expected of it. */
function errors(actual: ReadonlyMap<string, ArrayLike<number>>, expected: ReadonlyMap<string, ArrayLike<number>>) {
  return [...expected].map(([name, values]) => {
    let [worst, scale] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const difference = Math.abs(actual.get(name)![i]! - values[i]!);
      worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
      scale = Math.max(scale, Math.abs(values[i]!));
    }
    return { name, error: scale === 0 ? worst : worst / scale };
  });
}

describe("networks drawn at random", () => {
  for (let seed = 0; seed < RUN; seed++)
    it(`seed ${seed}`, async () => {
      const network = draw(seed);
      const message = `seed ${seed}: ${JSON.stringify(network)}`;
      const { feeds, labels } = feedsOf(network, seed);
      const expected = reference(network, new Map([...feeds].map(([name, { data }]) => [name, data])), labels);
      const fused = await run(network, seed, {});
      const check = (results: ReadonlyMap<string, Float32Array>, how: string) => {
        for (const { name, error } of errors(results, expected)) {
          const tolerance = name === "logits" || name === "loss" ? 1e-5 : 1e-4;
          expect(error, `${name}, ${how}; ${message}`).toBeLessThan(tolerance);
        }
      };
      check(fused, "fused");
      check(await run(network, seed, { fuse: false }), "not fused");
      expect(await run(network, seed, { reuse: false }), `no memory shared; ${message}`).toEqual(fused);
      expect(await run(network, seed, { memory: "low" }), `memory low; ${message}`).toEqual(fused);
    });

  it("have every feature, and all of them twice at least", () => {
    const layers = Array.from({ length: NETWORKS }, (_, seed) => draw(seed)).flatMap((network) => network.layers);
    const count = (has: (layer: Layer) => boolean) => layers.filter(has).length;
    expect(count(({ norm, residual, relu: active }) => norm && residual && active)).toBeGreaterThan(1);
    expect(count(({ norm, residual }) => !norm && residual)).toBeGreaterThan(1);
    expect(count(({ pool }) => pool === "max")).toBeGreaterThan(1);
    expect(count(({ pool }) => pool === "average")).toBeGreaterThan(1);
    expect(count(({ stride }) => stride === 2)).toBeGreaterThan(1);
    expect(count(({ kernel, padding }) => kernel === 3 && padding === 1)).toBeGreaterThan(1);
  });
});
