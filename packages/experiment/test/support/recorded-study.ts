// Runs and a testbed as er train and er testbed build leave them, made up: no adapter, and every evaluation when it is wanted.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadImageSet } from "@er/data";
import { writeNpy, writeSafetensors } from "@er/formats";
import { logistic, logit } from "@er/metrics";

const SPLITS = { narrow: "procedural:narrow?n=400&size=8#test", shifted: "procedural:shifted?n=400&size=8#test" };
type Split = keyof typeof SPLITS;
const MODELS = [0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85];

/** Steps of an evaluated run. */
export const STEPS = [0, 1, 3, 10, 30, 100];

const sets = {
  narrow: await loadImageSet(SPLITS.narrow),
  shifted: await loadImageSet(SPLITS.shifted),
};

function write(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

/** Marsaglia's xorshift: the same numbers from 0 to 1 from the same seed. */
function random(seed: number): () => number {
  let state = seed * 2654435761 + 88172645;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Predictions of which about a share is right. */
function predictions(split: Split, share: number, seed: number): Uint16Array {
  const draw = random(seed);
  const { labels, classNames } = sets[split];
  return Uint16Array.from(labels, (label) => (draw() < share ? label : Math.floor(draw() * classNames.length)));
}

/** The line of the testbed. */
const shiftedOf = (narrow: number) => logistic(0.9 * logit(narrow) - 0.7);

/** Writes a testbed of seven models on one line. */
export function recordTestbed(directory: string): string {
  for (const split of ["narrow", "shifted"] as const) {
    const labels = { dtype: "uint16", shape: [400], data: Uint16Array.from(sets[split].labels) } as const;
    write(join(directory, `${split}_labels.npy`), writeNpy(labels));
    for (const [i, narrow] of MODELS.entries()) {
      const answers = predictions(split, split === "narrow" ? narrow : shiftedOf(narrow), 1000 + 2 * i);
      const file = join(directory, `${split}_predictions`, `resnet8-width${4 + i}-step120_predictions.json`);
      write(file, JSON.stringify([...answers]));
    }
  }
  const models = MODELS.map((_, i) => `resnet8-width${4 + i}-step120`);
  const described = models.map((model) => ({
    ...{ model, width: 4, seed: 0, step: 120, adapter: "none", trainLoss: 1, splits: {} },
  }));
  write(
    join(directory, "testbed.json"),
    JSON.stringify({ finished: true, id: "narrow", config: {}, models: described }),
  );
  return directory;
}

export interface BegunRun {
  readonly seed: number;
  readonly testbed?: string;
  /** channels of the first stage; runs of another make another group */
  readonly width?: number;
}

/** Writes what a run has that has begun: manifest.json and config.json. */
export function beginRun(directory: string, { seed, testbed, width = 4 }: BegunRun): string {
  const sum = (spec: string, n: number) => ({ spec, n, sha256: "0" });
  const train = "procedural:narrow?n=640&size=8#train";
  const pretrain = "procedural:broad?n=640&size=8#train";
  const splits = Object.fromEntries(Object.entries(SPLITS).map(([name, spec]) => [name, sum(spec, 400)]));
  write(
    join(directory, "manifest.json"),
    JSON.stringify({
      command: `er train --seed ${seed} --out ${directory}`,
      adapter: { driver: "none" },
      data: { train: sum(train, 640), pretrain: sum(pretrain, 640), splits },
    }),
  );
  write(
    join(directory, "config.json"),
    JSON.stringify({
      seed,
      model: { name: "resnet8", width },
      data: { train, id: { name: "narrow", spec: SPLITS.narrow }, ood: { shifted: SPLITS.shifted } },
      pretrain: { data: pretrain, train: { epochs: 4 } },
      train: { steps: 100 },
      ...(testbed !== undefined && { testbed: { from: testbed } }),
    }),
  );
  return directory;
}

/** Adds a line to training.jsonl. */
export function reportTraining(directory: string, phase: "pretrain" | "train", step: number, loss: number): void {
  const line = { phase, step, time: 0, loss, learningRate: 0.1, imagesPerSecond: 100 };
  appendFileSync(join(directory, "training.jsonl"), `${JSON.stringify(line)}\n`);
}

/** Adds an evaluation of a run above the line: its predictions and its line of metrics.jsonl. */
export function evaluateRun(directory: string, seed: number, step: number): void {
  const progress = Math.log10(step + 1) / 2;
  const narrow = 0.3 + 0.5 * progress;
  const shares = { narrow, shifted: shiftedOf(narrow) + 0.2 * progress * (1.2 - progress) };
  const splits: Record<string, object> = {};
  for (const split of ["narrow", "shifted"] as const) {
    const answers = predictions(split, shares[split], 10_000 * seed + 10 * step + (split === "narrow" ? 1 : 2));
    const correct = answers.filter((answer, i) => answer === sets[split].labels[i]).length;
    const array = { dtype: "uint16", shape: [400], data: answers } as const;
    write(join(directory, "predictions", split, `${step}.npy`), writeNpy(array));
    splits[split] = { n: 400, correct, accuracy: correct / 400 };
  }
  const evaluation = {
    ...{ step, epoch: step / 10, learningRate: 0.1 * (1 - progress), splits, er: {} },
    ...{ trainLoss: step === 0 ? null : 2 - progress, trainAccuracy: null },
  };
  appendFileSync(join(directory, "metrics.jsonl"), `${JSON.stringify(evaluation)}\n`);
}

/** Writes the weights that a finished run has, which name the classes. */
export function finishRun(directory: string): void {
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1] };
  const { classNames } = sets.narrow;
  const model = JSON.stringify({ model: "resnet8", classNames, normalization });
  write(join(directory, "checkpoints", "final.safetensors"), writeSafetensors(new Map(), { "er.model": model }));
}

/** A finished run with all of its evaluations. */
export function recordFinishedRun(directory: string, run: BegunRun): string {
  beginRun(directory, run);
  for (const step of STEPS) evaluateRun(directory, run.seed, step);
  finishRun(directory);
  return directory;
}
