// What every model of a testbed's directory predicted on one split, example by example. What accuracies these make is in
// testbed.ts and in @er/metrics.
import { relative } from "node:path";
import { InputError } from "@er/engine";
import type { ModelPredictions } from "@er/metrics";
import { closest } from "fastest-levenshtein";
import { readClassFile, readRecordedClasses } from "./class-file.js";
import { isDirectory } from "./is-directory.js";
import { RunRecord } from "./record.js";
import { findLabels, finishedTestbedFile, modelsOf, predictionsFile, splitsOf } from "./testbed-directory.js";

/** One split of a testbed: the true class of every example and what each model predicted, all in one order. */
export interface TestbedSplit {
  readonly split: string;
  /** [n] */
  readonly labels: Uint16Array;
  /** in the order of testbed.json, else sorted by name */
  readonly models: readonly { readonly model: string /** [n] */; readonly predictions: Uint16Array }[];
}

export interface TestbedSplitOptions {
  /** The split's label file, where it is not in the directory. */
  readonly labels?: string;
  /** The models to read; all that are there where left out. */
  readonly models?: readonly string[];
}

/**
 * Reads a split of a directory with `<split>_predictions/<model>_predictions.json`.
 *
 * @param split the ID split where undefined
 * @returns two bytes an example and model
 * @throws InputError for what is no directory, an unfinished testbed, a split that is not there (with the nearest), a split without models,
 *   labels that are not found, and predictions that cannot be read or are not as many as the labels
 */
export async function readTestbedSplit(
  directory: string,
  split: string,
  options: TestbedSplitOptions = {},
): Promise<TestbedSplit> {
  if (!(await isDirectory(directory))) {
    throw new InputError(`${directory}: no directory; what is right example by example takes a DIR of predictions`);
  }
  const built = await finishedTestbedFile(directory);
  await checkSplit(directory, split);
  const names = options.models ?? built?.models.map(({ model }) => model) ?? (await modelsOf(directory, split));
  if (names.length === 0) {
    throw new InputError(
      `${directory}: no models in ${split}_predictions; expected files ${predictionsFile(split, "MODEL")}`,
    );
  }
  const record = new RunRecord(directory);
  const labels =
    options.labels === undefined
      ? await readRecordedClasses(record, relative(directory, await findLabels(directory, split)))
      : await readClassFile(options.labels);
  const models: { model: string; predictions: Uint16Array }[] = [];
  // One after the other: the text of a million predictions takes more room than what is kept of it.
  for (const model of names) {
    const file = predictionsFile(split, model);
    const predictions = await readRecordedClasses(record, file);
    if (predictions.length !== labels.length) {
      throw new InputError(
        `${record.path(file)}: ${predictions.length} predictions for the ${labels.length} labels of the split "${split}"; expected one a label`,
      );
    }
    models.push({ model, predictions });
  }
  return { split, labels, models };
}

/** The predictions on two splits of the models that both have, in the first's order. */
export function pairedPredictions(id: TestbedSplit, ood: TestbedSplit): ModelPredictions[] {
  const byName = new Map(ood.models.map(({ model, predictions }) => [model, predictions]));
  return id.models.flatMap(({ model, predictions }) => {
    const other = byName.get(model);
    return other === undefined
      ? []
      : [{ model, id: { labels: id.labels, predictions }, ood: { labels: ood.labels, predictions: other } }];
  });
}

async function checkSplit(directory: string, split: string): Promise<void> {
  const splits = await splitsOf(directory);
  if (splits.length === 0) {
    throw new InputError(
      `${directory}: no predictions; a testbed's directory holds SPLIT_predictions/MODEL_predictions.json`,
    );
  }
  if (!splits.includes(split)) {
    throw new InputError(
      `${directory}: no split "${split}"; did you mean "${closest(split, splits)}"? It has ${splits.join(", ")}`,
    );
  }
}
