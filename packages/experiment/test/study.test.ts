// Recorded runs put together for a report: groups, names, baselines, and what is found example by example.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadImageSet } from "@er/data";
import { writeNpy, writeSafetensors } from "@er/formats";
import { answer } from "@er/report";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadStudy, recordedTrajectories, writeReportTo } from "../src/index.js";

const ID = "procedural:narrow?n=40&size=8#test";
const OOD = "procedural:shifted?n=40&size=8#test";
const STEPS = [0, 10, 20];

let directory: string;
let labels: { id: Int32Array; ood: Int32Array };
let classNames: readonly string[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-study-"));
  const [id, ood] = await Promise.all([loadImageSet(ID), loadImageSet(OOD)]);
  labels = { id: id.labels, ood: ood.labels };
  classNames = id.classNames;
  const testbed = join(directory, "testbed");
  for (const [split, truth] of Object.entries({ narrow: labels.id, shifted: labels.ood })) {
    write(join(testbed, `${split}_labels.npy`), npy(truth));
    // Model i has the first ones right, of the shifted split fewer; the last two examples no one has.
    for (const [i, right] of [16, 20, 24, 28, 32].entries()) {
      const count = split === "narrow" ? right : right - 8;
      const file = join(testbed, `${split}_predictions`, `m${i}_predictions.json`);
      write(file, JSON.stringify(firstRight(truth, count)));
    }
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

function write(file: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
}

const npy = (classes: ArrayLike<number>) =>
  writeNpy({ dtype: "uint16", shape: [classes.length], data: Uint16Array.from(classes) });

/** Right for the first so many, wrong for the rest. */
const firstRight = (truth: Int32Array, right: number) =>
  [...truth].map((label, i) => (i < right ? label : (label + 1) % 10));

interface Made {
  seed?: number;
  learningRate?: number;
  testbed?: string | null;
  ood?: string;
  /** Of both splits at each step. */
  right?: readonly (readonly [number, number])[];
}

/** A finished run's record. */
function made(name: string, { seed = 0, learningRate = 0.1, testbed, ood = "shifted", right }: Made = {}): string {
  const run = join(directory, name);
  const from = testbed === undefined ? join(directory, "testbed") : testbed;
  const config = {
    seed,
    model: { name: "resnet8", width: 4 },
    data: { train: ID, id: { name: "narrow", spec: ID }, ood: { [ood]: OOD } },
    train: { steps: 20, batch: 8, learningRate },
    ...(from !== null && { testbed: { from } }),
  };
  write(join(run, "config.json"), JSON.stringify(config));
  const sum = { sha256: "" };
  const data = { train: sum, splits: { narrow: sum, [ood]: sum } };
  write(join(run, "manifest.json"), JSON.stringify({ command: `er train ${name}`, adapter: { driver: "none" }, data }));
  const counts = right ?? [
    [16, 10],
    [24, 30],
    [28, 21],
  ];
  const lines = STEPS.map((step, i) => {
    const [idRight, oodRight] = counts[i]!;
    write(join(run, "predictions/narrow", `${step}.npy`), npy(firstRight(labels.id, idRight)));
    write(join(run, "predictions", ood, `${step}.npy`), npy(firstRight(labels.ood, oodRight)));
    const split = (correct: number) => ({ n: 40, correct, accuracy: correct / 40 });
    const splits = { narrow: split(idRight), [ood]: split(oodRight) };
    return JSON.stringify({ step, epoch: 0, learningRate, trainLoss: null, trainAccuracy: null, splits, er: {} });
  });
  write(join(run, "metrics.jsonl"), `${lines.join("\n")}\n`);
  const weights = { dtype: "float32", shape: [1], data: new Float32Array(1) } as const;
  const metadata = { "er.model": JSON.stringify({ model: "resnet8", width: 4, classNames, normalization: half }) };
  write(join(run, "checkpoints/final.safetensors"), writeSafetensors(new Map([["w", weights]]), metadata));
  return run;
}

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const bare = { examples: false };

describe("runs of a study", () => {
  it("make a group where they differ in the seed alone, and are called by the end of their path", async () => {
    const runs = [made("a/seed1", { seed: 1 }), made("a/seed2", { seed: 2 }), made("b/seed1", { learningRate: 0.01 })];
    const { groups } = await loadStudy(runs, bare);
    expect(groups.map(({ runs }) => runs.map(({ name }) => name))).toEqual([["a/seed1", "a/seed2"], ["b/seed1"]]);
    expect(
      groups.map(({ name }) => name),
      "one setting's name is the other's too",
    ).toEqual(["a/seed1", "b/seed1"]);
  });
  it("are measured against their testbed anew, at every evaluation", async () => {
    const { baseline, groups } = await loadStudy([made("one")], bare);
    expect(baseline.shifted!.models).toHaveLength(5);
    expect(baseline.shifted!.choice).toMatch(/^5 models enter the fit \(all\)/);
    const ers = groups[0]!.runs[0]!.report.evaluations.map(({ er }) => er.shifted!.er);
    expect(ers[1]).toBeGreaterThan(0.2);
    expect(Math.abs(ers[2]!)).toBeLessThan(0.05);
  });
  it("have accuracies alone where they have no testbed", async () => {
    const study = await loadStudy([made("none", { testbed: null })], bare);
    expect(study.baseline).toEqual({});
  });
  it("of other splits are refused, as is a directory that holds no run", async () => {
    const runs = [made("first"), made("other", { ood: "elsewhere", testbed: null })];
    await expect(loadStudy(runs, bare)).rejects.toThrow(/other: has the splits narrow, elsewhere, where .*first has/);
    await expect(loadStudy([directory], bare)).rejects.toThrow(/no run; config\.json is missing/);
  });
  it("are refused where one is given twice, as itself or as a copy, which would count as two", async () => {
    const runs = [made("once"), made("copied")];
    const message =
      /copied: the same run as .*once \(configuration, seed and every evaluation\), which would count twice/;
    await expect(loadStudy(runs, bare)).rejects.toThrow(message);
    await expect(recordedTrajectories(runs)).rejects.toThrow(message);
    await expect(loadStudy([runs[0]!, runs[0]!], bare)).rejects.toThrow(/the same run as/);
  });
  it("without an inventory are said to be held to no checksum, beside the figures", async () => {
    const study = await loadStudy([made("unchecked")], bare);
    expect(answer(study, study.groups[0]!, "shifted")).toMatch(
      /Mind: the run has no record\.jsonl, so nothing of it was held to a checksum\.$/,
    );
  });
});

describe("example by example", () => {
  it("a run is taken at its peak and its end; counts are those of its predictions", async () => {
    const { examples } = await loadStudy([made("examples")], { examples: true });
    const { dominance, unsolved, classes } = examples!.shifted!;
    // The testbed's best has the first 24 of the shifted split right.
    expect(unsolved).toMatchObject({ n: 40, count: 16, testbedModels: 5 });
    expect(unsolved!.models.map(({ model, solved }) => [model, solved])).toEqual([
      ["at the peak, step 10", 6],
      ["at the end, step 20", 0],
    ]);
    expect(unsolved!.shown[0]).toMatchObject({
      index: 24,
      answers: [{ right: true }, { right: false }],
      label: classNames[labels.ood[24]!],
    });
    expect(unsolved!.shown[0]!.image).toMatch(/^data:image\/png;base64,iVBOR/);
    expect(dominance!.models).toEqual(["m4", "m3", "m2", "m1", "m0", "at the peak, step 10", "at the end, step 20"]);
    expect(dominance!.counts[5 * 7 + 0], "right at the peak, wrong for the testbed's best").toBe(6);
    expect(dominance!.counts[0 * 7 + 5]).toBe(0);
    expect(classes!.rows.reduce((sum, { ood }) => sum + ood.count, 0)).toBe(30);
  });
  it("says why it leaves a split out: predictions that are of other examples", async () => {
    const run = made("short");
    write(join(run, "predictions/shifted/10.npy"), npy([1, 2, 3]));
    const warnings: string[] = [];
    const study = await loadStudy([run], {
      examples: true,
      onProgress: (progress) => progress.kind === "warning" && warnings.push(progress.text),
    });
    expect(study.examples).toEqual({});
    expect(warnings.join()).toMatch(
      /shifted: not looked at example by example; .*no 40 predictions of shifted at step 10/,
    );
  });
});

it("a report's figures lie beside it, each as SVG, PNG and CSV", async () => {
  const page = join(directory, "out/page.html");
  const folder = await writeReportTo(page, await loadStudy([made("written")], { examples: true }), {});
  expect(folder).toBe(join(directory, "out/page-figures"));
  for (const name of ["accuracy", "er-by-accuracy", "er-by-step", "dominance"]) {
    for (const end of ["svg", "png", "csv"])
      expect(existsSync(join(folder, `${name}-shifted.${end}`)), name).toBe(true);
  }
  expect(existsSync(page)).toBe(true);
});
