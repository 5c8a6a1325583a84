// What of a model is fine-tuned and how: parts of it, a head with a rate of its own, features computed once, a probe before, and a
// moving average of the weights. Runs are small; that the arithmetic is PyTorch's is held by test/resnet20-trajectory.gpu.test.ts.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import { ParameterArena, Runtime, type StateDict, stateDict } from "@er/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Evaluator, loadInto, type Progress, parseConfig, readWeights, run, Trainer } from "../src/index.js";
import { newModel } from "../src/new-model.js";

let runtime: Runtime;
let directory: string;
beforeAll(async () => {
  runtime = await Runtime.open();
  directory = mkdtempSync(join(tmpdir(), "er-fine-tuning-"));
});
afterAll(() => {
  runtime.close();
  rmSync(directory, { recursive: true });
});

const TRAIN = "procedural:narrow?n=40&size=8#train";
const TEST = "procedural:shifted?n=30&size=8#test";
const configOf = (train: object, rest: object = {}) =>
  parseConfig(
    {
      model: { name: "resnet8", width: 4 },
      data: { train: TRAIN, id: { name: "narrow", spec: TRAIN }, ood: { shifted: TEST } },
      train: { steps: 6, batch: 8, ...train },
      eval: { steps: [0, 6], predictions: "logits" },
      evalBatch: 16,
      ...rest,
    },
    "test",
  );
type Config = ReturnType<typeof configOf>;

const runOf = (name: string, config: Config, more: object = {}) =>
  run(runtime, {
    ...{ directory: join(directory, name), config, resume: false, overwrite: false, command: "test" },
    ...more,
  });
const bytesOf = (name: string) => readFileSync(join(directory, name, "checkpoints/final.safetensors"));
const weightsOf = (name: string) => readWeights(join(directory, name, "checkpoints/final.safetensors"));
const logOf = (name: string) =>
  readFileSync(join(directory, name, "training.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { phase: string; step: number });

/** The weights that a run without `init` begins with. */
async function initial(config: Config): Promise<StateDict> {
  const model = newModel(config, await loadImageSet(TRAIN));
  return await stateDict(runtime, new ParameterArena(model.module, config.seed));
}

/** The names whose values are other than before. */
const moved = (before: StateDict, after: ReadonlyMap<string, { data: Float32Array }>) =>
  [...before].filter(([name, { data }]) => after.get(name)!.data.some((v, i) => v !== data[i])).map(([name]) => name);

/** A run that is stopped at the first report of a phase, after which it goes on. */
async function stopped(name: string, config: Config, phase: string) {
  const controller = new AbortController();
  const onProgress = (progress: Progress) => {
    if (progress.kind === "step" && progress.phase === phase) controller.abort();
  };
  const { finished } = await runOf(name, config, { onProgress, signal: controller.signal });
  expect(finished).toBe(false);
  await runOf(name, config, { resume: true });
}

describe("trainable", () => {
  it("head moves the head alone, from:layer3 what begins there, running statistics included", async () => {
    for (const [trainable, prefixes] of [
      ["head", ["linear."]],
      ["from:layer3", ["layer3.", "linear."]],
    ] as const) {
      const config = configOf({ trainable });
      await runOf(trainable, config);
      const before = await initial(config);
      const expected = [...before.keys()].filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
      expect(moved(before, await weightsOf(trainable)), trainable).toEqual(expected);
    }
  });

  it("is refused for a part that the model has not, with the nearest, before anything is written", async () => {
    await expect(runOf("unknown", configOf({ trainable: "from:layr3" }))).rejects.toThrow(
      'trainable "from:layr3": the model has no such part; did you mean "layer3"? It has conv1, bn1, layer1, layer2, layer3, linear',
    );
    expect(() => readFileSync(join(directory, "unknown", "config.json"))).toThrow();
    expect(() => configOf({ trainable: "tail" })).toThrow(/expected "all", "head" or "from:"/);
  });
});

describe("headLearningRate", () => {
  it("is what is noted where the head is trained alone", async () => {
    const { evaluations } = await runOf("noted", configOf({ trainable: "head", headLearningRate: 0.01 }));
    expect(evaluations[0]!.learningRate).toBe(0.01);
  });

  it("is the head's alone, and follows the schedule", async () => {
    const plain = { steps: 1, momentum: 0, weightDecay: 0, learningRate: 0.01 };
    const rest = { eval: { steps: [0] } };
    const before = await initial(configOf({}));
    const configs = [configOf(plain, rest), configOf({ ...plain, headLearningRate: 0.03 }, rest)];
    await runOf("one rate", configs[0]!);
    await runOf("two rates", configs[1]!);
    const [one, two] = [await weightsOf("one rate"), await weightsOf("two rates")];
    for (const [name, { data }] of before) {
      const factor = name.startsWith("linear.") ? 3 : 1;
      const [first, second] = [one.get(name)!.data, two.get(name)!.data];
      const most = Math.max(...data.map((v, i) => Math.abs(first[i]! - v)));
      for (const [i, v] of data.entries())
        expect(Math.abs(second[i]! - v - factor * (first[i]! - v)), name).toBeLessThan(1e-5 + 1e-3 * most);
    }
  });
});

describe("features", () => {
  const config = configOf({ features: true, batch: 32768, learningRate: 0.5 });

  it("train the head in batches of the whole set, and give what the whole model gives with that head", async () => {
    const { evaluations } = await runOf("features", config);
    const weights = await weightsOf("features");
    expect(moved(await initial(config), weights)).toEqual(["linear.weight", "linear.bias"]);
    expect(evaluations[1]!.epoch).toBe(6);

    const set = await loadImageSet(TEST);
    const model = newModel(config, set);
    const arena = new ParameterArena(model.module, 0);
    loadInto(runtime, model, arena, weights, "test", "keep");
    const settings = { classNames: set.classNames, batch: 16, normalization: config.normalization };
    const all = { ...settings, restrictClasses: false, keepLogits: true };
    const [whole, head] = [
      await Evaluator.create(runtime, model, set, all),
      await Evaluator.create(runtime, model, set, { ...all, features: true }),
    ];
    const [expected, seen] = [await whole.predict(), await head.predict()];
    const values = Array.from(expected.logits!.values);
    const most = Math.max(...values.map(Math.abs));
    for (const [i, value] of values.entries())
      expect(Math.abs(seen.logits!.values[i]! - value)).toBeLessThan(1e-5 * most);
    expect(whole.score(expected).correct).toBe(evaluations[1]!.splits.shifted!.correct);
  });

  it("learn what the head learns on images that are not augmented", async () => {
    const plain = { augment: { padding: 0, flip: false }, batch: 40, learningRate: 0.5 };
    await runOf("head on images", configOf({ ...plain, trainable: "head" }));
    await runOf("head on features", configOf({ ...plain, features: true }));
    const [images, features] = [await weightsOf("head on images"), await weightsOf("head on features")];
    for (const name of ["linear.weight", "linear.bias"]) {
      const expected = images.get(name)!.data;
      const most = Math.max(...expected.map(Math.abs));
      for (const [i, v] of features.get(name)!.data.entries())
        expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-4 * most);
    }
  });

  it("resume to the same bits", async () => {
    const long = configOf({ features: true, steps: 24, batch: 16 }, { eval: { steps: [0, 24] } });
    await runOf("features whole", long);
    await stopped("features stopped", long, "train");
    expect(bytesOf("features stopped").equals(bytesOf("features whole"))).toBe(true);
  });

  it("stop while they are computed, and the run goes on from there", async () => {
    const spec = "procedural:narrow?n=200&size=8#train";
    const many = configOf({ features: true }, { data: { train: spec, id: { name: "narrow", spec: TRAIN }, ood: {} } });
    await runOf("features of many", many);
    const controller = new AbortController();
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => {
      seen.push(progress);
      if (progress.kind === "features") controller.abort();
    };
    const { finished } = await runOf("features cut off", many, { onProgress, signal: controller.signal });
    expect([finished, seen.filter(({ kind }) => kind === "features").length]).toEqual([false, 1]);
    await runOf("features cut off", many, { resume: true });
    expect(bytesOf("features cut off").equals(bytesOf("features of many"))).toBe(true);
  });

  it("are refused with what they exclude", () => {
    expect(() => configOf({ features: true, trainable: "from:layer3" })).toThrow(
      'test: train.features trains the head alone, and train.trainable is "from:layer3"; leave it out',
    );
    expect(() => configOf({ features: true, precision: "mixed" })).toThrow("train.features computes in f32");
  });
});

describe("a probe", () => {
  const config = configOf({ steps: 16 }, { probe: { steps: 12, batch: 8, features: true }, eval: { steps: [0, 16] } });

  it("trains the head before fine-tuning, which begins from there at rest", async () => {
    await runOf("probed", config);
    const { evaluations } = await runOf(
      "probe alone",
      configOf({ steps: 12, features: true }, { eval: { steps: [12] } }),
    );
    expect(logOf("probed").map(({ phase, step }) => `${phase} ${step}`)).toEqual([
      ...["probe 8", "probe 12", "train 8", "train 16"],
    ]);
    expect(evaluations).toHaveLength(1);
    expect(moved(await initial(config), await weightsOf("probed"))).toContain("conv1.weight");
  });

  it("resumes to the same bits from either phase", async () => {
    for (const phase of ["probe", "train"]) {
      await stopped(`stopped in ${phase}`, config, phase);
      expect(bytesOf(`stopped in ${phase}`).equals(bytesOf("probed")), phase).toBe(true);
      expect(logOf(`stopped in ${phase}`).length).toBe(4);
    }
  });

  it("is of the head alone", () => {
    expect(() => configOf({}, { probe: { steps: 1, trainable: "from:layer2" } })).toThrow(
      'test: a probe trains the head alone, and probe.trainable is "from:layer2"; leave it out',
    );
  });
});

describe("ema", () => {
  it("averages weights and running statistics step by step", async () => {
    const config = configOf({ ema: 0.75 });
    const set = await loadImageSet(TRAIN);
    const model = newModel(config, set);
    const arena = new ParameterArena(model.module, 0);
    const trainer = await Trainer.create(runtime, model, arena, set, config.train, config.normalization, 0);
    await trainer.prepare();
    const average = new Map(
      [...(await stateDict(runtime, arena))].map(([name, { data }]) => [name, Float64Array.from(data)]),
    );
    for (let step = 0; step < 4; step++) {
      trainer.step(step);
      for (const [name, { data }] of await stateDict(runtime, arena))
        average.set(
          name,
          average.get(name)!.map((v, i) => 0.75 * v + 0.25 * data[i]!),
        );
    }
    const trained = await stateDict(runtime, arena);
    for (const [name, { data }] of await trainer.average!.stateDict()) {
      const expected = average.get(name)!;
      const most = Math.max(...expected.map(Math.abs));
      for (const [i, v] of data.entries())
        expect(Math.abs(v - expected[i]!), name).toBeLessThan(1e-6 * Math.max(most, 1));
    }
    // Looking at the averages left the weights as they were.
    expect(await stateDict(runtime, arena)).toEqual(trained);
    trainer.destroy();
  });

  it("is what is evaluated and kept, and resumes to the same bits", async () => {
    const config = configOf({ ema: 0.9, steps: 24 }, { eval: { steps: [0, 24] } });
    const { evaluations } = await runOf("average", config);
    await runOf("no average", configOf({ steps: 24 }, { eval: { steps: [0, 24] } }));
    expect(bytesOf("average").equals(bytesOf("no average"))).toBe(false);
    await stopped("average stopped", config, "train");
    expect(bytesOf("average stopped").equals(bytesOf("average"))).toBe(true);

    const set = await loadImageSet(TEST);
    const model = newModel(config, set);
    const arena = new ParameterArena(model.module, 0);
    loadInto(runtime, model, arena, await weightsOf("average"), "test", "keep");
    const evaluator = await Evaluator.create(runtime, model, set, {
      ...{ classNames: set.classNames, batch: 16, normalization: config.normalization, restrictClasses: false },
    });
    const { correct } = evaluator.score(await evaluator.predict());
    expect(correct).toBe(evaluations.at(-1)!.splits.shifted!.correct);
  });
});
