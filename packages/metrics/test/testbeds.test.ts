import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  defaultRule,
  describeNamedTestbed,
  fitBaseline,
  InputError,
  type ModelChoice,
  namedTestbed,
  parseKindsCsv,
  parseModelList,
  parseTestbedCsv,
  selectModels,
  TESTBED_NAMES,
  type TestbedModel,
  testbedCsv,
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
  const standard = (name: string) => selectModels(namedTestbed(name), "standard", describeNamedTestbed(name));
  it.each([
    ["imagenetv2-matched-frequency", 335, 85],
    ["objectnet", 335, 85],
    ["imagenet-r", 329, 80],
  ])("%s has %d models with both evaluations, %d of them standard, and counts all 338", (name, models, inFit) => {
    expect(namedTestbed(name)).toHaveLength(models);
    expect(models + describeNamedTestbed(name).missing.length).toBe(338);
    const { models: kept, leftOut } = standard(name);
    expect(kept).toHaveLength(inFit);
    expect(leftOut.reduce((sum, { models }) => sum + models.length, inFit)).toBe(338);
  });
  it("with classes of their own keep the accuracy on all of ImageNet for the floor", () => {
    const [first] = namedTestbed("objectnet");
    expect(first).toMatchObject({ id: { n: 6250 }, ood: { n: 18514 }, floorSplit: { n: 50000 } });
    expect(describeNamedTestbed("objectnet").floorSplit).toBe("val");
    expect(namedTestbed("imagenetv2-matched-frequency")[0]).not.toHaveProperty("floorSplit");
  });
  it("suggest the nearest name", () => {
    expect(() => namedTestbed("cifar10.1v6")).toThrow('did you mean "cifar10.1-v6"?');
    expect(() => namedTestbed("toString")).toThrow(InputError);
    expect(TESTBED_NAMES).toHaveLength(5);
  });
});

describe("selectModels", () => {
  const of = (model: string, kind?: string, accuracy = 0.7): TestbedModel => ({
    model,
    id: { accuracy },
    ood: { accuracy: 0.5 },
    ...(kind !== undefined && { kind }),
  });
  const models = [
    of("a", "standard"),
    of("a_aws", "standard"),
    of("low", "standard", 0.5499),
    of("at the floor", "standard", 0.55),
    of("more", "more_data"),
    of("early", undefined, 0.2),
    of("cnn", "low_accuracy_cnn", 0.3),
    of("cnn_subsample", "low_accuracy_cnn", 0.3),
  ];
  const kept = (choice: ModelChoice) => selectModels(models, choice).models.map(({ model }) => model);
  it("standard: by kind, by name and with a floor, and says how many it left out for what, the commonest reason first", () => {
    const { choice, leftOut } = selectModels(models, "standard", { missing: ["gone"] });
    expect(kept("standard")).toEqual(["a", "at the floor"]);
    expect(choice).toBe("standard");
    expect(leftOut).toEqual([
      { reason: "of kind low_accuracy_cnn", models: ["cnn", "cnn_subsample"] },
      { reason: "without an evaluation", models: ["gone"] },
      { reason: "by name (aws, batch64 or subsample)", models: ["a_aws"] },
      { reason: "below 55 % on the ID split", models: ["low"] },
      { reason: "of kind more_data", models: ["more"] },
      { reason: "of no kind", models: ["early"] },
    ]);
  });
  it("standard: the floor is on the split that is given for it", () => {
    const twice = [
      { ...of("a", "standard", 0.3), floorSplit: { accuracy: 0.6 } },
      { ...of("b", "standard"), floorSplit: { accuracy: 0.5 } },
      of("c", "standard"),
    ];
    const { models, leftOut } = selectModels(twice, "standard", { floorSplit: "val" });
    expect(models.map(({ model }) => model)).toEqual(["a"]);
    expect(leftOut).toEqual([
      { reason: "below 55 % on val", models: ["b"] },
      { reason: "without an evaluation on val", models: ["c"] },
    ]);
  });
  it("low-accuracy: without the floor, and with early CNNs and those of no kind", () => {
    expect(kept("low-accuracy")).toEqual(["a", "low", "at the floor", "early", "cnn"]);
  });
  it("all, or those listed", () => {
    expect(kept("all")).toHaveLength(8);
    expect(kept({ names: ["more", "a"] })).toEqual(["a", "more"]);
  });
  it("is standard by default where any kind is known, and cannot be where none is", () => {
    expect(defaultRule(models)).toBe("standard");
    expect(defaultRule([of("early")])).toBe("all");
    expect(() => selectModels([of("early")], "standard")).toThrow('have no kinds, which "standard" goes by');
  });
  it("names the nearest of a model that is not there, and refuses one listed twice", () => {
    expect(() => kept({ names: ["a_awz"] })).toThrow('no model "a_awz"; did you mean "a_aws"?');
    expect(() => kept({ names: ["a", "a"] })).toThrow('model "a" is listed twice');
    expect(selectModels(models, { names: ["gone", "a"] }, { missing: ["gone"] }).models).toHaveLength(1);
  });
  it("reads a list of names, a line each or as a column", () => {
    expect(parseModelList("\uFEFFa\r\n\r\n b \n")).toEqual(["a", "b"]);
    expect(parseModelList('kind,model\nx,"a, wide"\ny,b\n')).toEqual(["a, wide", "b"]);
    expect(() => parseModelList("\n")).toThrow("list of models: none in it");
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
    expect(() => parseTestbedCsv(swapped, columns)).toThrow('the first column, "val", holds numbers');
    expect(parseTestbedCsv("net,val,v2\nx,0.5,0.4\n", columns).models[0]!.model).toBe("x");
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
  it("reads kinds, numbers of examples and the floor where they are there, or as they are given", () => {
    const own = "model,kind,id,ood,n_id,n_ood,val\na,standard,0.5,0.25,10,4,0.75\nb,,0.6,0.5,,,\n";
    const [a, b] = parseTestbedCsv(own, { id: "id", ood: "ood", unit: "auto" }).models;
    expect(a).toEqual({
      model: "a",
      kind: "standard",
      id: { accuracy: 0.5, n: 10 },
      ood: { accuracy: 0.25, n: 4 },
      floorSplit: { accuracy: 0.75 },
    });
    expect(b).toEqual({ model: "b", id: { accuracy: 0.6 }, ood: { accuracy: 0.5 } });
    const kinds = parseKindsCsv("type,model\nmore_data,a\n");
    const given = parseTestbedCsv(own, { id: "id", ood: "ood", unit: "auto", kinds, nId: 100, nOod: 20 }).models[0];
    expect(given).toMatchObject({ kind: "more_data", id: { n: 100 }, ood: { n: 20 } });
    expect(() => parseTestbedCsv(own.replace(",10,", ",1.5,"), { id: "id", ood: "ood", unit: "auto" })).toThrow(
      'line 2, column "n_id": got "1.5"; expected a whole number of examples',
    );
  });
  it("is read back from what testbedCsv writes, to the last bit", () => {
    const models = [
      { model: 'odd, "name"', id: { accuracy: 1 / 3, n: 3 }, ood: { accuracy: 0.1 + 0.2 }, kind: "standard" },
      { model: "b", id: { accuracy: 0.5 }, ood: { accuracy: 0.4, n: 10 }, floorSplit: { accuracy: 2 / 3 } },
    ];
    expect(parseTestbedCsv(testbedCsv(models), { id: "id", ood: "ood", unit: "fraction" }).models).toEqual(models);
  });
  it("refuses one column in per cent beside one in fractions, and a model given twice", () => {
    expect(() => parseTestbedCsv("m,val,v2\na,50,0.4\nb,60,0.5\n", columns)).toThrow(
      'column "val" has values above 1, which looks like per cent, column "v2" has none',
    );
    expect(() => parseTestbedCsv("m,val,v2\na,50,40\nb,60,50\na,51,41\n", columns)).toThrow(
      'line 4: model "a" is given twice, first on line 2',
    );
  });
  it("refuses malformed text", () => {
    expect(() => parseTestbedCsv("", columns)).toThrow("the file is empty");
    expect(() => parseTestbedCsv("m,val,v2\na,50\n", columns)).toThrow(InputError);
    expect(() => parseTestbedCsv('m,val,v2\n"a,50,40\n', columns)).toThrow(InputError);
    expect(() => parseTestbedCsv("m,val,v2,v2\na,1,2,3\n", columns)).toThrow('column "v2" is there twice');
  });
});

describe.skipIf(missing("testbed/imagenet-testbed.csv"))("the ImageNet testbed", () => {
  it.each(TESTBED_NAMES.filter((name) => !name.startsWith("cifar")))(
    "is %s where it is built in, count by count",
    (name) => {
      const text = readFileSync(`${sharedData}/testbed/imagenet-testbed.csv`, "utf8");
      const kinds = parseKindsCsv(readFileSync(`${sharedData}/testbed/imagenet-model-types.csv`, "utf8"));
      const { id, ood, missing } = describeNamedTestbed(name);
      const read = parseTestbedCsv(text, { id: id.split, ood: ood.split, unit: "percent", kinds });
      const builtIn = namedTestbed(name);
      expect(read.missing).toEqual(missing);
      expect(builtIn.map(({ model, kind }) => [model, kind])).toEqual(
        read.models.map(({ model, kind }) => [model, kind]),
      );
      for (const [i, { id, ood, floorSplit }] of builtIn.entries()) {
        const published = read.models[i]!;
        // A count is half an example at most from the next; what is published went through float32 twice.
        const float32 = 2 * 2 ** -24;
        expect(Math.abs(id.accuracy - published.id.accuracy)).toBeLessThan(float32);
        expect(Math.abs(ood.accuracy - published.ood.accuracy)).toBeLessThan(float32);
        if (floorSplit !== undefined) {
          expect(Math.abs(floorSplit.accuracy - published.floorSplit!.accuracy)).toBeLessThan(float32);
        }
      }
    },
  );
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
