// Mixed precision: the loss scale, for which any adapter will do, and networks that compute in f16, for those that can.
import { describe, expect, it } from "vitest";
import {
  AvgPool2d,
  BatchNorm2d,
  backward,
  Conv2d,
  cast,
  crossEntropy,
  Flatten,
  Graph,
  Linear,
  type LossScale,
  lossScale,
  ParameterArena,
  ReLU,
  Sequential,
  scaleLoss,
  sgd,
} from "../src/index.js";
import { needsHalf } from "./support/half.js";
import { relativeError, useRuntime, values } from "./support/harness.js";

const runtime = useRuntime();

const INPUTS = 37;
const OUTPUTS = 29;

/**
 * A layer that learns two rows by steps which are scaled, or with `undefined` are not.
 *
 * @param limit bytes bound at once; the adapter's where absent
 */
async function scaled(scale: LossScale | undefined, limit?: number) {
  const model = new Sequential(new Linear(INPUTS, OUTPUTS));
  const arena = new ParameterArena(model, 1);
  const graph = new Graph();
  const logits = model.forward({ graph, training: true }, graph.input("x", [2, INPUTS]));
  const loss = crossEntropy(graph, logits, graph.input("labels", [2], "u32"));
  const { parameters } = backward(graph, scale === undefined ? loss : scaleLoss(graph, loss, scale));
  const options = { momentum: 0.9, weightDecay: 0.01, ...(scale && { lossScale: scale }) };
  sgd(graph, arena, parameters, graph.input("lr", [1]), options);
  const program = await runtime().compile(graph, [], limit === undefined ? {} : { maxBindingBytes: limit });
  program.write("labels", Uint32Array.of(0, 5));
  program.write("lr", Float32Array.of(0.1));
  const state = async () => [...(scale ? await runtime().readState(scale.state) : [])];
  return {
    arena,
    /** Runs a step with one of its inputs replaced; returns the scale, the good steps and the skipped ones. */
    async step(first?: number) {
      const x = values("x", 2 * INPUTS);
      x[0] = first ?? x[0]!;
      program.write("x", x);
      program.run();
      return (await state()).slice(0, 3);
    },
    /** Parameters and velocities. */
    async learned() {
      return [await runtime().readState(arena.values), await runtime().readState(arena.velocity)] as const;
    },
  };
}

describe("the loss scale", () => {
  it("makes gradients larger and leaves the steps as they are", async () => {
    const [plain, with1024] = [await scaled(undefined), await scaled(lossScale({ initialScale: 1024 }))];
    for (let i = 0; i < 3; i++) {
      await plain.step();
      await with1024.step();
      const gradients = await runtime().readState(plain.arena.gradients);
      const expected = gradients.map((v) => 1024 * v);
      expect(relativeError(await runtime().readState(with1024.arena.gradients), expected)).toBeLessThan(1e-6);
    }
    const [expected, found] = [await plain.learned(), await with1024.learned()];
    expect(relativeError(found[0], expected[0])).toBeLessThan(1e-6);
    expect(relativeError(found[1], expected[1])).toBeLessThan(1e-6);
  });

  for (const [what, value] of [
    ["an infinity", Number.POSITIVE_INFINITY],
    ["what is not a number", Number.NaN],
  ] as const)
    it(`is halved by ${what} among the gradients, and the step is skipped and counted`, async () => {
      const { step, learned } = await scaled(lossScale({ initialScale: 1024 }));
      expect(await step()).toEqual([1024, 1, 0]);
      const before = await learned();
      expect(await step(value)).toEqual([512, 0, 1]);
      expect(await step(value)).toEqual([256, 0, 2]);
      expect(await learned()).toEqual(before);
      expect(await step()).toEqual([256, 1, 2]);
      const after = await learned();
      expect(after[0]).not.toEqual(before[0]);
      expect([...after[0]].every(Number.isFinite)).toBe(true);
    });

  it("finds an overflow in any part of gradients that are looked at in parts", async () => {
    const whole = await scaled(lossScale({ initialScale: 1024 }));
    const parts = await scaled(lossScale({ initialScale: 1024 }), 4352);
    for (const { step } of [whole, parts]) {
      expect(await step()).toEqual([1024, 1, 0]);
      expect(await step(Number.NaN)).toEqual([512, 0, 1]);
      expect(await step()).toEqual([512, 1, 1]);
    }
    expect(await parts.learned()).toEqual(await whole.learned());
  });

  it("finds an overflow that the scale alone makes", async () => {
    const { step } = await scaled(lossScale({ initialScale: 2 ** 127 }));
    expect(await step(1000)).toEqual([2 ** 126, 0, 1]);
  });

  it("is doubled after as many good steps in a row as it should be", async () => {
    const { step } = await scaled(lossScale({ initialScale: 8, growthInterval: 3 }));
    const seen = [];
    for (const value of [0, 0, Number.NaN, 0, 0, 0, 0]) seen.push(await step(value));
    expect(seen).toEqual([
      [8, 1, 0],
      [8, 2, 0],
      [4, 0, 1],
      [4, 1, 1],
      [4, 2, 1],
      [8, 0, 1],
      [8, 1, 1],
    ]);
  });

  it("stays a number that divides: it grows to no infinity and shrinks to no zero", async () => {
    const large = await scaled(lossScale({ initialScale: 2 ** 127, growthInterval: 1 }));
    expect(await large.step(0)).toEqual([2 ** 127, 0, 0]);
    const small = await scaled(lossScale({ initialScale: 2 ** -126 }));
    expect(await small.step(Number.NaN)).toEqual([2 ** -126, 0, 1]);
  });

  it("has torch.amp.GradScaler's defaults, and refuses what makes no scale", () => {
    const { state, ...options } = lossScale();
    expect([...state.initial!]).toEqual([65536, 0, 0, 0]);
    expect(options).toEqual({ initialScale: 65536, growthFactor: 2, backoffFactor: 0.5, growthInterval: 2000 });
    for (const wrong of [{ initialScale: 0 }, { growthFactor: 0.5 }, { backoffFactor: 2 }, { growthInterval: 1.5 }])
      expect(() => lossScale(wrong)).toThrow(/^loss scale: initial .* expected a positive scale/);
    const graph = new Graph();
    expect(() => scaleLoss(graph, graph.input("x", [2]), lossScale())).toThrow(
      "scale_loss: got [2]; expected a scalar []",
    );
  });
});

const BATCH = 8;

async function network(
  precision: "f32" | "f16",
  options: { fuse?: boolean; reuse?: boolean; train?: boolean; initialScale?: number } = {},
) {
  const model = new Sequential(
    new Conv2d(4, 8, 3, { padding: 1 }),
    new BatchNorm2d(8),
    new ReLU(),
    new Conv2d(8, 16, 3, { stride: 2 }),
    new AvgPool2d(2),
    new Flatten(),
    new Linear(16, 3),
  );
  const arena = new ParameterArena(model, 3);
  const graph = new Graph();
  const x = cast(graph, graph.input("x", [BATCH, 6, 6, 4]), precision);
  const logits = cast(graph, model.forward({ graph, training: true }, x), "f32");
  const loss = crossEntropy(graph, logits, graph.input("labels", [BATCH], "u32"));
  const scale = lossScale({ initialScale: 1024, ...options });
  const { parameters } = backward(graph, scaleLoss(graph, loss, scale));
  const { train = false } = options;
  if (train) sgd(graph, arena, parameters, graph.input("lr", [1]), { momentum: 0.9, lossScale: scale });
  const program = await runtime().compile(graph, train ? [loss] : [loss, ...parameters.values()], options);
  program.write("x", values("image", BATCH * 6 * 6 * 4));
  program.write(
    "labels",
    Uint32Array.from({ length: BATCH }, (_, i) => i % 3),
  );
  if (train) program.write("lr", Float32Array.of(0.1));
  return { program, arena, loss, parameters, scale };
}

describe("a network that computes in f16", () => {
  needsHalf(runtime);

  for (const fuse of [true, false])
    it(`has the gradients of f32 but for rounding, ${fuse ? "fused" : "not fused"}`, async () => {
      const [whole, half] = [await network("f32"), await network("f16", { fuse })];
      whole.program.run();
      half.program.run();
      const [[loss], [lossHalf]] = [await whole.program.read(whole.loss), await half.program.read(half.loss)];
      // A value is rounded at most some ten times on its way to the loss and back, by 2^-11 each: 2^-11 √10 together where the
      // roundings are independent. Three times that leaves room for values that cancel.
      const limit = 3 * 2 ** -11 * Math.sqrt(10);
      expect(Math.abs(lossHalf! - loss!)).toBeLessThan(limit * loss!);
      const others = [...half.parameters.values()];
      let [difference, size] = [0, 0];
      for (const [i, gradient] of [...whole.parameters.values()].entries()) {
        const [expected, found] = [await whole.program.read(gradient), await half.program.read(others[i]!)];
        expect(found.length).toBe(expected.length);
        for (const [k, value] of expected.entries()) {
          difference += (found[k]! - value) ** 2;
          size += value ** 2;
        }
      }
      expect(Math.sqrt(difference / size)).toBeLessThan(limit);
      expect(difference).toBeGreaterThan(0);
    });

  it("trains to the same bits with memory shared and not, and learns", async () => {
    const results = [];
    for (const reuse of [true, false]) {
      const { program, arena, loss } = await network("f16", { reuse, train: true });
      program.run();
      const [first] = await program.read(loss);
      for (let step = 0; step < 60; step++) program.run();
      expect((await program.read(loss))[0]!).toBeLessThan(first! / 2);
      results.push(await runtime().readState(arena.values));
    }
    expect(results[0]).toEqual(results[1]);
  });

  it("lowers a scale at which f16 overflows until it does not, and then learns", async () => {
    const { program, loss, scale } = await network("f16", { train: true, initialScale: 2 ** 30 });
    for (let step = 0; step < 60; step++) program.run();
    const [now, , skipped] = await runtime().readState(scale.state);
    expect(skipped).toBeGreaterThan(5);
    expect(now).toBe(2 ** (30 - skipped!));
    expect((await program.read(loss))[0]!).toBeLessThan(0.8);
  });

  it("keeps gradients that f16 would round to nothing, thanks to the scale", async () => {
    const [rows, classes] = [1024, 2000];
    const gradientOf = async (precision: "f32" | "f16", initialScale: number) => {
      const model = new Sequential(new Linear(2, classes, { bias: false }));
      const arena = new ParameterArena(model, 1);
      expect(arena.parameters.size).toBe(1);
      const graph = new Graph();
      const x = cast(graph, graph.input("x", [rows, 2]), precision);
      const logits = cast(graph, model.forward({ graph, training: true }, x), "f32");
      const loss = crossEntropy(graph, logits, graph.input("labels", [rows], "u32"));
      const { parameters } = backward(graph, scaleLoss(graph, loss, lossScale({ initialScale })));
      const gradient = [...parameters.values()][0]!;
      const program = await runtime().compile(graph, [gradient]);
      program.write("x", values("x", 2 * rows).map(Math.abs));
      // All of the first class, whose gradient is large and not looked at.
      program.write("labels", new Uint32Array(rows));
      program.run();
      return (await program.read(gradient)).map((v) => v / initialScale).slice(2);
    };
    const expected = await gradientOf("f32", 1);
    // Each of the other classes' gradients is near 1 / (1024 · 2000), eight of f16's smallest steps: rounding takes up to 1/16.
    expect(relativeError(await gradientOf("f16", 1), expected)).toBeGreaterThan(8 * 2 ** -11);
    expect(relativeError(await gradientOf("f16", 4096), expected)).toBeLessThan(4 * 2 ** -11);
  });
});
