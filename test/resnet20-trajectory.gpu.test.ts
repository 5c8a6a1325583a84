// Three training steps of ResNet-20 equal PyTorch's: losses, weights and running statistics within 1e-4.
// The expected values are made by golden/resnet20_trajectory.py.
import { readFileSync } from "node:fs";
import {
  backward,
  crossEntropy,
  Graph,
  loadStateDict,
  ParameterArena,
  Runtime,
  sgd,
  sizeOf,
  stateDict,
} from "@er/engine";
import { createModel } from "@er/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFill } from "./support/hash-fill.js";

interface Golden {
  learningRate: number;
  hash: { name: string; values: number[] };
  trajectories: {
    nesterov: boolean;
    labelSmoothing: number;
    /** Prefixes of the parameters that are trained. */
    trained: string[];
    headLearningRate: number;
    losses: number[];
    tensors: Record<string, { shape: number[]; sum: number; norm: number; at: number[]; samples: number[] }>;
    logits: number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL("golden/resnet20_trajectory.json", import.meta.url), "utf8")) as Golden;
const BATCH = 16;
const TOLERANCE = 1e-4;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open();
});
afterAll(() => runtime.close());

it("the hash that fills weights is the Python script's", () => {
  expect([...hashFill(golden.hash.name, 5)]).toEqual(golden.hash.values);
});

function seededState(name: string, shape: readonly number[]): Float32Array {
  const values = hashFill(name, sizeOf(shape));
  if (name.endsWith("running_mean")) return new Float32Array(values.length);
  if (name.endsWith("running_var")) return new Float32Array(values.length).fill(1);
  const isNormWeight = /bn\d\.weight$/.test(name);
  const scale = shape.length > 1 ? Math.sqrt(1 / sizeOf(shape.slice(1))) : 0.1;
  return Float32Array.from(values, (v) => v * scale + (isNormWeight ? 1 : 0));
}

/** The batch in NHWC, from values indexed as PyTorch's NCHW. */
function images(): Float32Array {
  const nchw = hashFill("images", BATCH * 3 * 32 * 32);
  return Float32Array.from(nchw, (_, i) => {
    const [c, pixel] = [i % 3, Math.floor(i / 3)];
    return nchw[(Math.floor(pixel / 1024) * 3 + c) * 1024 + (pixel % 1024)]!;
  });
}

describe.each(golden.trajectories)(
  "nesterov $nesterov, label smoothing $labelSmoothing, trained: $trained",
  (expected) => {
    it("losses, weights, running statistics and logits", async () => {
      const { module } = createModel("resnet20", { classes: 10 });
      const arena = new ParameterArena(module, 0);
      const entries = Object.entries(expected.tensors).map(
        ([name, { shape }]) => [name, { shape, data: seededState(name, shape) }] as const,
      );
      loadStateDict(runtime, arena, new Map(entries));
      for (const [name, parameter] of arena.parameters) {
        parameter.requiresGrad = expected.trained.some((prefix) => name.startsWith(prefix));
      }

      const graph = new Graph();
      const x = graph.input("x", [BATCH, 32, 32, 3]);
      const labels = graph.input("labels", [BATCH], "u32");
      const loss = crossEntropy(graph, module.forward({ graph, training: true }, x), labels, expected);
      const { parameters } = backward(graph, loss);
      const options = { momentum: 0.9, weightDecay: 1e-4, nesterov: expected.nesterov };
      const [rate, headRate] = [graph.input("lr", [1]), graph.input("head lr", [1])];
      sgd(graph, arena, parameters, (name) => (name.startsWith("linear") ? headRate : rate), options);
      const program = await runtime.compile(graph, [loss]);
      program.write("x", images());
      program.write(
        "labels",
        Uint32Array.from({ length: BATCH }, (_, i) => (7 * i + 3) % 10),
      );
      program.write("lr", Float32Array.of(golden.learningRate));
      program.write("head lr", Float32Array.of(expected.headLearningRate));
      for (const wanted of expected.losses) {
        program.run();
        expect(Math.abs((await program.read(loss))[0]! - wanted)).toBeLessThan(TOLERANCE);
      }

      const state = await stateDict(runtime, arena);
      expect([...state.keys()].sort()).toEqual(Object.keys(expected.tensors).sort());
      for (const [name, { norm, at, samples }] of Object.entries(expected.tensors)) {
        const { data } = state.get(name)!;
        const scale = Math.max(1, norm / Math.sqrt(data.length));
        for (const [i, place] of at.entries()) {
          expect(Math.abs(data[place]! - samples[i]!), `${name}[${place}]`).toBeLessThan(TOLERANCE * scale);
        }
        const actualNorm = Math.sqrt(data.reduce((total, v) => total + v * v, 0));
        expect(Math.abs(actualNorm - norm), `norm of ${name}`).toBeLessThan(TOLERANCE * Math.max(1, norm));
      }

      const evaluation = new Graph();
      const input = evaluation.input("x", [BATCH, 32, 32, 3]);
      const logits = module.forward({ graph: evaluation, training: false }, input);
      const evaluator = await runtime.compile(evaluation, [logits]);
      evaluator.write("x", images());
      evaluator.run();
      const actual = await evaluator.read(logits);
      const size = Math.max(...expected.logits.map(Math.abs));
      for (const [i, wanted] of expected.logits.entries()) {
        expect(Math.abs(actual[i]! - wanted)).toBeLessThan(10 * TOLERANCE * Math.max(1, size));
      }
    });
  },
);
