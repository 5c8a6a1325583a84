// What stays of the log when a run goes on.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Evaluation } from "../src/index.js";
import type { OpenRecord } from "../src/open-record.js";
import { eventsOf } from "../src/tensorboard.js";
import { cutReports, type TrainingReport } from "../src/training-log.js";
import { openTestRecord } from "./support/test-record.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "er-log-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const report = (phase: TrainingReport["phase"], step: number): TrainingReport => ({
  phase,
  step,
  time: step + (phase === "train" ? 100 : 0),
  loss: 2,
  learningRate: 0.1,
  imagesPerSecond: 5,
});
const reports = [report("pretrain", 8), report("pretrain", 16), report("train", 1), report("train", 8)];

describe("training.jsonl", () => {
  const write = (end = "") =>
    writeFileSync(join(directory, "training.jsonl"), reports.map((line) => `${JSON.stringify(line)}\n`).join("") + end);
  const cut = (cursor: Parameters<typeof cutReports>[1]) => cutReports(record, cursor);
  let record: OpenRecord;
  beforeEach(async () => {
    record = await openTestRecord(directory);
  });

  it("keeps what the checkpoint holds, in the file too", async () => {
    write();
    expect(await cut({ phase: "train", step: 1 })).toEqual({ reports: reports.slice(0, 3), lost: undefined });
    expect(await cut({ phase: "pretrain", step: 8 })).toEqual({ reports: reports.slice(0, 1), lost: undefined });
    expect(await cut(undefined)).toEqual({ reports: [], lost: undefined });
    expect(readFileSync(join(directory, "training.jsonl"), "utf8")).toBe("");
  });
  it("drops a last line that was cut short", async () => {
    write('{"phase":"train","st');
    expect(await cut({ phase: "train", step: 8 })).toEqual({ reports, lost: undefined });
  });
  it("says what of it is lost, and is no reason not to go on", async () => {
    write("{}\nnot JSON\n");
    expect(await cut({ phase: "train", step: 8 })).toEqual({
      reports,
      lost: expect.stringMatching(/training\.jsonl: 2 lines were no reports and are left out/),
    });
    write();
    expect((await cut({ phase: "train", step: 16 })).lost).toMatch(
      /up to step 16 are not all there \(the last is of step 8\)/,
    );
    rmSync(join(directory, "training.jsonl"));
    expect((await cut({ phase: "train", step: 8 })).lost).toMatch(/the last is of step 0/);
  });
});

describe("the events for TensorBoard", () => {
  it("come step by step, an evaluation after the report of its step and at its time", () => {
    const evaluation = (step: number): Evaluation => ({
      step,
      epoch: 0,
      learningRate: 0.1,
      trainLoss: 2,
      trainAccuracy: step === 0 ? null : 0.5,
      splits: { val: { n: 4, correct: 1, accuracy: 0.25 } },
      er: { v2: { er: 0.01, low: -0.01, high: 0.03, predicted: 0.2, extrapolated: false } },
    });
    const events = eventsOf(reports, [evaluation(0), evaluation(8)], 0);
    expect(events.map(({ step, wallTime, scalars }) => [Object.keys(scalars)[0], step, wallTime])).toEqual([
      ["pretrain/loss", 8, 8],
      ["pretrain/loss", 16, 16],
      ["accuracy/val", 0, 16],
      ["train/loss", 1, 101],
      ["train/loss", 8, 108],
      ["train/accuracy", 8, 108],
    ]);
    expect(events[5]!.scalars).toEqual({
      "train/accuracy": 0.5,
      "accuracy/val": 0.25,
      "effective_robustness/v2": 0.01,
      "effective_robustness_low/v2": -0.01,
      "effective_robustness_high/v2": 0.03,
    });
  });
});
