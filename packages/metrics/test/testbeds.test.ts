import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  fitBaseline,
  InputError,
  namedTestbed,
  parseTestbedCsv,
  TESTBED_NAMES,
  testbedFromPredictions,
} from "../src/index.js";
import type { Regression } from "../src/linregress.js";
import { golden, largestDifference } from "./golden.js";
import { missing, sharedData } from "./shared-data.js";

interface Cifar101 {
  sizes: { original: number; v4: number; v6: number };
  counts: [string, number, number, number][];
  fits: { v4: Regression; v6: Regression };
}

describe("named testbeds", () => {
  const { sizes, counts, fits } = golden<Cifar101>("metrics_cifar10_1");
  it.each([
    ["v4", 2],
    ["v6", 3],
  ] as const)("cifar10.1-%s is the counted table, and its baseline SciPy's to 1e-9", (version, column) => {
    const models = namedTestbed(`cifar10.1-${version}`);
    expect(models.map(({ model, id, ood }) => [model, id.correct, id.n, ood.correct, ood.n])).toEqual(
      counts.map((row) => [row[0], row[1], sizes.original, row[column], sizes[version]]),
    );
    expect(models).toHaveLength(30);
    expect(largestDifference(fitBaseline(models), fits[version])).toBeLessThan(1e-9);
  });
  it("suggest the nearest name", () => {
    expect(() => namedTestbed("cifar10.1v6")).toThrow('did you mean "cifar10.1-v6"?');
    expect(() => namedTestbed("toString")).toThrow(InputError);
    expect(TESTBED_NAMES).toHaveLength(5);
  });
});

describe("testbedFromPredictions", () => {
  const id = { labels: [0, 1, 2, 3], predictions: [0, 1, 2, 0] };
  const ood = { labels: Uint8Array.of(1, 1), predictions: Uint8Array.of(1, 0) };
  it("counts right answers", () => {
    expect(testbedFromPredictions([{ model: "a", id, ood }])).toEqual([
      { model: "a", id: { accuracy: 0.75, n: 4, correct: 3 }, ood: { accuracy: 0.5, n: 2, correct: 1 } },
    ]);
  });
  it("names the model and split whose predictions are not as many as the labels, or none", () => {
    const short = { labels: [1, 2, 3], predictions: [1] };
    expect(() => testbedFromPredictions([{ model: "b", id, ood: short }])).toThrow(
      'model "b", ood: got 1 predictions for 3 labels',
    );
    const none = { labels: [], predictions: [] };
    expect(() => testbedFromPredictions([{ model: "c", id: none, ood }])).toThrow('model "c", id: got no examples');
  });
});

describe("parseTestbedCsv", () => {
  const columns = { id: "val", ood: "v2", unit: "auto" } as const;
  const text = 'model,val,v2,"odd, name"\r\na,50,40,1\r\n"b, wide",60.5,,2\r\n\r\nc,70,60.25,\r\n';
  it("reads fractions from per cent, and skips and counts models with an empty cell", () => {
    expect(parseTestbedCsv(text, columns)).toEqual({
      models: [
        { model: "a", id: { accuracy: 0.5 }, ood: { accuracy: 0.4 } },
        { model: "c", id: { accuracy: 0.7 }, ood: { accuracy: 0.6025 } },
      ],
      missing: ["b, wide"],
      unit: "percent",
    });
  });
  it("takes values up to 1 for fractions, or for per cent where told", () => {
    const low = "model,val,v2\na,0.5,0.4\n";
    expect(parseTestbedCsv(low, columns)).toMatchObject({ unit: "fraction", models: [{ id: { accuracy: 0.5 } }] });
    expect(parseTestbedCsv(low, { ...columns, unit: "percent" })).toMatchObject({
      models: [{ id: { accuracy: 0.005 } }],
    });
  });
  it("takes the first column for the name unless told which", () => {
    const swapped = "\uFEFFval,v2,net\n0.5,0.4,x\n";
    expect(parseTestbedCsv(swapped, { ...columns, model: "net" }).models[0]!.model).toBe("x");
    expect(parseTestbedCsv(swapped, columns).models[0]!.model).toBe("0.5");
  });
  it("suggests the nearest column", () => {
    expect(() => parseTestbedCsv(text, { ...columns, ood: "v22" })).toThrow(
      'no column "v22" among 4; did you mean "v2"?',
    );
  });
  it("says the line and column of a cell that is no accuracy", () => {
    expect(() => parseTestbedCsv("m,val,v2\na,50,40\nb,x,50\n", columns)).toThrow('line 3, column "val": got "x"');
    expect(() => parseTestbedCsv("m,val,v2\na,50,400\n", columns)).toThrow('line 2, column "v2": got 400');
    expect(() => parseTestbedCsv("m,val,v2\na,50,40\n", { ...columns, unit: "fraction" })).toThrow("in per cent?");
  });
  it("refuses malformed text", () => {
    expect(() => parseTestbedCsv("", columns)).toThrow("the file is empty");
    expect(() => parseTestbedCsv("m,val,v2\na,50\n", columns)).toThrow(InputError);
    expect(() => parseTestbedCsv('m,val,v2\n"a,50,40\n', columns)).toThrow(InputError);
    expect(() => parseTestbedCsv("m,val,v2,v2\na,1,2,3\n", columns)).toThrow('column "v2" is there twice');
  });
});

describe.skipIf(missing("testbed/imagenet-testbed.csv"))("the ImageNet testbed", () => {
  it("holds models that fall on a steep line from ImageNet to ImageNetV2", () => {
    const text = readFileSync(`${sharedData}/testbed/imagenet-testbed.csv`, "utf8");
    const ood = "imagenetv2-matched-frequency-format-val";
    const { models, missing, unit } = parseTestbedCsv(text, { id: "val", ood, unit: "auto" });
    expect(models.length + missing.length).toBe(338);
    expect(unit).toBe("percent");
    const { r, slope } = fitBaseline(models);
    expect(r).toBeGreaterThan(0.99);
    expect(slope).toBeGreaterThan(0.8);
  });
});
