// `er dominance`, `er unsolved` and `er difficulty` on files made here, and on the published CIFAR-10.1 predictions.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DTypeArrays, writeNpy } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleLevel, golden } from "../../../packages/metrics/test/golden.js";
import { missing, sharedData } from "../../../packages/metrics/test/shared-data.js";
import { er } from "./support/er.js";

let directory: string;
const at = (name: string) => join(directory, name);
const npy = (name: string, values: number[]) =>
  writeFileSync(at(name), writeNpy({ dtype: "uint16", shape: [values.length], data: Uint16Array.from(values) }));

/** Ten examples of classes 0 to 4, twice each. */
const truth = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4];
/** Right where the text has a 1; wrong answers are class 9. */
const answers = (right: string) => truth.map((label, i) => (right[i] === "1" ? label : 9));

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-examples-"));
  npy("labels.npy", truth);
  npy("a.npy", answers("1111100000"));
  npy("b.npy", answers("0111111000"));
  npy("short.npy", [1, 2]);
  writeFileSync(at("list.json"), JSON.stringify(answers("0000000011")));
  mkdirSync(at("testbed/shifted_predictions"), { recursive: true });
  for (const [model, right] of Object.entries({ a: "1111100000", b: "0111111000", c: "0000000001" })) {
    writeFileSync(at(`testbed/shifted_predictions/${model}_predictions.json`), JSON.stringify(answers(right)));
  }
  npy("testbed/shifted_labels.npy", truth);
  mkdirSync(at("empty"));
  mkdirSync(at("bare/val_predictions"), { recursive: true });
});
afterAll(() => rmSync(directory, { recursive: true }));

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await er([...args, "--json"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe("er dominance", () => {
  it("of two files is the share that each gets right and the other wrong", async () => {
    const result = await json("dominance", at("a.npy"), at("b.npy"), "--labels", at("labels.npy"));
    expect(result).toMatchObject({
      n: 10,
      dominance: { first_over_second: { count: 1, share: 0.1 }, second_over_first: { count: 2, share: 0.2 } },
      both_right: { count: 4, share: 0.4 },
      both_wrong: 3,
      agreement: { count: 7 },
    });
    expect(result.both_right.share_if_independent).toBeCloseTo(0.3, 14);
    // o = 0.7, e = 0.5 · 0.6 + 0.5 · 0.4.
    expect(result.kappa.value).toBeCloseTo(0.4, 14);
  });

  it("of a testbed is the matrix, in JSON and as CSV", async () => {
    const csv = at("matrix.csv");
    const { code, stdout } = await er([
      "dominance",
      "--testbed",
      at("testbed"),
      "--split",
      "shifted",
      "--csv",
      csv,
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      split: "shifted",
      models: [
        { model: "a", correct: 5 },
        { model: "b", correct: 6 },
        { model: "c", correct: 1 },
      ],
      counts: [
        [0, 1, 5],
        [2, 0, 6],
        [1, 1, 0],
      ],
      largest: [{ lower: "a", higher: "b", count: 1 }, { count: 1 }, { count: 1 }],
    });
    expect(readFileSync(csv, "utf8")).toBe("model,a,b,c\na,0,0.1,0.5\nb,0.2,0,0.6\nc,0.1,0.1,0\n");
  });

  it("takes files of predictions beside a testbed's models", async () => {
    const { models, counts } = await json(
      "dominance",
      at("list.json"),
      "--testbed",
      at("testbed"),
      "--split",
      "shifted",
    );
    expect(models.at(-1)).toEqual({ model: at("list.json"), correct: 2, accuracy: 0.2 });
    expect(counts[3]).toEqual([2, 2, 1, 0]);
  });

  it("fits people's output into 100 columns", async () => {
    for (const args of [
      ["--testbed", at("testbed"), "--split", "shifted"],
      [at("a.npy"), at("b.npy"), "--labels", at("labels.npy")],
    ]) {
      const { stdout } = await er(["dominance", ...args]);
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });
});

describe("er unsolved", () => {
  it("counts and lists what no model solves, and what a further one does", async () => {
    const csv = at("examples.csv");
    const { stdout } = await er([
      ...["unsolved", at("list.json"), "--testbed", at("testbed"), "--split", "shifted"],
      ...["--examples", csv, "--json"],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      n: 10,
      testbed_models: 3,
      unsolved: { count: 2, indices: [7, 8] },
      models: [{ accuracy: { count: 2 }, solved: { count: 1, n: 2, share: 0.5 }, solved_indices: [8] }],
    });
    expect(readFileSync(csv, "utf8")).toBe(`index,label,${at("list.json")},testbed\n7,2,9,9:3\n8,3,3,9:3\n`);
  });
  it("has no share of nothing", async () => {
    writeFileSync(at("testbed/shifted_predictions/all_predictions.json"), JSON.stringify(truth));
    const result = await json("unsolved", at("a.npy"), "--testbed", at("testbed"), "--split", "shifted");
    expect(result).toMatchObject({ unsolved: { count: 0 }, models: [{ solved: null }] });
    rmSync(at("testbed/shifted_predictions/all_predictions.json"));
  });
});

describe("er difficulty", () => {
  const array = (name: string, shape: number[], values: number[]) =>
    writeFileSync(
      at(name),
      writeNpy({ dtype: "float64", shape, data: Float64Array.from(values) as DTypeArrays["float64"] }),
    );
  const scored = (...args: string[]) =>
    json("difficulty", at("a.npy"), "--labels", at("labels.npy"), "--bins", "2", ...args);
  const counts = (result: { models: { bins: { count: number }[] }[] }) =>
    result.models[0]!.bins.map(({ count }) => count);

  it("takes a C-score's direction unless told otherwise", async () => {
    array("scores.npy", [10], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const high = await scored("--scores", at("scores.npy"));
    expect(counts(high)).toEqual([5, 0]);
    expect(high.bins).toEqual([
      { lowest: 5, highest: 9, n: 5 },
      { lowest: 0, highest: 4, n: 5 },
    ]);
    expect(counts(await scored("--scores", at("scores.npy"), "--easy", "low"))).toEqual([0, 5]);
  });
  it("takes 1 − p(true class) of probabilities", async () => {
    const sure = truth.flatMap((label, i) => [0, 1, 2, 3, 4].map((each) => (each === label ? 0.95 - i / 20 : 0)));
    array("probabilities.npy", [10, 5], sure);
    expect(counts(await scored("--scores", at("probabilities.npy")))).toEqual([5, 0]);
  });
  it("takes a column of a table, and leaves out examples without a score", async () => {
    writeFileSync(at("scores.csv"), `name,c\n${truth.map((_, i) => `x${i},${i === 9 ? "" : i}`).join("\n")}\n`);
    const result = await scored("--scores", at("scores.csv"), "--key", "c", "--easy", "low");
    expect(result).toMatchObject({ unscored: 1, bins: [{ n: 5 }, { n: 4 }] });
    expect(counts(result)).toEqual([5, 0]);
  });
});

describe("er classes", () => {
  it("gives each class its accuracy, and balanced accuracy and macro-F1 over them", async () => {
    const result = await json("classes", at("b.npy"), "--labels", at("labels.npy"));
    // 0 and 1 are right at one of two and at two of two; class 9 is only ever predicted.
    expect(result.classes.map(({ count, n }: { count: number; n: number }) => [count, n])).toEqual([
      [1, 2],
      [2, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(result).toMatchObject({ n: 10, correct: 6, accuracy: 0.6, predicted_among: "all" });
    expect(result.balanced_accuracy).toBeCloseTo(0.6, 14);
    expect(result.macro_f1).toBeCloseTo((1 + 4 * (2 / 3)) / 6, 14);
  });
  it("of some classes takes their examples alone, and of logits predicts among them alone", async () => {
    const only = await json("classes", at("b.npy"), "--labels", at("labels.npy"), "--only", "0,1");
    expect(only).toMatchObject({ n: 4, correct: 3, predicted_among: "all" });
    // Class 9 is preferred everywhere, after it the true class.
    const values = truth.flatMap((label) => Array.from({ length: 10 }, (_, i) => (i === 9 ? 3 : i === label ? 2 : 0)));
    writeFileSync(at("logits.npy"), writeNpy({ dtype: "float32", shape: [10, 10], data: Float32Array.from(values) }));
    const logits = ["--logits", at("logits.npy"), "--labels", at("labels.npy")];
    expect(await json("classes", ...logits)).toMatchObject({ correct: 0, top5: { count: 10 } });
    expect(await json("classes", ...logits, "--only", "0,1")).toMatchObject({
      n: 4,
      correct: 4,
      predicted_among: [0, 1],
    });
  });
});

describe("er churn", () => {
  beforeAll(() => {
    mkdirSync(at("run/predictions/narrow"), { recursive: true });
    for (const [step, right] of [
      [0, "0000000000"],
      [2, "1100000000"],
      [10, "0110000000"],
    ] as const)
      npy(`run/predictions/narrow/${step}.npy`, answers(right));
  });
  it("counts changes between evaluations in the order of steps, and what was learned and forgotten", async () => {
    const csv = at("churn.csv");
    const { stdout } = await er([
      ...["churn", at("run"), "--split", "narrow", "--labels", at("labels.npy")],
      ...["--examples", csv, "--json"],
    ]);
    expect(JSON.parse(stdout)).toEqual({
      split: "narrow",
      n: 10,
      steps: [
        { from: 0, to: 2, changed: 2, became_right: 2, became_wrong: 0 },
        { from: 2, to: 10, changed: 2, became_right: 1, became_wrong: 1 },
      ],
      never_learned: 7,
      unforgettable: 2,
      forgotten: 1,
      forgetting_events: 1,
    });
    expect(readFileSync(csv, "utf8").split("\n").slice(0, 5)).toEqual([
      "index,label,learned_at_step,forgotten",
      "0,0,2,1",
      "1,1,2,0",
      "2,2,10,0",
      "3,3,,0",
    ]);
  });
});

describe("what does not fit together is told in one line", () => {
  const shifted = () => ["--testbed", at("testbed"), "--split", "shifted"];
  const labels = () => ["--labels", at("labels.npy")];
  const refused: [string, () => string[], RegExp][] = [
    [
      "predictions of another length",
      () => ["dominance", at("a.npy"), at("short.npy"), ...labels()],
      /short\.npy: 2 predictions for the 10 labels/,
    ],
    [
      "the same beside a testbed",
      () => ["unsolved", at("short.npy"), ...shifted()],
      /short\.npy: 2 predictions for the 10 labels of split shifted/,
    ],
    [
      "an unknown split",
      () => ["dominance", "--testbed", at("testbed"), "--split", "shiftde"],
      /no split "shiftde"; did you mean "shifted"\?/,
    ],
    [
      "a directory without predictions",
      () => ["unsolved", "--testbed", at("empty")],
      /empty: no predictions; a testbed's directory holds/,
    ],
    [
      "a split without models",
      () => ["unsolved", "--testbed", at("bare"), "--split", "val"],
      /bare: no models in val_predictions/,
    ],
    [
      "a testbed that is no directory",
      () => ["dominance", "--testbed", "cifar10.1-v4"],
      /cifar10\.1-v4: no directory; .* takes a DIR of predictions/,
    ],
    ["one model", () => ["dominance", at("a.npy"), ...labels()], /1 models; dominance is of one over another/],
    ["no labels", () => ["dominance", at("a.npy"), at("b.npy")], /which labels are the predictions to be held to\?/],
    [
      "a split without a testbed",
      () => ["dominance", at("a.npy"), at("b.npy"), ...labels(), "--split", "v6"],
      /--split v6: is of a testbed/,
    ],
    [
      "a number that is no class",
      () => {
        writeFileSync(
          at("negative.npy"),
          writeNpy({ dtype: "int8", shape: [10], data: Int8Array.of(0, 1, -1, 0, 0, 0, 0, 0, 0, 0) }),
        );
        return ["dominance", at("a.npy"), at("negative.npy"), ...labels()];
      },
      /negative\.npy: -1 for example 2; expected a class from 0 to 65535/,
    ],
    [
      "an array that is no list of classes",
      () => {
        writeFileSync(at("float.npy"), writeNpy({ dtype: "float32", shape: [10], data: new Float32Array(10) }));
        return ["dominance", at("a.npy"), at("float.npy"), ...labels()];
      },
      /float\.npy: float32 \[10\]; expected a class an example/,
    ],
    [
      "scores of another length",
      () => {
        writeFileSync(at("two.npy"), writeNpy({ dtype: "float32", shape: [2], data: new Float32Array(2) }));
        return ["difficulty", at("a.npy"), ...labels(), "--scores", at("two.npy")];
      },
      /two\.npy: 2 scores for 10 labels/,
    ],
    [
      "probabilities of fewer classes than labels",
      () => {
        writeFileSync(at("three.npy"), writeNpy({ dtype: "float32", shape: [10, 3], data: new Float32Array(30) }));
        return ["difficulty", at("a.npy"), ...labels(), "--scores", at("three.npy")];
      },
      /label 3 of example 3 is outside 0 to 2/,
    ],
    [
      "an unknown column",
      () => {
        writeFileSync(at("columns.csv"), "score\n1\n");
        return ["difficulty", at("a.npy"), ...labels(), "--scores", at("columns.csv"), "--key", "scores"];
      },
      /columns\.csv: no column "scores"; did you mean "score"\?/,
    ],
    [
      "an empty list of classes",
      () => ["classes", at("a.npy"), ...labels(), "--only", ""],
      /--only "": expected class numbers/,
    ],
    [
      "a class without examples",
      () => ["classes", at("a.npy"), ...labels(), "--only", "0,7"],
      /none of the 10 examples is of class 7/,
    ],
    [
      "predictions and logits at once",
      () => ["classes", at("a.npy"), "--logits", at("a.npy"), ...labels()],
      /one of the two/,
    ],
    [
      "logits of another shape",
      () => {
        writeFileSync(at("rows.npy"), writeNpy({ dtype: "float32", shape: [4, 5], data: new Float32Array(20) }));
        return ["classes", "--logits", at("rows.npy"), ...labels()];
      },
      /rows\.npy: logits \[4, 5\] for 10 labels/,
    ],
    [
      "logits of fewer classes than labels",
      () => {
        writeFileSync(at("few.npy"), writeNpy({ dtype: "float32", shape: [10, 3], data: new Float32Array(30) }));
        return ["classes", "--logits", at("few.npy"), ...labels()];
      },
      /few\.npy: logits \[10, 3\], and label 3 of example 3/,
    ],
    [
      "an array that is no logits",
      () => ["classes", "--logits", at("a.npy"), ...labels()],
      /a\.npy: uint16 \[10\]; expected logits, floats \[n, classes\]/,
    ],
    [
      "a directory that is no run",
      () => ["churn", at("empty"), "--split", "narrow", ...labels()],
      /empty: no predictions of a run/,
    ],
    [
      "a split that the run has not",
      () => ["churn", at("run"), "--split", "narow", ...labels()],
      /no split "narow"; did you mean "narrow"\?/,
    ],
    [
      "labels of another split",
      () => ["churn", at("run"), "--split", "narrow", "--labels", at("short.npy")],
      /2 labels for the 10 predictions of narrow/,
    ],
    [
      "more bins than examples",
      () => ["difficulty", at("a.npy"), ...labels(), "--scores", at("labels.npy"), "--bins", "11"],
      /got 11 bins for 10 scored examples/,
    ],
  ];
  for (const [what, args, message] of refused)
    it(what, async () => {
      const { code, stderr } = await er(args());
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(code).toBe(2);
    });
});

describe.skipIf(missing("testbed/cifar10"))("on the published CIFAR-10.1 predictions", () => {
  const { models, published, classLines, byDifficulty } = golden<ExampleLevel>("example_level");
  const testbed = join(sharedData, "testbed", "cifar10");
  const original = join(sharedData, "cifar10-test-labels.npy");
  const splits = ["original", "v4", "v6"] as const;
  const source = (split: (typeof splits)[number]) => [
    ...["--testbed", testbed, "--split", split],
    ...(split === "original" ? ["--labels", `original=${original}`] : []),
  ];
  const file = (split: string, model: string) => join(testbed, `${split}_predictions`, `${model}_predictions.json`);

  it.each(splits)("er dominance is NumPy's matrix on %s", async (split) => {
    const result = await json("dominance", ...source(split));
    expect(result.models.map(({ model }: { model: string }) => model)).toEqual(models);
    expect(result).toMatchObject({ n: published[split].n, counts: published[split].dominance });
  });
  it.each(splits)("er unsolved lists NumPy's examples on %s", async (split) => {
    const { unsolved, models } = await json("unsolved", file(split, "shake_drop"), ...source(split));
    expect(unsolved.indices).toEqual(published[split].unsolved);
    expect(models[0].solved.count).toBe(0);
  });
  it("er dominance of two has statsmodels' kappa and interval", async () => {
    for (const { first, second, kappa, low, high } of published.v6.kappas) {
      const pair = [first, second].map((i) => file("v6", models[i]!));
      const found = (await json("dominance", ...pair, "--labels", join(testbed, "cifar10.1_v6_labels.npy"))).kappa;
      expect(found.value).toBeCloseTo(kappa, 12);
      expect(found.ci95[0]).toBeCloseTo(low, 9);
      expect(found.ci95[1]).toBeCloseTo(high, 9);
    }
  });
  it("er classes robustness fits SciPy's line a class, and refuses classes of too few examples", async () => {
    const model = ["--id", file("original", "nas"), "--ood", file("v6", "nas")];
    const bed = ["--testbed", testbed, "--labels", `original=${original}`, "--ood-split", "v6"];
    const { classes } = await json("classes", "robustness", ...bed, ...model);
    expect(classes).toHaveLength(10);
    for (const { id, ood, line, er, predicted } of classes) {
      expect([id.n, ood.n, line.n]).toEqual([1000, 200, 30]);
      expect(er).toBeCloseTo(ood.accuracy - predicted, 12);
    }
    classLines.forEach(({ slope, intercept, r }, i) => {
      const { line } = classes[i];
      expect(line.corrections).toBe(0);
      expect(line.slope).toBeCloseTo(slope, 9);
      expect(line.intercept).toBeCloseTo(intercept, 9);
      expect(line.r).toBeCloseTo(r, 9);
    });
    const sum = classes.reduce((total: number, { ood }: { ood: { correct: number } }) => total + ood.correct, 0);
    expect(sum).toBe(1784);
    const few = await json("classes", "robustness", ...bed, ...model, "--least", "201");
    expect(few.classes[3]).toEqual({
      class: 3,
      refused: "class 3: 200 examples in the OOD split; expected at least 201",
    });
  });
  it("er difficulty is NumPy's accuracy by the cross-validated doubt", async () => {
    const { model, bins, correct } = byDifficulty;
    const scores = join(sharedData, "cifar10-test-difficulty-pyx.npy");
    const args = [file("original", model), "--labels", original, "--scores", scores, "--bins", String(bins)];
    const result = await json("difficulty", ...args);
    expect(result.models[0].bins.map(({ count }: { count: number }) => count)).toEqual(correct);
  });
});
