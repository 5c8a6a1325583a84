// What is known of weights beside their tensors, and what is compared before two of them meet.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CIFAR10_CLASSES } from "@er/data";
import type { StateEntry } from "@er/engine";
import { type NdArray, writeSafetensors } from "@er/formats";
import { findWeights, WEIGHTS } from "@er/hub";
import { createModel } from "@er/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Config, parseConfig } from "../src/config.js";
import { compareWithRun, type End, refuseDifferentEnds } from "../src/interpolation-ends.js";
import { headRuleOf } from "../src/load-init.js";
import { modelMetadata } from "../src/model-metadata.js";
import { modelOfWeights } from "../src/model-of-weights.js";
import { readWeights } from "../src/weights.js";
import { type WeightsFacts, weightsFacts } from "../src/weights-facts.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-facts-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const tensor: NdArray = { dtype: "float32", shape: [1], data: new Float32Array(1) };
const config: Config = parseConfig(
  {
    model: { name: "resnet8", width: 4 },
    normalization: { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
    data: { train: "procedural:narrow", id: { name: "id", spec: "procedural:narrow" }, ood: {} },
    train: { steps: 1 },
  },
  "test",
);

describe("facts", () => {
  it("are read from the file by its content, whatever it is called", async () => {
    const file = join(directory, "weights.bin");
    writeFileSync(file, writeSafetensors(new Map([["w", tensor]]), modelMetadata(config, ["a", "b"])));
    expect(await weightsFacts({ file, published: undefined })).toEqual({
      ...{ by: "file", model: "resnet8", width: 4, classNames: ["a", "b"] },
      normalization: config.normalization,
    });
  });

  it("are else those that are published, with classes wherever the order of the head is known", async () => {
    const file = join(directory, "bare.safetensors");
    writeFileSync(file, writeSafetensors(new Map([["w", tensor]])));
    expect(await weightsFacts({ file, published: undefined })).toEqual({ by: undefined });
    const resnet20 = await weightsFacts({ file, published: findWeights("resnet20") });
    expect(resnet20).toMatchObject({ by: "registry", model: "resnet20", classNames: CIFAR10_CLASSES });
    const imagenet = await weightsFacts({ file, published: findWeights("resnet50-v2") });
    expect([imagenet.classNames?.length, imagenet.classNames?.[0]]).toEqual([1000, "n01440764"]);
    const unnamed = WEIGHTS.filter(({ classNames }) => classNames === undefined);
    expect(unnamed.every(({ classes }) => classes === 21_843)).toBe(true);
  });
});

describe("weights that are not finite are refused by their name", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%s", async (value) => {
    const file = join(directory, "odd.safetensors");
    const data = Float32Array.of(0, 3e38, value, 1);
    writeFileSync(file, writeSafetensors(new Map([["a.b", { dtype: "float32", shape: [2, 2], data }]])));
    await expect(readWeights(file)).rejects.toThrow(
      `${file}[a.b]: ${value} at element 2 of [2, 2]; expected finite numbers`,
    );
  });

  it("and so are weights in integers, but for counters of batches", async () => {
    const file = join(directory, "odd.safetensors");
    const data = Int32Array.of(1, 2);
    const counter = { dtype: "int64", shape: [1], data: BigInt64Array.of(3n) } as const;
    writeFileSync(file, writeSafetensors(new Map([["a.num_batches_tracked", counter]])));
    expect((await readWeights(file)).size).toBe(0);
    writeFileSync(file, writeSafetensors(new Map([["a.b", { dtype: "int32", shape: [2], data }]])));
    await expect(readWeights(file)).rejects.toThrow(`${file}[a.b]: int32; expected floating point`);
  });

  it("in half precision and past float32 too", async () => {
    const file = join(directory, "odd.safetensors");
    for (const array of [
      { dtype: "float16", shape: [1], data: Uint16Array.of(0x7c00) },
      { dtype: "float64", shape: [1], data: Float64Array.of(1e300) },
    ] as const) {
      writeFileSync(file, writeSafetensors(new Map([["w", array]])));
      await expect(readWeights(file)).rejects.toThrow("[w]: Infinity at element 0 of [1]");
    }
  });
});

describe("the model of weights", () => {
  const entriesOf = (name: string, classes: number, width?: number) =>
    new Map<string, StateEntry>(
      [...createModel(name, { classes, ...(width !== undefined && { width }) }).module.namedState()].map(
        ([key, { shape }]) => [key, { shape, data: new Float32Array(0) }],
      ),
    );

  it("has a head as wide as theirs, a convolution as BiT's too", () => {
    expect(modelOfWeights("bit-r50x1", undefined, entriesOf("bit-r50x1", 21), "w").classes).toBe(21);
    expect(modelOfWeights("resnet18", undefined, entriesOf("resnet18", 3), "w").classes).toBe(3);
    expect(modelOfWeights("alexnet", undefined, entriesOf("alexnet", 3), "w").classes).toBe(3);
  });

  it("is as wide as they are where nothing else is said", () => {
    expect(modelOfWeights("resnet8", undefined, entriesOf("resnet8", 5, 4), "w").classes).toBe(5);
    expect(() => modelOfWeights("resnet8", 8, entriesOf("resnet8", 5, 4), "w")).toThrow(
      /^w: weights do not fit .*shape/,
    );
    expect(() => modelOfWeights("resnet20", undefined, entriesOf("resnet8", 5), "w")).toThrow(/^w: .*missing/);
  });
});

describe("a head", () => {
  const ours = ["cat", "dog", "fox"];
  it.each([
    ["is kept for the same classes in their order", ["cat", "dog", "fox"], "fit"],
    ["is begun anew for others", ["cat", "dog", "owl"], "replace"],
    ["of another count is the count's matter", ["cat", "dog"], "fit"],
  ] as const)("%s", (_, theirs, rule) => {
    expect(headRuleOf("w", theirs, "set", ours)).toBe(rule);
  });

  it("of the same classes in another order is refused, the first difference named", () => {
    expect(() => headRuleOf("w.pth", ["cat", "fox", "dog"], "set", ours)).toThrow(
      'w.pth: has "fox" as output 1, where set has "dog": the same classes in another order',
    );
  });
});

describe("the ends of an interpolation", () => {
  const end = (name: string, facts: Partial<WeightsFacts> = {}): End => ({
    name,
    weights: new Map([["w", { shape: [1], data: new Float32Array(1) }]]),
    facts: { by: "file", ...facts },
  });
  const said = { classNames: ["a", "b"], normalization: config.normalization };

  it.each([
    ["classes in another order", { classNames: ["b", "a"] }, 'B: has "b" as output 0, where A has "a"'],
    ["other classes", { classNames: ["a", "c"] }, 'B: has "c" as output 1, where A has "b"'],
    ["another count", { classNames: ["a"] }, "B: has 1 classes, where A has 2"],
    ["another model", { model: "resnet20" }, "B: weights of resnet20, where A has resnet8"],
    [
      "another normalization",
      { normalization: { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.7] } },
      "B: made with images of mean 0.1, 0.2, 0.3, std 0.4, 0.5, 0.7, where A has mean 0.1, 0.2, 0.3, std 0.4, 0.5, 0.6",
    ],
  ] as const)("of %s are refused", (_, other, message) => {
    const facts = { model: "resnet8", ...said };
    expect(() => refuseDifferentEnds(end("A", facts), end("B", { ...facts, ...other }))).toThrow(message);
    // And each of the run that they are evaluated as.
    const run = message.replaceAll(" A ", " RUN ");
    const ends = [end("B", { ...facts, ...other })];
    expect(() => compareWithRun(ends, "RUN", config, { classNames: said.classNames })).toThrow(run);
  });

  it("that do not say it are told", () => {
    const [a, b] = [end("A", said), end("B")];
    refuseDifferentEnds(a, b);
    expect(compareWithRun([a, b], "RUN", config, { classNames: said.classNames })).toEqual([
      "B names no classes: its outputs are taken as those of RUN by place",
      "B names no normalization: that of RUN is taken",
    ]);
  });
});
