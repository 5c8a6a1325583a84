// What a run keeps where it keeps logits, and that it is otherwise the run that keeps classes alone.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import type { Evaluation } from "@er/experiment";
import { readNpy, toFloat32 } from "@er/formats";
import { classScores, predictAmong, topKRight } from "@er/metrics";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
let config: string;
let classes: string;
let logits: string;
const keep = ["--set", "eval.predictions=logits"];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-logits-"));
  config = join(directory, "config.json");
  // A batch that the sets are no multiple of, so that the last one is filled up.
  writeFileSync(config, JSON.stringify({ ...tiny, pretrain: undefined, evalBatch: 16 }));
  classes = join(directory, "classes");
  logits = join(directory, "logits");
  expect((await er(["train", config, "--out", classes, "--quiet"])).code).toBe(0);
  expect((await er(["train", config, "--out", logits, "--quiet", ...keep])).code).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true }));

const npy = (file: string) => readNpy(readFileSync(file), file);
const evaluations = (run: string) =>
  readFileSync(join(run, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Evaluation);
/** Every kept file of predictions and logits, by its path. */
function kept(run: string): Record<string, string> {
  const files = readdirSync(run, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".npy"))
    .sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(run, name)).toString("base64")]));
}

describe("a run that keeps logits", () => {
  it("writes them as float16, a class a column, for each split and step", () => {
    for (const { step } of evaluations(logits))
      for (const split of ["narrow", "shifted"]) {
        const file = join(logits, "logits", split, `${step}.npy`);
        expect(npy(file)).toMatchObject({ dtype: "float16", shape: [40, 10] });
        expect(readFileSync(file).subarray(0, 128).toString("latin1")).toContain("'descr': '<f2'");
      }
  });

  it("trains and predicts in the very bits of one that keeps classes alone", () => {
    const predictions = Object.entries(kept(logits)).filter(([name]) => name.startsWith("predictions"));
    expect(Object.fromEntries(predictions)).toEqual(kept(classes));
    const weights = (run: string) => readFileSync(join(run, "checkpoints", "final.safetensors"));
    expect(weights(logits).equals(weights(classes))).toBe(true);
  });

  it("predicts the class of largest logit, up to what float16 makes equal", () => {
    const { step } = evaluations(logits).at(-1)!;
    const values = toFloat32(npy(join(logits, "logits", "narrow", `${step}.npy`)));
    const predicted = npy(join(logits, "predictions", "narrow", `${step}.npy`)).data as Uint16Array;
    const largest = predictAmong({ values, classes: 10 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    predicted.forEach((one, i) => {
      expect(values[i * 10 + one]).toBe(values[i * 10 + largest[i]!]);
    });
  });

  it("records top-5 accuracy and macro-F1 beside accuracy, and the other run neither", () => {
    const withLogits = evaluations(logits);
    for (const [at, { splits }] of evaluations(classes).entries())
      for (const [split, result] of Object.entries(splits)) {
        expect(Object.keys(result)).toEqual(["n", "correct", "accuracy"]);
        const { top5, macroF1, ...rest } = withLogits[at]!.splits[split]!;
        expect(rest).toEqual(result);
        expect(top5).toBeGreaterThanOrEqual(result.accuracy);
        expect(macroF1).toBeGreaterThanOrEqual(0);
        expect(macroF1).toBeLessThanOrEqual(1);
      }
  });

  it("killed and resumed ends in the same bytes", async () => {
    const out = join(directory, "killed");
    await er(["train", config, "--out", out, ...keep], {
      signal: "SIGKILL",
      when: { file: join(out, "logits", "shifted", "1.npy") },
    });
    expect(existsSync(join(out, "checkpoints", "final.safetensors"))).toBe(false);
    expect((await er(["train", "--out", out, "--resume", "--quiet"])).code).toBe(0);
    expect(kept(out)).toEqual(kept(logits));
    expect(evaluations(out)).toEqual(evaluations(logits));
  });
});

describe("er eval --logits", () => {
  it("writes the run's own logits, with top-5 accuracy and macro-F1 that follow from them and the labels", async () => {
    const file = join(directory, "logits.npy");
    const predictions = join(directory, "predictions.npy");
    const weights = join(logits, "checkpoints", "final.safetensors");
    const args = ["eval", "--weights", weights, "--data", tiny.data.id.spec, "--batch", "16", "--quiet", "--json"];
    const { code, stdout } = await er([...args, "--logits", file, "--predictions", predictions]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    const { step, splits } = evaluations(logits).at(-1)!;
    expect(readFileSync(file).equals(readFileSync(join(logits, "logits", "narrow", `${step}.npy`)))).toBe(true);
    expect([result.top5, result.macro_f1]).toEqual([splits.narrow!.top5, splits.narrow!.macroF1]);
    const { labels } = await loadImageSet(tiny.data.id.spec);
    expect(result.macro_f1).toBe(classScores(labels, npy(predictions).data as Uint16Array).macroF1);
    expect(result.top5).toBe(topKRight(labels, { values: toFloat32(npy(file)), classes: 10 }, 5).correct / 40);
  });
});
