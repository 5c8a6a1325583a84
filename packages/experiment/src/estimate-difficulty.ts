// How hard each training example is, by the project's own models: trained from scratch without it, how many get it right? An
// empirical C-score at one share of the data (Jiang, Zhang, Talwar and Mozer 2021, "Characterizing Structural Regularities of
// Labeled Data in Overparameterized Models", arXiv:2002.03206, who average over many shares and thousands of models).
import { rmdir } from "node:fs/promises";
import { type ImageSet, imageSubset } from "@er/data";
import { InputError, ParameterArena, type Runtime } from "@er/engine";
import { clearTemporariesOf, writeFile } from "@er/files";
import { exists } from "@er/hub";
import { checkPrecision } from "./check-precision.js";
import { checkBatch } from "./check-run.js";
import { restoreCheckpoint, savedCheckpoint } from "./checkpoint.js";
import type { Config, TrainingConfig } from "./config.js";
import {
  type DifficultyCounts,
  difficultyFile,
  isDifficultyFile,
  readDifficultyFile,
  scoresOf,
  settingsDigest,
} from "./difficulty-file.js";
import { Evaluator } from "./evaluator.js";
import { type HoldOut, type Parts, partsOf } from "./hold-out.js";
import { INVENTORY, type RecordKind } from "./inventory.js";
import { loadSet } from "./load-sets.js";
import { newModel } from "./new-model.js";
import { OpenRecord } from "./open-record.js";
import { type Progress, say, type Watch, warn } from "./progress.js";
import { releaseArena } from "./release.js";
import { Trainer } from "./trainer.js";
import { type Training, trainTo } from "./training.js";
import { scratchTraining } from "./trainings.js";

export interface DifficultyEstimateOptions extends Watch {
  /** Of a run: its model, training set, seed and the training of models from scratch are looked at, nothing else. */
  readonly config: Config;
  /** The .npz that is written after each model. */
  readonly file: string;
  /** How many models; with folds, one a fold. */
  readonly models: number;
  readonly holdOut: HoldOut;
  /** Go on with what the file holds; more models than before are added to it. */
  readonly resume: boolean;
  /** Replace the file. */
  readonly overwrite: boolean;
}

/** Scores by example, and what they rest on. */
export interface DifficultyEstimate extends DifficultyCounts {
  /** Whether every model was trained; otherwise it was stopped. */
  readonly finished: boolean;
  /** [n] share of the models that held an example out and get it right: high for easy; NaN where none held it out. */
  readonly scores: Float64Array;
  /** How many examples no model held out. */
  readonly neverHeldOut: number;
  /** The configuration's key of the training that the models had. */
  readonly training: string;
}

/**
 * Trains models from scratch, each without some of the training set, and scores each example by those that did not see it.
 * A model depends on the seed and its place alone: what was stopped or killed goes on to the same bytes.
 *
 * @throws InputError for a file that is there already and neither resumed nor replaced, or holds anything else; for a
 *   configuration that does not fit its data
 */
export async function estimateDifficulty(
  runtime: Runtime,
  options: DifficultyEstimateOptions,
): Promise<DifficultyEstimate> {
  await refuseTakenFile(options);
  const onTakeOver = (text: string) => warn(options, text);
  const work = workOf(options.file);
  const record = await OpenRecord.lock(work, ESTIMATE, { command: "er difficulty estimate", onTakeOver });
  let estimate: DifficultyEstimate;
  try {
    await clearTemporariesOf(options.file);
    estimate = await estimateIn(record, runtime, options);
    if (estimate.finished) await record.clear();
  } finally {
    await record.close();
  }
  // Nothing but the lock was left in it.
  if (estimate.finished) await rmdir(work).catch(() => undefined);
  return estimate;
}

/** Beside an estimate's file: where its models stand while they are trained. */
const ESTIMATE: RecordKind = {
  format: "er-estimate",
  word: "estimate of difficulty",
  essential: INVENTORY,
  goesOn: true,
};
const workOf = (file: string) => `${file}.work`;

async function refuseTakenFile({ file, resume, overwrite }: DifficultyEstimateOptions): Promise<void> {
  if (resume || !(await exists(file))) return;
  if (!overwrite) {
    throw new InputError(
      `${file}: is there already; give --resume to go on, --overwrite to replace it, or another --out`,
    );
  }
  if (!(await isDifficultyFile(file))) {
    throw new InputError(
      `${file}: no estimate of difficulty, so it is not replaced; move it away, or give another --out`,
    );
  }
}

async function estimateIn(
  record: OpenRecord,
  runtime: Runtime,
  options: DifficultyEstimateOptions,
): Promise<DifficultyEstimate> {
  const { config, file, models, holdOut, resume } = options;
  const { key, training } = scratchTraining(config);
  checkPrecision(runtime, { [key]: training });
  const set = await loadSet(config.data.train, options);
  // Before anything is written.
  checkBatch(key, training, { spec: set.spec, n: partsOf(holdOut, set.n, config.seed, 0).trained.length });
  const { model, normalization, seed } = config;
  const settings = settingsDigest({ model, normalization, seed, training, holdOut, data: set.sha256 });
  const counts = resume ? await readDifficultyFile(file, settings) : noCounts(set.n);
  const write = (now: DifficultyCounts) => writeFile(file, difficultyFile(now, set.labels, settings));
  const going = resume && (await record.inventory()) !== undefined;
  await (going ? record.goOn() : record.begin());
  if (!resume) {
    await write(counts);
  }
  const work = { options, record, set, training, settings: Buffer.from(settings).toString("hex") };
  let done = counts.models;
  while (done < models && options.signal?.aborted !== true) {
    const parts = partsOf(holdOut, set.n, seed, done);
    const checkpoint = `model${done}.safetensors`;
    const right = await heldOutRight(runtime, { ...work, parts, place: done, checkpoint });
    if (right === undefined) {
      break;
    }
    parts.heldOut.forEach((i, at) => {
      counts.heldOut[i]! += 1;
      counts.right[i]! += right[at]!;
    });
    done += 1;
    await write({ ...counts, models: done });
    await record.remove(checkpoint);
    const accuracy = right.reduce((sum, one) => sum + one, 0) / right.length;
    say(options, `model ${done} of ${models}: ${(100 * accuracy).toFixed(1)} % of ${right.length} held out right`);
  }
  const neverHeldOut = counts.heldOut.reduce((count, times) => count + (times === 0 ? 1 : 0), 0);
  const now = { ...counts, models: done };
  return { ...now, finished: done >= models, scores: scoresOf(now), neverHeldOut, training: key };
}

function noCounts(n: number): DifficultyCounts {
  return { models: 0, heldOut: new Uint16Array(n), right: new Uint16Array(n) };
}

interface ModelWork {
  readonly options: DifficultyEstimateOptions;
  readonly record: OpenRecord;
  readonly set: ImageSet;
  readonly training: TrainingConfig;
  /** What its checkpoints are of: see `CheckpointNotes`. */
  readonly settings: string;
  readonly parts: Parts;
  /** The model's place among the models, from 0. */
  readonly place: number;
  readonly checkpoint: string;
}

/** Trains one model; returns 1 for each held-out example that it gets right, else 0; undefined where it was stopped. */
async function heldOutRight(runtime: Runtime, work: ModelWork): Promise<Uint8Array | undefined> {
  const { options, record, set, training, settings, parts, place, checkpoint } = work;
  const { config } = options;
  const seed = config.seed + 2000 + place;
  const model = newModel(config, set);
  const arena = new ParameterArena(model.module, seed);
  const seen = imageSubset(set, parts.trained);
  const trainer = await Trainer.create(runtime, model, arena, seen, training, config.normalization, seed);
  const evaluator = await Evaluator.create(runtime, model, imageSubset(set, parts.heldOut), {
    classNames: set.classNames,
    batch: config.evalBatch,
    normalization: config.normalization,
    restrictClasses: false,
  });
  const saved = options.resume ? await savedCheckpoint(record, checkpoint, [settings]) : undefined;
  if (saved !== undefined) {
    await restoreCheckpoint(runtime, arena, trainer, saved);
  }
  const toTrain: Training = {
    runtime,
    arena,
    trainer,
    phase: "testbed",
    title: `model ${place + 1}`,
    record,
    checkpoint,
    settings,
    checkpointEverySteps: config.checkpointEverySteps,
    watch: wholeWatch(options, place),
  };
  const done = await trainTo(toTrain, saved?.cursor.step ?? 0, trainer.totalSteps);
  const right = done ? await rightOf(evaluator) : undefined;
  trainer.destroy();
  evaluator.destroy();
  releaseArena(runtime, arena);
  return right;
}

async function rightOf(evaluator: Evaluator): Promise<Uint8Array> {
  const { classes } = await evaluator.predict();
  return Uint8Array.from(classes, (predicted, i) => (predicted === evaluator.labels[i] ? 1 : 0));
}

/** Tells steps as those of all models together, since how long they all take is what people ask. */
function wholeWatch({ onProgress, signal, models }: DifficultyEstimateOptions, place: number): Watch {
  const whole = (progress: Progress): Progress => {
    if (progress.kind !== "step") {
      return progress;
    }
    const { step, totalSteps } = progress;
    return { ...progress, phase: "difficulty", step: place * totalSteps + step, totalSteps: models * totalSteps };
  };
  return {
    onProgress: (progress) => onProgress?.(whole(progress)),
    ...(signal !== undefined && { signal }),
  };
}
