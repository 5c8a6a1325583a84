// What a checkpoint holds beside weights: the evaluations that exist, however many.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ParameterArena, Runtime } from "@er/engine";
import { readSafetensors, writeSafetensors } from "@er/formats";
import { afterAll, beforeAll, expect, it } from "vitest";
import { restoreCheckpoint, savedCheckpoint, writeCheckpoint } from "../src/checkpoint.js";
import { parseConfig } from "../src/index.js";
import { loadSets } from "../src/load-sets.js";
import { newModel } from "../src/new-model.js";
import { OpenRecord } from "../src/open-record.js";
import { type Evaluation, evaluationLines } from "../src/record.js";
import { RUN } from "../src/run-kind.js";
import { Trainer } from "../src/trainer.js";

const FILE = "checkpoints/latest.safetensors";
const config = parseConfig(
  {
    model: { name: "resnet8", width: 2 },
    data: {
      train: "procedural:narrow?n=16&size=8#train",
      id: { name: "narrow", spec: "procedural:narrow?n=8&size=8#test" },
      ood: { shifted: "procedural:shifted?n=8&size=8#test" },
    },
    train: { steps: 4, batch: 8 },
  },
  "test",
);

let runtime: Runtime;
let root: string;
let record: OpenRecord;
let arena: ParameterArena;
let trainer: Trainer;
beforeAll(async () => {
  runtime = await Runtime.open();
  root = mkdtempSync(join(tmpdir(), "er-checkpoint-"));
  record = await OpenRecord.lock(join(root, "run"), RUN, { command: "test", onTakeOver: () => undefined });
  await record.begin();
  const sets = await loadSets(config, {});
  const model = newModel(config, sets.train);
  arena = new ParameterArena(model.module, 0);
  trainer = await Trainer.create(runtime, model, arena, sets.train, config.train, config.normalization, 0);
});
afterAll(async () => {
  await record.close();
  runtime.close();
  rmSync(root, { recursive: true });
});

const evaluation = (step: number): Evaluation => ({
  ...{ step, epoch: step / 3, learningRate: 0.1, trainLoss: 2.3 + step / 7, trainAccuracy: 0.1 },
  splits: { narrow: { n: 8, correct: 1, accuracy: 0.125 }, shifted: { n: 8, correct: 2, accuracy: 0.25 } },
  er: { shifted: { er: 0.01, low: -0.1234567890123, high: 0.1234567890123, predicted: 0.2, extrapolated: false } },
});
const cursor = { phase: "train", step: 4 } as const;

it("keeps more evaluations than the header of its file would hold", async () => {
  const evaluations = Array.from({ length: 80_000 }, (_, i) => evaluation(i));
  expect(evaluationLines(evaluations).length).toBeGreaterThan(1 << 24);
  expect(await writeCheckpoint(record, FILE, { runtime, arena, trainer }, { cursor, settings: "s", evaluations })).toBe(
    true,
  );
  const saved = await savedCheckpoint(record, FILE, ["s"]);
  expect(saved?.evaluations).toEqual(evaluations);
  await restoreCheckpoint(runtime, arena, trainer, saved!);
});

it("is read too where an older program put the evaluations into its metadata", async () => {
  const evaluations = [evaluation(0), evaluation(2)];
  await writeCheckpoint(record, FILE, { runtime, arena, trainer }, { cursor, settings: "s", evaluations });
  const { tensors, metadata } = readSafetensors(readFileSync(record.path(FILE)));
  const { "er.evaluations": lines, ...others } = Object.fromEntries(tensors);
  const text = new TextDecoder().decode(lines!.data as Uint8Array);
  const old = writeSafetensors(new Map(Object.entries(others)), { ...metadata, "er.evaluations": text });
  await record.write(FILE, old);
  const saved = await savedCheckpoint(record, FILE, ["s"]);
  expect(saved?.evaluations).toEqual(evaluations);
  await restoreCheckpoint(runtime, arena, trainer, saved!);
});
