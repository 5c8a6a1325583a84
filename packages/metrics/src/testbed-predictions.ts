// A testbed from what its models predicted for every example of both splits. The arrays come from elsewhere: no file
// is read here.

import { accuracyOf } from "./accuracy.js";
import type { TestbedModel } from "./baseline.js";
import type { Outcomes } from "./paired-bootstrap.js";
import { checkLengths } from "./right-answers.js";

/** The true and the predicted class of every example of a split, in one order. */
export interface SplitPredictions {
  readonly labels: ArrayLike<number>;
  readonly predictions: ArrayLike<number>;
}

/** One model's predictions on both splits. */
export interface ModelPredictions {
  readonly model: string;
  readonly id: SplitPredictions;
  readonly ood: SplitPredictions;
}

/**
 * Counts the right answers of every model on both splits.
 *
 * @param entries classes as whole numbers; labels and predictions of a split are as many and not none
 * @throws InputError naming the model and the split where labels and predictions differ in length, or there are none
 */
export function testbedFromPredictions(entries: readonly ModelPredictions[]): TestbedModel[] {
  return entries.map(({ model, id, ood }) => ({
    model,
    id: score(model, "id", id),
    ood: score(model, "ood", ood),
  }));
}

/**
 * Which examples every model gets right, for a paired bootstrap.
 *
 * @param entries as for {@link testbedFromPredictions}
 * @throws InputError likewise
 */
export function outcomesFromPredictions(entries: readonly ModelPredictions[]): Outcomes[] {
  return entries.map(({ model, id, ood }) => ({
    model,
    id: right(model, "id", id),
    ood: right(model, "ood", ood),
  }));
}

function right(model: string, split: "id" | "ood", { labels, predictions }: SplitPredictions): Uint8Array {
  checkLengths(labels, predictions, `model ${JSON.stringify(model)}, ${split}`);
  return Uint8Array.from({ length: labels.length }, (_, i) => (labels[i] === predictions[i] ? 1 : 0));
}

function score(model: string, split: "id" | "ood", { labels, predictions }: SplitPredictions) {
  const where = `model ${JSON.stringify(model)}, ${split}`;
  checkLengths(labels, predictions, where);
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) correct++;
  return accuracyOf(correct, labels.length);
}
