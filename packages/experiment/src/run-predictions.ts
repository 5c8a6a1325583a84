// What a run predicted at each of its evaluations, from its record.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@er/engine";
import { closest } from "fastest-levenshtein";
import { readRecordedClasses } from "./class-file.js";
import { isDirectory } from "./is-directory.js";
import { predictionsFile } from "./open-record.js";
import { RunRecord } from "./record.js";

/** One evaluation of a split. */
export interface StepPredictions {
  /** optimiser steps taken */
  readonly step: number;
  /** [n] predicted classes */
  readonly predictions: Uint16Array;
}

/**
 * Reads a run's predictions on a split.
 *
 * @returns at least one evaluation, in step order
 * @throws InputError where the directory holds no run's predictions, or none of the split (with the nearest)
 */
export async function readRunPredictions(directory: string, split: string): Promise<StepPredictions[]> {
  const root = join(directory, "predictions");
  const splits = (await isDirectory(root)) ? (await readdir(root)).sort() : [];
  if (splits.length === 0) {
    throw new InputError(`${directory}: no predictions of a run; expected predictions/SPLIT/STEP.npy`);
  }
  if (!splits.includes(split)) {
    throw new InputError(
      `${directory}: no split "${split}"; did you mean "${closest(split, splits)}"? It has ${splits.join(", ")}`,
    );
  }
  const steps = (await readdir(join(root, split)))
    .flatMap((name) => /^(\d+)\.npy$/.exec(name)?.slice(1) ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  if (steps.length === 0) {
    throw new InputError(`${join(root, split)}: no predictions; expected files STEP.npy`);
  }
  const record = new RunRecord(directory);
  const evaluations: StepPredictions[] = [];
  for (const step of steps) {
    evaluations.push({ step, predictions: await readRecordedClasses(record, predictionsFile(split, step)) });
  }
  return evaluations;
}
