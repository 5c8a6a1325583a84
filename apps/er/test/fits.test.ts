// The commands that need no adapter, as a user meets them: fits, testbeds, ER and trajectories.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er } from "./support/er.js";
import { type RecordedStep, recordRun } from "./support/recorded-run.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-fits-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function answer(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await er(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
  return stdout;
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await er([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

const table =
  "model,kind,val,v2\na,standard,70,58\nb,standard,60,47\nc,standard,80,70\nd,more_data,75,69\ne,standard,50,40\nf,,20,12\n";
const columns = ["--id", "val", "--ood", "v2"];

describe("bad input gets one line and exit code 2", () => {
  const predictions = (name: string, ood: string, first: number[]) => {
    const path = join(directory, name);
    const labels = writeNpy({ dtype: "uint8", shape: [4], data: Uint8Array.of(0, 1, 2, 3) });
    for (const split of ["original", ood]) {
      mkdirSync(join(path, `${split}_predictions`), { recursive: true });
      writeFileSync(join(path, `${split}_labels.npy`), labels);
      for (const [model, list] of Object.entries({ a: first, b: [0, 1, 0, 0], c: [0, 1, 2, 0] })) {
        writeFileSync(join(path, `${split}_predictions`, `${model}_predictions.json`), JSON.stringify(list));
      }
    }
    return path;
  };
  const rise: RecordedStep[] = [{ step: 0, id: 8500, ood: 1480 }];
  const cases: [string, () => string[], RegExp][] = [
    [
      "columns that are not named",
      () => ["fit", "--testbed", file("t.csv", table)],
      /which columns\? give --id COLUMN and --ood COLUMN/,
    ],
    [
      "an accuracy of 0 without n",
      () => ["fit", "--testbed", file("zero.csv", `${table}g,standard,58,0\n`), ...columns],
      /model "g", ood: an accuracy of exactly 0 has no finite logit; give n/,
    ],
    [
      "a testbed under 3 models",
      () => ["fit", "--testbed", file("few.csv", "m,id,ood\na,0.5,0.4\nb,0.6,0.5\n")],
      /few\.csv: 2 of its 2 models .* needs at least 3/,
    ],
    [
      "a rule that leaves too few models",
      () => [
        "fit",
        "--testbed",
        file("t.csv", table.replaceAll("standard", "lp_adv").replace("lp_adv", "standard")),
        ...columns,
      ],
      /t\.csv: 1 of its 6 models .* enter the fit by "standard"/,
    ],
    [
      "the standard rule without kinds",
      () => ["fit", "--testbed", "cifar10.1-v4", "--models", "standard"],
      /have no kinds, which "standard" goes by/,
    ],
    [
      "a rule that is none",
      () => ["fit", "--testbed", "cifar10.1-v4", "--models", "standrd"],
      /"standrd" is none of standard, low-accuracy, all, and as a file: standrd: cannot be read/,
    ],
    [
      "an unknown name in a list of models",
      () => ["fit", "--testbed", "cifar10.1-v4", "--models", file("names.txt", "vgg16_keras\nwrn_28_1\n")],
      /no model "wrn_28_1"; did you mean "wrn_28_10"\?/,
    ],
    [
      "an unknown scale",
      () => ["fit", "--testbed", "cifar10.1-v4", "--scale", "logti"],
      /no scale is named "logti"; did you mean "logit"/,
    ],
    [
      "a model given twice",
      () => ["fit", "--testbed", file("twice.csv", `${table}a,standard,58,50\n`), ...columns],
      /line 8: model "a" is given twice, first on line 2/,
    ],
    [
      "one column in per cent and one in fractions",
      () => ["fit", "--testbed", file("units.csv", "m,id,ood\na,50,0.4\nb,60,0.5\nc,70,0.6\n")],
      /column "id" has values above 1, which looks like per cent, column "ood" has none/,
    ],
    [
      "per cent where fractions were said",
      () => ["fit", "--testbed", file("t.csv", table), ...columns, "--unit", "fraction"],
      /line 2, column "val": got 70; expected a fraction from 0 to 1; are the values in per cent\?/,
    ],
    [
      "predictions and labels of unequal lengths",
      () => ["fit", "--testbed", predictions("uneven", "v4", [0, 1, 2])],
      /a_predictions\.json: 3 predictions for the 4 labels of the split "original"; expected one a label/,
    ],
    [
      "all of one ID accuracy",
      () => ["fit", "--testbed", file("same.csv", "m,id,ood\na,0.5,0.4\nb,0.5,0.5\nc,0.5,0.6\n")],
      /all 3 models have ID accuracy 0\.5/,
    ],
    [
      "kinds for what is no CSV",
      () => ["fit", "--testbed", "objectnet", "--types", "x.csv"],
      /--types x\.csv: only the models of a CSV/,
    ],
    [
      "a CSV of kinds with another header",
      () => ["fit", "--testbed", file("t.csv", table), ...columns, "--types", file("kinds.csv", "name,typ\na,b\n")],
      /kinds\.csv: no column "model" among 2/,
    ],
    [
      "labels of a split that is not in use",
      () => ["fit", "--testbed", predictions("labelled", "v4", [0, 1, 2, 3]), "--labels", "v6=x.npy"],
      /--labels v6=…: the split "v6" is not in use; those in use are original, v4/,
    ],
    [
      "labels for a table",
      () => ["fit", "--testbed", "objectnet", "--labels", "val=x.npy"],
      /--labels val=…: only a directory of predictions takes labels; objectnet is none/,
    ],
    [
      "labels of another split for answers example by example",
      () => [
        ...["dominance", "--testbed", predictions("labelled", "v4", [0, 1, 2, 3])],
        ...["--split", "v4", "--labels", "original=x.npy"],
      ],
      /--labels original=…: the split "original" is not in use; the one in use is v4/,
    ],
    [
      "a figure of a form that there is none of",
      () => ["fit", "--testbed", "objectnet", "--figure", join(directory, "x.pdf")],
      /x\.pdf: a figure is drawn as \.svg, \.png, \.csv; end its name in one of them/,
    ],
    [
      "a theme that is none",
      () => ["fit", "--testbed", "objectnet", "--theme", "blue"],
      /--theme blue: expected light or dark/,
    ],
    [
      "a figure of two OOD splits",
      () => {
        const both = predictions("both", "v4", [0, 1, 2, 3]);
        predictions("both", "v6", [0, 1, 2, 3]);
        const run = recordRun(join(directory, "both-run"), rise, { from: both }, ["v4", "v6"], {
          id: "original",
        });
        return ["trajectory", run, "--figure", join(directory, "x.svg")];
      },
      /--figure .*x\.svg: is of one OOD split; choose it with --split out of v4, v6/,
    ],
    [
      "neither accuracies nor models",
      () => ["robustness", "--testbed", "cifar10.1-v6"],
      /with --id and --ood, or models of the testbed/,
    ],
    [
      "accuracies and a model",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--model", "nas", "--id", "0.9", "--ood", "0.8"],
      /with --id and --ood, or models of the testbed/,
    ],
    [
      "an unknown model",
      () => ["robustness", "--testbed", "objectnet", "--model", "resnet-50"],
      /no model "resnet-50" with both evaluations; did you mean "resnet50"/,
    ],
    [
      "an accuracy of 1 without n",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "1", "--ood", "0.8"],
      /an accuracy of exactly 1 has no finite logit; give n/,
    ],
    [
      "the testbed's convention without n",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--ood", "0.8", "--interval", "testbed"],
      /testbedRobustness, id: the testbed's convention needs n, .*as correct\/n/,
    ],
    [
      "an unknown interval",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--ood", "0.8", "--interval", "boot"],
      /no interval is named "boot"/,
    ],
    [
      "a level that is none",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--ood", "0.8", "--level", "95"],
      /got level 95; expected a confidence between 0 and 1/,
    ],
    [
      "a level that prints as 100 %",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--ood", "0.8", "--level", "0.9999999999999999"],
      /expected a confidence from 0\.001 to 0\.99999/,
    ],
    [
      "a level of almost nothing",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--ood", "0.8", "--level", "1e-300"],
      /got level 1e-300; expected a confidence from 0\.001/,
    ],
    [
      "blanks for an accuracy",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", " ", "--ood", "0.8"],
      /--id {2}: expected a fraction/,
    ],
    [
      "a hexadecimal accuracy",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0x1", "--ood", "0.8", "--scale", "linear"],
      /--id 0x1: expected a fraction/,
    ],
    [
      "an option given twice",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--id", "0.8", "--ood", "0.8"],
      /--id: given twice, 0\.9 and 0\.8; give it once/,
    ],
    [
      "more draws than can be waited for",
      () => [
        ...["robustness", "--testbed", "cifar10.1-v6", "--id", "9/10", "--ood", "8/10"],
        ...["--interval", "bootstrap", "--replicates", "1000000000"],
      ],
      /got 1000000000 replicates; expected a whole number of at least 100 and at most 1000000/,
    ],
    [
      "a seed below 0",
      () => [
        ...["robustness", "--testbed", "cifar10.1-v6", "--id", "9/10", "--ood", "8/10"],
        ...["--interval", "bootstrap", "--seed", "-1"],
      ],
      /--seed -1: expected a whole number from 0 to 4294967294/,
    ],
    [
      "draws for the interval that draws nothing",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id", "0.9", "--ood", "0.8", "--replicates", "500"],
      /--replicates 500: the analytic interval draws nothing/,
    ],
    [
      "numbers of examples beyond what is counted",
      () => ["fit", "--testbed", file("t.csv", table), ...columns, "--n-id", "1e308"],
      /--n-id 1e308: expected a whole number of 1 or more, in digits/,
    ],
    [
      "numbers of examples for what has its own",
      () => ["fit", "--testbed", "cifar10.1-v6", "--n-ood", "2000"],
      /--n-ood: only of a CSV; cifar10\.1-v6 is none/,
    ],
    [
      "a unit for what has its own",
      () => ["fit", "--testbed", predictions("unit", "v4", [0, 1, 2, 3]), "--unit", "percent"],
      /--unit: only of a CSV/,
    ],
    [
      "a column for a built-in testbed",
      () => ["robustness", "--testbed", "cifar10.1-v6", "--id-column", "vall", "--id", "0.9", "--ood", "0.8"],
      /--id-column vall: the built-in cifar10\.1-v6 is of .*; leave it out/,
    ],
    [
      "columns where the options of accuracies are called so",
      () => ["robustness", "--testbed", file("t.csv", table), "--id", "0.9", "--ood", "0.8"],
      /which columns\? give --id-column COLUMN and --ood-column COLUMN, out of model, kind, val, v2/,
    ],
    [
      "one column as both",
      () => ["fit", "--testbed", file("t.csv", table), "--id", "val", "--ood", "val"],
      /"val" is given as both ID and OOD/,
    ],
    [
      "an import to what is no CSV",
      () => ["testbed", "import", "objectnet", "--out", join(directory, "x")],
      /expected a name that ends in \.csv/,
    ],
    [
      "an import to a PDF",
      () => ["testbed", "import", "objectnet", "--out", join(directory, "x.pdf")],
      /x\.pdf.*expected a name that ends in \.csv/,
    ],
    [
      "scores of difficulty to a PDF",
      () => ["difficulty", "estimate", "--preset", "demo", "--out", join(directory, "x.pdf")],
      /x\.pdf.*\.npz/,
    ],
    [
      "weights converted to a PDF",
      () => ["weights", "convert", file("w.safetensors", "\u0008\0\0\0\0\0\0\0{}      "), join(directory, "x.pdf")],
      /x\.pdf.*\.safetensors/,
    ],
    [
      "__proto__ as a path",
      () => ["train", "--preset", "demo", "--set", "__proto__.seed=1", "--out", join(directory, "never")],
      /--set __proto__\.seed=1: "__proto__" is no key of a configuration/,
    ],
    [
      "a split's name of 245 letters",
      () => ["train", "--preset", "demo", "--set", `data.ood.${"a".repeat(245)}=procedural:shifted`],
      /"a{245}" is no name for it; expected a name of at most 100 characters/,
    ],
    [
      "a rate of 1e308",
      () => ["train", "--preset", "demo", "--set", "train.learningRate=1e308"],
      /"train\.learningRate": a number that f32 holds, of 3e38 or less/,
    ],
    [
      "a key that is there twice",
      () => ["train", file("twice.json", '{"data": {"ood": {"a": "x", "b": ["\\"}"], "a": "y"}}}')],
      /twice\.json: "a" is there twice in one object/,
    ],
    ["a directory without a run", () => ["trajectory", directory], /no run; config\.json is missing/],
    [
      "a run without a testbed",
      () => ["trajectory", recordRun(join(directory, "bare"), rise)],
      /bare: the run has no testbed, hence no baseline; give one with --testbed/,
    ],
    [
      "a run without evaluations",
      () => ["trajectory", recordRun(join(directory, "early"), [], { from: "cifar10.1-v6" })],
      /early: no evaluations in metrics\.jsonl yet/,
    ],
    [
      "a built-in testbed for two OOD splits",
      () => [
        "trajectory",
        recordRun(join(directory, "two"), rise, undefined, ["v4", "v6"]),
        "--testbed",
        "cifar10.1-v6",
      ],
      /cifar10\.1-v6: a testbed for one OOD split; say for which with --split, one of v4, v6/,
    ],
    [
      "runs of other splits",
      () => [
        "compare",
        recordRun(join(directory, "one"), rise, { from: "cifar10.1-v6" }),
        recordRun(join(directory, "other"), rise, { from: "cifar10.1-v6" }, ["v4"]),
      ],
      /other: has the splits cifar10, v4, where .*one has cifar10, v6; give runs of one setting/,
    ],
    [
      "runs of other baselines",
      () => [
        "compare",
        recordRun(join(directory, "one"), rise, { from: "cifar10.1-v6" }),
        recordRun(join(directory, "line"), rise, { from: "cifar10.1-v4" }),
      ],
      /line: its baseline on v6 is another than that of .*one; measure both against one with --testbed/,
    ],
  ];
  for (const [what, args, message] of cases)
    it(what, async () => {
      const { code, stdout, stderr } = await er(args());
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    });
});

describe("er fit", () => {
  it("says which models entered the fit and why others did not", async () => {
    const text = await answer("fit", "--testbed", file("t.csv", table), ...columns);
    expect(text.replaceAll("\n", " ")).toContain(
      "3 models enter the fit (standard); left out: 1 of kind more_data, 1 below 55 % on the ID split, 1 of no kind",
    );
    expect(text).toMatch(/^logit\(OOD\) = .* · logit\(ID\)\nn = 3 models, r = .*, p = .*\n/);
    const low = await json<{ n: number; choice: string }>(
      "fit",
      "--testbed",
      file("t.csv", table),
      ...columns,
      "--models",
      "low-accuracy",
    );
    expect(low).toMatchObject({ n: 5, choice: "low-accuracy" });
  });
  it("takes kinds from a file of their own", async () => {
    const bare = file("bare.csv", "model,val,v2\na,70,58\nb,60,47\nc,80,70\nd,75,69\n");
    const kinds = file("kinds.csv", "model,type\na,standard\nb,standard\nc,standard\nd,more_data\n");
    expect(await json("fit", "--testbed", bare, ...columns)).toMatchObject({ n: 4, choice: "all" });
    expect(await json("fit", "--testbed", bare, ...columns, "--types", kinds)).toMatchObject({
      n: 3,
      choice: "standard",
    });
  });
  it("reads a table that is called otherwise than .csv", async () => {
    for (const name of ["t.CSV", "t.tsv", "a, b#1 %20.csv", "table"])
      expect(await json("fit", "--testbed", file(name, table), ...columns)).toMatchObject({ n: 3 });
  });
  it("says aloud what it corrected for continuity", async () => {
    const zero = file("zero.csv", "model,id,ood,n_id,n_ood\na,0.5,0,100,50\nb,0.6,0.4,100,50\nc,1,0.6,100,50\n");
    const text = await answer("fit", "--testbed", zero);
    expect(text).toContain("continuity correction: the OOD accuracy of a is 0 % of 50, taken as 0.98 %");
    expect(text).toContain("continuity correction: the ID accuracy of c is 100 % of 100, taken as 99.505 %");
    expect(await answer("fit", "--testbed", zero, "--scale", "linear")).not.toContain("continuity");
  });
});

describe("er robustness", () => {
  const model = ["--testbed", "cifar10.1-v6", "--id", "9500/10000", "--ood", "1800/2000"];
  it.each(["analytic", "bootstrap", "testbed"])("has an interval by %s", async (method) => {
    const result = await json<{ er: number; low: number; high: number; z: number }>(
      "robustness",
      ...model,
      "--interval",
      method,
    );
    expect(result).toMatchObject({ testbedModels: 30, choice: "all", leftOut: [], extrapolated: false });
    expect(result.low).toBeLessThan(result.er);
    expect(result.er).toBeLessThan(result.high);
    expect(await answer("robustness", ...model, "--interval", method)).toContain(
      "30 models enter the fit (all); left out: none",
    );
  });
  it("is the same for the same seed", async () => {
    const once = await json("robustness", ...model, "--interval", "bootstrap", "--seed", "5");
    expect(await json("robustness", ...model, "--interval", "bootstrap", "--seed", "5")).toEqual(once);
  });
  it("says what stood in for an accuracy of 1", async () => {
    const text = await answer("robustness", "--testbed", "cifar10.1-v6", "--id", "9500/10000", "--ood", "20/20");
    expect(text.replaceAll("\n", " ")).toContain(
      "the OOD accuracy is exactly 0 or 1; (correct + 1/2) / (n + 1) stands in for it",
    );
  });
  it("leaves a model out of the fit for its own ER", async () => {
    const names = file("names.csv", "model,note\nnas,x\n");
    const { models } = await json<{ models: { robustness: { testbedModels: number } }[] }>(
      ...["robustness", "--testbed", "cifar10.1-v6", "--model", "wrn_28_10", "--models-of", names],
    );
    expect(models).toMatchObject([
      { model: "wrn_28_10", inFit: true, robustness: { testbedModels: 29 } },
      { model: "nas", inFit: true, robustness: { testbedModels: 29 } },
    ]);
  });
});

describe("er testbed", () => {
  it("list names the built-in testbeds", async () => {
    const listed = await json<{ name: string; inFit: number }[]>("testbed", "list");
    expect(listed.map(({ name, inFit }) => [name, inFit])).toEqual([
      ["cifar10.1-v4", 30],
      ["cifar10.1-v6", 30],
      ["imagenetv2-matched-frequency", 85],
      ["objectnet", 85],
      ["imagenet-r", 80],
    ]);
    expect(await answer("testbed", "list")).toContain("arXiv:2007.00644");
  });
  it("show has a line a model, by falling ID accuracy", async () => {
    const text = await answer("testbed", "show", "objectnet");
    expect(text.split("\n").filter((line) => / standard .*\*†?$/.test(line))).toHaveLength(85);
    expect(text).toMatch(/^model .*\nefficientnet-l2-noisystudent/);
  });
  it("import writes a CSV whose fit is that of what was imported", async () => {
    for (const [source, ...options] of [["objectnet"], ["cifar10.1-v4"], [file("t.csv", table), ...columns]]) {
      const out = join(directory, "imported.csv");
      await answer("testbed", "import", source!, ...options, "--out", out);
      expect(readFileSync(out, "utf8")).toMatch(/^model,kind,id,ood,n_id,n_ood,val\n/);
      const [own, imported] = await Promise.all([
        json<{ slope: number; leftOut: { reason: string }[] }>("fit", "--testbed", source!, ...options),
        json<{ slope: number }>("fit", "--testbed", out),
      ]);
      const { leftOut, ...line } = own;
      expect(imported).toMatchObject(line);
    }
  });
});

describe("er trajectory and er compare", () => {
  const path = (ood: number[]): RecordedStep[] =>
    [8300, 8800, 9200, 9500].map((id, i) => ({ step: 10 * i, id, ood: ood[i]! }));
  let runs: string[];
  beforeAll(() => {
    const testbed = { from: "cifar10.1-v6", ood: "v6" };
    runs = [
      recordRun(join(directory, "seed0"), path([1480, 1690, 1720, 1763]), testbed),
      recordRun(join(directory, "seed1"), path([1470, 1685, 1710, 1760]), testbed),
    ];
  });
  interface Split {
    ood: string;
    mean: { peak: { step: number; significant: boolean }; steps: { runs: number }[] };
    runs: { run: string; peak: { step: number }; end: { vanished: boolean } }[];
    matched: { accId: number; difference: { value: number } }[];
  }
  it("shows mean, peak and end of the runs, against their own testbed", async () => {
    const [split] = await json<Split[]>("trajectory", ...runs);
    expect(split).toMatchObject({ ood: "v6", mean: { peak: { step: 10, of: 4 } } });
    expect(split!.mean.steps.map(({ runs }) => runs)).toEqual([2, 2, 2, 2]);
    expect(split!.runs).toMatchObject([
      { run: runs[0], peak: { step: 10, significant: true }, end: { step: 30, vanished: true } },
      { run: runs[1], peak: { step: 10 }, end: { step: 30, vanished: true } },
    ]);
    const text = await answer("trajectory", ...runs);
    expect(text).toMatch(/^v6 against cifar10\nstep +ID, % +ER +95 % interval +runs +SE +runs drawn again\n/);
    expect(text).toContain("30 models enter the fit (all); left out: none");
  });
  it("says in each line what the accuracies have to be read with", async () => {
    const run = recordRun(join(directory, "noted"), path([1480, 1690, 1720, 1763]), {
      from: "cifar10.1-v6",
      ood: "v6",
    });
    const file = join(run, "metrics.jsonl");
    const note = "3 of the model's 10 classes are absent, predicted among all";
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('"v6":{', `"v6":{"note":${JSON.stringify(note)},`));
    const text = (await answer("trajectory", run)).replaceAll("\n", " ");
    for (const line of ["peak", "end"]) expect(text).toMatch(new RegExp(`${line} [^:]*points.*; mind: "v6": ${note}`));
  });
  it("counts what is extrapolated against a testbed that is given, and says of what else it is in every such line", async () => {
    const args = ["trajectory", runs[0]!, "--testbed", "imagenetv2-matched-frequency"];
    const refused = await er(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^er: imagenetv2-matched-frequency: is for imagenetv2-\S+, and the run's OOD split is called "v6"; if it is that, say so with testbed\.ood \(--split\)/,
    );
    const text = (await answer(...args, "--split", "v6")).replaceAll("\n", " ");
    for (const line of ["peak", "end"]) {
      expect(text).toMatch(
        new RegExp(
          `${line} [^:]*points.*; mind: "v6" is measured against a testbed of imagenetv2-.*; mind: "cifar10" stands for the testbed's ID split val; mind: the testbed imagenetv2-matched-frequency is of 50000 examples of val, the run's cifar10 has 10000`,
        ),
      );
    }
    expect(text).toContain(
      "warning: at 3 of 4 evaluations the ID accuracy lies outside the testbed's 56.52 to 84.73 %",
    );
    expect(text).toContain("85 models enter the fit (standard)");
  });
  it("compares two runs at ID accuracies that are given, or that both climb through", async () => {
    const [given] = await json<Split[]>("compare", ...runs, "--at", "0.9");
    expect(given!.matched).toMatchObject([{ accId: 0.9, extrapolated: false }]);
    expect(given!.matched[0]!.difference.value).toBeGreaterThan(0);
    expect(given!.matched[0]!.difference.value).toBeLessThan(0.005);
    const [own] = await json<Split[]>("compare", ...runs);
    expect(own!.matched).toHaveLength(5);
    expect(await answer("compare", ...runs)).toMatch(/^v6 against cifar10; A: /);
  });
});

describe("the baseline of a run's own configuration", () => {
  const path: RecordedStep[] = [{ step: 0, id: 3000, ood: 500 }];
  it("is fitted on the models and on the scale that it names, unless told otherwise", async () => {
    const testbed = { from: "imagenet-r", models: "low-accuracy", scale: "probit" };
    const run = recordRun(join(directory, "chosen"), path, testbed, ["imagenet-r"]);
    const fitted = async (...options: string[]) => {
      const [split] = await json<[{ choice: string; baseline: { scale: string; n: number } }]>(
        ...["trajectory", run, ...options],
      );
      return [split.choice, split.baseline.scale, split.baseline.n];
    };
    expect(await fitted()).toEqual(["low-accuracy", "probit", 190]);
    expect(await fitted("--models", "all", "--scale", "logit")).toEqual(["all", "logit", 329]);
    const names = ["resnet18", "resnet50", "vgg16", "alexnet"];
    const listed = recordRun(join(directory, "listed"), path, { from: "imagenet-r", models: names }, ["imagenet-r"]);
    expect(await json("trajectory", listed)).toMatchObject([{ choice: "listed", baseline: { models: { length: 4 } } }]);
  });
});

describe("--figure", () => {
  const drawn = async (name: string, ...args: string[]) => {
    const path = join(directory, name);
    const { code, stdout, stderr } = await er([...args, "--figure", path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${path} holds the figure\n` });
    expect(stdout).not.toBe("");
    return readFileSync(path);
  };
  const path: RecordedStep[] = [8300, 8800, 9200].map((id, i) => ({ step: 10 * i, id, ood: 1480 + 90 * i }));
  const runs = () =>
    ["first", "second"].map((name, seed) =>
      recordRun(join(directory, name), path, { from: "cifar10.1-v6" }, ["v6"], { seed }),
    );

  it("draws a testbed's line", async () => {
    const svg = String(await drawn("fit.svg", "fit", "--testbed", "objectnet"));
    for (const label of ["in the fit (85)", "left out of the fit (250)"]) expect(svg).toContain(`>${label}</text>`);
    expect(String(await drawn("dark.svg", "fit", "--testbed", "objectnet", "--theme", "dark"))).not.toBe(svg);
  });
  it("draws models with their ER, or the one whose accuracies are given", async () => {
    const clip = ["robustness", "--testbed", "objectnet", "--model", "vit_b_32_clip_zeroshot"];
    expect(String(await drawn("clip.svg", ...clip))).toContain(">vit_b_32_clip_zeroshot +18.1</text>");
    const csv = String(await drawn("own.csv", "robustness", "--testbed", "objectnet", "--id", "0.8", "--ood", "0.5"));
    expect(csv).toMatch(/\nmarked,the model given,0\.8,0\.5,0\.36/);
  });
  it("draws ER along a run by step, and of two by ID accuracy", async () => {
    const png = await drawn("trajectory.png", "trajectory", ...runs());
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const svg = String(await drawn("compare.svg", "compare", ...runs()));
    expect(svg).toContain("Effective robustness on v6 against cifar10 accuracy");
    for (const name of ["first", "second"]) expect(svg).toContain(`>${name}</text>`);
  });
  it("draws into several files at once", async () => {
    const files = ["both.svg", "both.csv"].map((name) => join(directory, name));
    const { code } = await er(["fit", "--testbed", "cifar10.1-v6", ...files.flatMap((file) => ["--figure", file])]);
    expect(code).toBe(0);
    expect(files.map((file) => readFileSync(file, "utf8").slice(0, 4))).toEqual(["<svg", "kind"]);
  });
});

describe("a bootstrap on a directory of predictions", () => {
  const testbed = () => {
    const path = join(directory, "bootstrapped");
    const labels = writeNpy({ dtype: "uint8", shape: [200], data: new Uint8Array(200) });
    for (const [split, harder] of [
      ["original", 0],
      ["v4", 30],
    ] as const) {
      mkdirSync(join(path, `${split}_predictions`), { recursive: true });
      writeFileSync(join(path, `${split}_labels.npy`), labels);
      for (let m = 0; m < 12; m++) {
        // The same examples are hard for all, as they are for models that were trained alike.
        const answers = Array.from({ length: 200 }, (_, i) => (i + 3 * (m % 2) < 100 + 8 * m - harder ? 0 : 1));
        writeFileSync(join(path, `${split}_predictions`, `m${m}_predictions.json`), JSON.stringify(answers));
      }
    }
    return path;
  };
  const bootstrap = ["--interval", "bootstrap", "--replicates", "300"];
  interface Result {
    robustness: { er: number; low: number; high: number; paired: boolean };
  }
  it("is paired for the directory's own models, and narrower than by counts", async () => {
    const command = ["robustness", "--testbed", testbed(), "--model", "m5", ...bootstrap];
    const out = join(directory, "counts.csv");
    await answer("testbed", "import", testbed(), "--out", out);
    const { stdout, stderr } = await er(command);
    expect(stderr).toBe("paired bootstrap 0/1 m5\n");
    expect(stdout.replaceAll("\n", " ")).toContain("paired bootstrap: the directory has every model's predictions");
    const paired = (JSON.parse((await er([...command, "--json"])).stdout) as { models: Result[] }).models[0]!;
    const counted = await json<{ models: Result[] }>("robustness", "--testbed", out, "--model", "m5", ...bootstrap);
    const unpaired = counted.models[0]!.robustness;
    expect([paired.robustness.paired, unpaired.paired]).toEqual([true, false]);
    expect(paired.robustness.er).toBe(unpaired.er);
    expect(paired.robustness.high - paired.robustness.low).toBeLessThan(unpaired.high - unpaired.low);
  });
  it("is of counts for a model that has no predictions there, and says so", async () => {
    const own = ["--id", "150/200", "--ood", "120/200"];
    const text = await answer("robustness", "--testbed", testbed(), ...own, ...bootstrap);
    expect(text.replaceAll("\n", " ")).toContain("not paired: of this model no predictions are given");
  });
});

describe("a testbed of 1,000 models", () => {
  it("is fitted, shown with every model left out in turn, and drawn again", async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => {
      const id = 0.3 + (0.6 * i) / 1000;
      return `m${i},${id.toFixed(5)},${(id - 0.1 + 0.01 * Math.sin(i)).toFixed(5)},10000,10000`;
    });
    const large = file("large.csv", `model,id,ood,n_id,n_ood\n${rows.join("\n")}\n`);
    expect(await json("fit", "--testbed", large)).toMatchObject({ n: 1000 });
    const { models } = await json<{ models: unknown[] }>("testbed", "show", large);
    expect(models).toHaveLength(1000);
    const drawn = ["--id", "8000/10000", "--ood", "7500/10000", "--interval", "bootstrap"];
    expect(await json("robustness", "--testbed", large, ...drawn)).toMatchObject({
      testbedModels: 1000,
      replicates: 2000,
    });
  });
});
