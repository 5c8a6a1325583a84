// One evaluator a split.
import type { Runtime } from "@er/engine";
import type { Model } from "@er/models";
import type { Config } from "./config.js";
import { Evaluator, type Predicted, type SplitResult } from "./evaluator.js";
import type { Sets } from "./load-sets.js";
import type { OpenRecord } from "./open-record.js";
import { sharedNote } from "./split-note.js";

/** By split, the ID split first. */
export type Evaluators = Readonly<Record<string, Evaluator>>;

/**
 * @param keepLogits whether they read the logits too
 * @throws InputError where a split's classes are not the training set's
 */
export async function makeEvaluators(
  runtime: Runtime,
  model: Model,
  sets: Sets,
  config: Config,
  keepLogits: boolean,
): Promise<Evaluators> {
  const evaluators: Record<string, Evaluator> = {};
  for (const [name, set] of Object.entries(sets.evaluated)) {
    evaluators[name] = await Evaluator.create(runtime, model, set, {
      classNames: sets.train.classNames,
      batch: config.evalBatch,
      normalization: config.normalization,
      restrictClasses: config.restrictClasses,
      keepLogits,
      features: config.train.features,
      note: sharedNote(name, sets),
    });
  }
  return evaluators;
}

/**
 * Predicts and scores every split.
 *
 * @param keep takes what was predicted, in the set's order
 */
export async function evaluateSplits(
  evaluators: Evaluators,
  keep: (split: string, predicted: Predicted) => Promise<void>,
): Promise<Record<string, SplitResult>> {
  const results: Record<string, SplitResult> = {};
  for (const [split, evaluator] of Object.entries(evaluators)) {
    const predicted = await evaluator.predict();
    await keep(split, predicted);
    results[split] = evaluator.score(predicted);
  }
  return results;
}

/** Evaluates every split and keeps what was predicted in the record, as a step's. */
export async function evaluateInto(
  record: OpenRecord,
  evaluators: Evaluators,
  step: number,
): Promise<Record<string, SplitResult>> {
  return await evaluateSplits(evaluators, async (split, { classes, logits }) => {
    await record.writePredictions(split, step, classes);
    if (logits !== undefined) {
      await record.writeLogits(split, step, logits);
    }
  });
}

export function destroyEvaluators(evaluators: Evaluators): void {
  for (const evaluator of Object.values(evaluators)) {
    evaluator.destroy();
  }
}
