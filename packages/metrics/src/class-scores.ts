// Accuracy class by class, and the two single figures that weigh classes alike: macro-F1 and balanced accuracy, as
// scikit-learn defines them.

import { type Proportion, type ProportionOptions, proportionOf } from "./proportion.js";
import { checkLengths } from "./right-answers.js";

/** How a model does on the examples of one class; `count` of them are right, and `share` is the class's accuracy. */
export interface ClassAccuracy extends Proportion {
  /** the true class */
  readonly class: number;
}

/** How a model does over its classes. */
export interface ClassScores {
  /** the classes that the labels have, rising */
  readonly classes: readonly ClassAccuracy[];
  /** mean of the classes' accuracies, as `balanced_accuracy_score(labels, predictions)` */
  readonly balancedAccuracy: number;
  /**
   * mean of F1 = 2 TP / (2 TP + FP + FN) over the classes that the labels or the predictions have, as
   * `f1_score(labels, predictions, average="macro", zero_division=0)`; a class that is only ever predicted wrongly counts 0
   */
  readonly macroF1: number;
}

/**
 * Scores predictions class by class.
 *
 * @param labels [n] the true class of every example, whole numbers from 0
 * @param predictions [n] predicted classes
 * @throws InputError where they differ in length or there are none, or a level is out of range
 */
export function classScores(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: ProportionOptions = {},
): ClassScores {
  checkLengths(labels, predictions, "classScores");
  const { labelled, predicted, right } = countByClass(labels, predictions);
  const classes: ClassAccuracy[] = [];
  let [sumOfF1, seen] = [0, 0];
  for (let i = 0; i < right.length; i++) {
    // Its denominator is 2 TP + FP + FN.
    const all = labelled[i]! + predicted[i]!;
    if (all === 0) continue;
    seen++;
    sumOfF1 += (2 * right[i]!) / all;
    if (labelled[i]! > 0) classes.push({ class: i, ...proportionOf(right[i]!, labelled[i]!, options) });
  }
  return {
    classes,
    balancedAccuracy: classes.reduce((sum, { share }) => sum + share, 0) / classes.length,
    macroF1: sumOfF1 / seen,
  };
}

/** [classes] each: examples of the class, predictions of it, and those that are both. */
export interface ClassCounts {
  readonly labelled: Uint32Array;
  readonly predicted: Uint32Array;
  readonly right: Uint32Array;
}

/** Counts examples by class, up to the largest class of either array. */
export function countByClass(labels: ArrayLike<number>, predictions: ArrayLike<number>): ClassCounts {
  let largest = 0;
  for (let i = 0; i < labels.length; i++) largest = Math.max(largest, labels[i]!, predictions[i]!);
  const counts = {
    labelled: new Uint32Array(largest + 1),
    predicted: new Uint32Array(largest + 1),
    right: new Uint32Array(largest + 1),
  };
  for (let i = 0; i < labels.length; i++) {
    counts.labelled[labels[i]!]!++;
    counts.predicted[predictions[i]!]!++;
    if (labels[i] === predictions[i]) counts.right[labels[i]!]!++;
  }
  return counts;
}
