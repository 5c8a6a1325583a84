// Models between two: the ends are the two, what lies between is their weights' mean, and batch-norm's statistics are those of the images.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImageSet, loadImageSet } from "@er/data";
import { type Conv2d, Graph, ParameterArena, Runtime } from "@er/engine";
import { writeSafetensors } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { counterInput } from "../src/examples.js";
import { imageExamples } from "../src/image-examples.js";
import { configOf, type InterpolateOptions, interpolate, parseConfig, readWeights, run } from "../src/index.js";
import { newModel } from "../src/new-model.js";
import { BatchNormStatistics } from "../src/recompute-batch-norm.js";
import { RunRecord } from "../src/record.js";

const TRAIN = "procedural:narrow?n=40&size=8#train";
let runtime: Runtime;
let directory: string;
const at = (name: string) => join(directory, name);
beforeAll(async () => {
  runtime = await Runtime.open();
  directory = mkdtempSync(join(tmpdir(), "er-interpolate-"));
  for (const [name, learningRate, steps] of [
    ["a", 0.02, 4],
    ["b", 0.1, 12],
  ] as const)
    await run(runtime, {
      directory: at(name),
      config: parseConfig(
        {
          model: { name: "resnet8", width: 4 },
          data: {
            train: TRAIN,
            id: { name: "narrow", spec: TRAIN },
            ood: { shifted: "procedural:shifted?n=30&size=8#test" },
          },
          train: { steps, batch: 8, learningRate },
          eval: { steps: [steps] },
          evalBatch: 16,
        },
        "test",
      ),
      ...{ resume: false, overwrite: false, command: "test" },
    });
});
afterAll(() => {
  runtime.close();
  rmSync(directory, { recursive: true });
});

const between = (name: string, options: Partial<InterpolateOptions> = {}) =>
  interpolate(runtime, {
    ...{ directory: at(name), a: at("a"), b: at("b"), alphas: [0, 0.5, 1], batchNormImages: 0 },
    ...{ keepWeights: false, overwrite: false, command: "test", ...options },
  });

describe("interpolate", () => {
  it("begins with A and ends with B, and is recorded as a run", async () => {
    const { evaluations, finished } = await between("ends", { keepWeights: true });
    expect(finished).toBe(true);
    expect(evaluations.map(({ step }) => step)).toEqual([0, 50, 100]);
    for (const [name, place] of [
      ["a", 0],
      ["b", 2],
    ] as const) {
      const last = (await new RunRecord(at(name)).readEvaluations()).at(-1)!;
      expect(evaluations[place]!.splits, name).toEqual(last.splits);
    }
    const middle = await readWeights(join(at("ends"), "checkpoints/alpha-0.50.safetensors"));
    const [a, b] = [
      await readWeights(join(at("a"), "checkpoints/final.safetensors")),
      await readWeights(join(at("b"), "checkpoints/final.safetensors")),
    ];
    for (const [name, { data }] of middle)
      for (const [i, v] of data.entries())
        expect(v).toBeCloseTo((a.get(name)!.data[i]! + b.get(name)!.data[i]!) / 2, 6);
    for (const file of ["report.html", "metrics.jsonl", "predictions/shifted/50.npy", "checkpoints/final.safetensors"])
      expect(existsSync(join(at("ends"), file)), file).toBe(true);
    expect((await configOf(at("ends"))).interpolation).toEqual({ a: at("a"), b: at("b"), batchNormImages: 0 });
    await expect(
      run(runtime, {
        directory: at("ends"),
        config: await configOf(at("ends")),
        resume: true,
        overwrite: false,
        command: "",
      }),
    ).rejects.toThrow("a record of er interpolate, which trains nothing; give its command again");
  });

  it("takes files, with the data of the run that is named", async () => {
    const files = {
      a: join(at("a"), "checkpoints/final.safetensors"),
      b: join(at("b"), "checkpoints/final.safetensors"),
    };
    await expect(between("files", files)).rejects.toThrow("name a run of the same model and data with --like");
    const { evaluations } = await between("files", { ...files, like: at("a"), alphas: [0.25] });
    expect(evaluations[0]!.step).toBe(25);
  });

  it("refuses α that are none, and weights that are not of one model", async () => {
    for (const [alphas, message] of [
      [[], "no α given"],
      [[0, 1.5], "α 1.5: expected whole hundredths from 0 to 1"],
      [[0.005], "α 0.005: expected whole hundredths"],
      [[0.5, 0.5], "α 0.5 before 0.5: expected rising numbers"],
    ] as const)
      await expect(between("never", { alphas })).rejects.toThrow(message);
    const vector = (length: number) => ({ dtype: "float32", shape: [length], data: new Float32Array(length) }) as const;
    writeFileSync(at("x.safetensors"), writeSafetensors(new Map([["v", vector(2)]])));
    writeFileSync(at("y.safetensors"), writeSafetensors(new Map([["v", vector(3)]])));
    writeFileSync(at("z.safetensors"), writeSafetensors(new Map([["w", vector(2)]])));
    const [x, y, z] = ["x", "y", "z"].map((name) => at(`${name}.safetensors`)) as [string, string, string];
    await expect(between("never", { a: x, b: y, like: at("a") })).rejects.toThrow(`${y}: v is [3], and in ${x} [2]`);
    await expect(between("never", { a: x, b: z, like: at("a") })).rejects.toThrow(`${z}: has no v, which ${x} has`);
    expect(existsSync(at("never"))).toBe(false);
  });
});

describe("batch-norm statistics measured anew", () => {
  const config = parseConfig(
    {
      model: { name: "resnet8", width: 4 },
      data: { train: TRAIN, id: { name: "narrow", spec: TRAIN }, ood: {} },
      train: { steps: 1 },
    },
    "test",
  );

  /** Mean and unbiased variance of each channel of what the first convolution gives for the set's first images. */
  async function firstLayer(set: ImageSet, size: number, indices: Uint32Array) {
    const model = newModel(config, set);
    new ParameterArena(model.module, 0);
    const graph = new Graph();
    const images = imageExamples(
      runtime,
      { ...model, module: model.module.submodule("conv1") as Conv2d },
      set,
      config.normalization,
    );
    const y = images.logits({ graph, training: false, counter: counterInput(graph) }, { size });
    const program = await runtime.compile(graph, [y]);
    images.attach?.(program);
    images.write(program, indices);
    program.run();
    const values = await program.read(y);
    return Array.from({ length: 4 }, (_, c) => {
      const column = Array.from(values).filter((_, i) => i % 4 === c);
      const mean = column.reduce((sum, v) => sum + v, 0) / column.length;
      return { mean, variance: column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (column.length - 1) };
    });
  }

  it("are the means over the batches of each one's mean and unbiased variance", async () => {
    const set = await loadImageSet(TRAIN);
    const model = newModel(config, set);
    const arena = new ParameterArena(model.module, 0);
    const settings = { batch: 40, normalization: config.normalization, seed: 0 };
    const measured = async (images: number, batch: number) => {
      const statistics = await BatchNormStatistics.create(runtime, model, arena, set, { ...settings, images, batch });
      await statistics.measure();
      statistics.destroy();
      const of = async (name: string) => await runtime.readState(arena.buffers.get(name)!);
      return { mean: await of("bn1.running_mean"), variance: await of("bn1.running_var") };
    };
    const all = Uint32Array.from({ length: 40 }, (_, i) => i);
    const expected = await firstLayer(set, 40, all);
    const whole = await measured(1000, 40);
    for (const [c, { mean, variance }] of expected.entries()) {
      expect(whole.mean[c]!).toBeCloseTo(mean, 5);
      expect(whole.variance[c]!).toBeCloseTo(variance, 5);
    }
    // The mean over equal batches is that of all images; the variance within batches is another.
    const parts = await measured(40, 10);
    for (const [c, { mean, variance }] of expected.entries()) {
      expect(parts.mean[c]!).toBeCloseTo(mean, 5);
      expect(parts.variance[c]!).not.toBeCloseTo(variance, 5);
    }
  });
});
