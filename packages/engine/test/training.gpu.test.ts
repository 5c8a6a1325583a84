// What training stands on: the optimiser, gradients of a whole network, memory reuse, every kernel.
import { describe, expect, it } from "vitest";
import { fuse } from "../src/graph/fuse.js";
import {
  AvgPool2d,
  add,
  BatchNorm2d,
  backward,
  Conv2d,
  conv2d,
  crossEntropy,
  ema,
  Flatten,
  flatten,
  Graph,
  kernelNames,
  kernelSource,
  Linear,
  loadStateDict,
  MaxPool2d,
  ParameterArena,
  ReLU,
  relu,
  Sequential,
  sgd,
  stateDict,
  type Tensor,
} from "../src/index.js";
import { relativeError, useRuntime, values } from "./support/harness.js";

const runtime = useRuntime();

describe("sgd", () => {
  for (const [momentum, nesterov, weightDecay, inputs, outputs] of [
    [0, false, 0, 1, 1],
    [0.9, false, 0.01, 3, 4],
    [0.9, true, 0.01, 37, 29],
  ] as const)
    it(`momentum ${momentum}, nesterov ${nesterov}, weight decay ${weightDecay}, weights ${outputs}×${inputs}: three steps as in PyTorch`, async () => {
      const model = new Sequential(new Linear(inputs, outputs));
      const arena = new ParameterArena(model, 1);
      const graph = new Graph();
      const logits = model.forward({ graph, training: true }, graph.input("x", [2, inputs]));
      const loss = crossEntropy(graph, logits, graph.input("labels", [2], "u32"));
      const { parameters } = backward(graph, loss);
      sgd(graph, arena, parameters, graph.input("lr", [1]), { momentum, nesterov, weightDecay });
      const program = await runtime().compile(graph, [loss]);
      program.write("x", values("x", 2 * inputs));
      program.write("labels", Uint32Array.of(0, outputs - 1));
      program.write("lr", Float32Array.of(0.1));
      const p = Float64Array.from(await runtime().readState(arena.values));
      const v = new Float64Array(p.length);
      for (let step = 0; step < 3; step++) {
        program.run();
        const g = await runtime().readState(arena.gradients);
        for (let i = 0; i < p.length; i++) {
          const gradient = g[i]! + weightDecay * p[i]!;
          v[i] = momentum * v[i]! + gradient;
          p[i]! -= 0.1 * (nesterov ? gradient + momentum * v[i]! : v[i]!);
        }
      }
      expect(relativeError(await runtime().readState(arena.values), p)).toBeLessThan(1e-6);
    });
});

const network = () =>
  new Sequential(
    new Conv2d(2, 5, 3, { padding: 1 }),
    new BatchNorm2d(5),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(5, 4, 2, { stride: 2 }),
    new AvgPool2d(2, { stride: 1 }),
    new Flatten(),
    new Linear(4, 3),
  );
const BATCH = 4;

async function networkProgram(reuse: boolean, train: boolean) {
  const model = network();
  const arena = new ParameterArena(model, 3);
  const graph = new Graph();
  const logits = model.forward({ graph, training: true }, graph.input("x", [BATCH, 8, 8, 2]));
  const loss = crossEntropy(graph, logits, graph.input("labels", [BATCH], "u32"), { labelSmoothing: 0.1 });
  const { parameters } = backward(graph, loss);
  if (train) sgd(graph, arena, parameters, graph.input("lr", [1]), { momentum: 0.9 });
  const fetched = train ? [loss] : [loss, ...parameters.values()];
  const program = await runtime().compile(graph, fetched, { reuse });
  program.write("x", values("image", BATCH * 128));
  program.write("labels", Uint32Array.of(0, 2, 1, 2));
  if (train) program.write("lr", Float32Array.of(0.1));
  return { program, arena, loss, parameters };
}

describe("a whole network", () => {
  it("has the gradients of finite differences", async () => {
    const { program, arena, loss, parameters } = await networkProgram(true, false);
    const initial = await runtime().readState(arena.values);
    program.run();
    const lossAt = async (place: number, change: number) => {
      const moved = initial.slice();
      moved[place]! += change;
      runtime().writeState(arena.values, moved);
      program.run();
      return (await program.read(loss))[0]!;
    };
    for (const [parameter, gradient] of parameters) {
      const { offset } = parameter.placement!;
      runtime().writeState(arena.values, initial);
      program.run();
      const analytic = await program.read(gradient);
      for (const at of [0, Math.floor(analytic.length / 2), analytic.length - 1]) {
        // Five-point stencil: its own error falls as h⁴; float32 rounding of a loss near 1 leaves about 1e-7 / h = 5e-5.
        const h = 2e-3;
        const near = (await lossAt(offset + at, h)) - (await lossAt(offset + at, -h));
        const far = (await lossAt(offset + at, 2 * h)) - (await lossAt(offset + at, -2 * h));
        const numeric = (8 * near - far) / (12 * h);
        expect(Math.abs(analytic[at]! - numeric)).toBeLessThan(5e-4);
      }
    }
  });

  it("trains to the same bits with memory shared and not", async () => {
    const results = [];
    for (const reuse of [true, false]) {
      const { program, arena } = await networkProgram(reuse, true);
      for (let step = 0; step < 5; step++) program.run();
      results.push(await runtime().readState(arena.values));
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0]!.some((v) => v !== 0)).toBe(true);
  });

  it("learns: the loss of a fixed batch falls by half", async () => {
    const { program, loss } = await networkProgram(true, true);
    program.run();
    const [first] = await program.read(loss);
    for (let step = 0; step < 60; step++) program.run();
    expect((await program.read(loss))[0]!).toBeLessThan(first! / 2 + 0.25);
  });
});

describe("fused gradients", () => {
  /** The gradient of x where ReLUs follow one another, and where one's output goes three ways. */
  const networks: Record<string, (graph: Graph, x: Tensor, w: Tensor, c: Tensor) => Tensor> = {
    "a ReLU behind a ReLU": (graph, x, w, c) =>
      conv2d(graph, relu(graph, add(graph, relu(graph, x), c)), w, { padding: 1 }),
    "a ReLU that three read": (graph, x, w, c) => {
      const y = relu(graph, x);
      const branches = [y, add(graph, y, c), y].map((branch) => conv2d(graph, branch, w, { padding: 1 }));
      return add(graph, add(graph, branches[0]!, branches[1]!), branches[2]!);
    },
  };
  for (const [name, forward] of Object.entries(networks))
    it(`are those of the ops apart, fused once or twice: ${name}`, async () => {
      const gradients = [];
      for (const times of [0, 1, 2]) {
        const graph = new Graph();
        const [x, c] = [graph.input("x", [2, 5, 6, 4]), graph.input("c", [2, 5, 6, 4])];
        const y = forward(graph, x, graph.input("w", [3, 3, 4, 4]), c);
        const [dx] = backward(graph, crossEntropy(graph, flatten(graph, y), graph.input("labels", [2], "u32")), [
          x,
        ]).others;
        if (times === 2) fuse(graph, [dx!]);
        const program = await runtime().compile(graph, [dx!], { fuse: times > 0 });
        program.write("x", values("x", 240));
        program.write("c", values("c", 240));
        program.write("w", values("w", 144));
        program.write("labels", Uint32Array.of(3, 50));
        program.run();
        gradients.push(await program.read(dx!));
        program.destroy();
      }
      expect(gradients[0]!.some((v) => v !== 0)).toBe(true);
      for (const fused of gradients.slice(1))
        expect(relativeError(fused, Float64Array.from(gradients[0]!))).toBeLessThan(1e-6);
    });
});

describe("ema", () => {
  it("moves an average of any size as defined, and refuses what is none", async () => {
    for (const length of [1, 7, 4096]) {
      const state = { label: "state", shape: [length], dtype: "f32", initial: values("state", length) } as const;
      const average = { label: "average", shape: [length], dtype: "f32", initial: values("average", length) } as const;
      const graph = new Graph();
      ema(graph, state, average, 0.75);
      const program = await runtime().compile(graph, []);
      program.run();
      program.run();
      const expected = Float64Array.from(average.initial, (v, i) => 0.5625 * v + 0.4375 * state.initial[i]!);
      expect(relativeError(await runtime().readState(average), expected)).toBeLessThan(1e-6);
    }
    const vector = (length: number) => ({ label: "state", shape: [length], dtype: "f32" }) as const;
    expect(() => ema(new Graph(), vector(2), vector(3), 0.5)).toThrow("ema: decay 0.5 of [2] into [3]");
    expect(() => ema(new Graph(), vector(2), vector(2), 1)).toThrow("expected a decay in [0, 1)");
  });
});

// That they compute what PyTorch does is held by test/resnet20-trajectory.gpu.test.ts.
describe("frozen parameters and several learning rates", () => {
  /** The network's first layers frozen up to `first`, its last with a rate of its own; state before and after three steps. */
  async function trained(first: number) {
    const model = network();
    const arena = new ParameterArena(model, 3);
    const layerOf = (name: string) => Number(name.split(".")[0]);
    for (const [name, parameter] of arena.parameters) parameter.requiresGrad = layerOf(name) >= first;
    const graph = new Graph();
    const logits = model.forward({ graph, training: true }, graph.input("x", [BATCH, 8, 8, 2]));
    const loss = crossEntropy(graph, logits, graph.input("labels", [BATCH], "u32"));
    const { parameters } = backward(graph, loss);
    const [body, head] = [graph.input("lr", [1]), graph.input("head lr", [1])];
    const decay = { momentum: 0.9, weightDecay: 0.01 };
    sgd(graph, arena, parameters, (name) => (layerOf(name) === 7 ? head : body), decay);
    const program = await runtime().compile(graph, []);
    program.write("x", values("image", BATCH * 128));
    program.write("labels", Uint32Array.of(0, 2, 1, 2));
    program.write("lr", Float32Array.of(0.05));
    program.write("head lr", Float32Array.of(0.2));
    const before = await stateDict(runtime(), arena);
    for (let step = 0; step < 3; step++) program.run();
    const kernels = program.plan.steps.map(({ kernel }) => kernel);
    return { before, after: await stateDict(runtime(), arena), arena, kernels, parameters };
  }

  it("leave what is frozen as it is, running statistics too, and trace no gradient below it", async () => {
    const all = await trained(0);
    const some = await trained(4);
    const head = await trained(7);
    for (const [name, { data }] of some.before) {
      const moved = Number(name.split(".")[0]) >= 4;
      expect(
        some.after.get(name)!.data.some((v, i) => v !== data[i]),
        name,
      ).toBe(moved);
    }
    const gradients = (kernels: string[]) => kernels.filter((kernel) => kernel.startsWith("conv2d_weight_gradient"));
    expect([all, some, head].map(({ kernels }) => gradients(kernels).length)).toEqual([2, 1, 0]);
    expect(head.kernels.length).toBeLessThan(some.kernels.length);
    expect([...head.parameters.keys()]).toEqual([...head.arena.parameters.values()].filter((p) => p.requiresGrad));
  });

  it("take a dispatch a stretch of one rate", async () => {
    const count = async (first: number) => (await trained(first)).kernels.filter((kernel) => kernel === "sgd").length;
    expect([await count(0), await count(7)]).toEqual([2, 1]);
  });

  it("refuse that all are frozen", async () => {
    await expect(trained(8)).rejects.toThrow(/every parameter is frozen|does not reach the loss/);
  });
});

describe("state dicts", () => {
  it("go out and in again with the same bits", async () => {
    const arena = new ParameterArena(network(), 5);
    const before = await stateDict(runtime(), arena);
    const other = new ParameterArena(network(), 6);
    loadStateDict(runtime(), other, before);
    expect(await stateDict(runtime(), other)).toEqual(before);
  });
  it("of another model are refused, naming keys and shapes", async () => {
    const arena = new ParameterArena(network(), 5);
    const wrong = new Map(await stateDict(runtime(), arena));
    wrong.delete("7.bias");
    wrong.set("7.weight", { shape: [2, 4], data: new Float32Array(8) });
    wrong.set("extra", { shape: [1], data: new Float32Array(1) });
    expect(() => loadStateDict(runtime(), arena, wrong)).toThrow(
      "weights do not fit the model: 1 missing (7.bias); 1 unknown (extra); 1 of another shape (7.weight [2, 4], expected [3, 4])",
    );
  });
});

// Those on matrix units: matrix-units.test.ts, since no adapter of the tests offers them.
describe("every kernel is valid WGSL", () => {
  for (const name of kernelNames.filter((name) => !name.includes("/matrix")))
    it(name, async ({ skip }) => {
      const { device } = runtime();
      if (name.includes("/subgroup") && !device.features.has("subgroups")) skip("the adapter has no subgroups");
      const code = kernelSource(name);
      if (code.includes("enable f16;") && !device.features.has("shader-f16")) skip("the adapter has no shader-f16");
      const module = device.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      expect(messages.filter(({ type }) => type === "error").map(({ message }) => message)).toEqual([]);
    });
});
