// How a model's answers change while it is trained: from one evaluation to the next, and example by example over them all.

import { InputError } from "./errors.js";
import { checkLengths } from "./right-answers.js";

/** What changed between two evaluations, in examples. */
export interface Churn {
  readonly n: number;
  /** another class is predicted, be it right or wrong */
  readonly changed: number;
  /** wrong before, right after */
  readonly becameRight: number;
  /** right before, wrong after: forgotten */
  readonly becameWrong: number;
}

/**
 * Counts what changed from one evaluation to another; becameRight − becameWrong is the change in right answers.
 *
 * @param labels [n] the true class of every example
 * @param before [n] predicted classes
 * @param after [n] predicted classes
 * @throws InputError where they differ in length, or there are none
 */
export function churn(labels: ArrayLike<number>, before: ArrayLike<number>, after: ArrayLike<number>): Churn {
  checkLengths(labels, before, "churn, before");
  checkLengths(labels, after, "churn, after");
  let [changed, becameRight, becameWrong] = [0, 0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (before[i] === after[i]) continue;
    changed++;
    if (after[i] === labels[i]) becameRight++;
    else if (before[i] === labels[i]) becameWrong++;
  }
  return { n: labels.length, changed, becameRight, becameWrong };
}

/** When every example was learned and how often it was forgotten. */
export interface LearningHistory {
  /** [n] place of the first evaluation that gets the example right; −1 where none does */
  readonly learnedAt: Int32Array;
  /** [n] forgetting events: times that an example was right at one evaluation and wrong at the next */
  readonly forgotten: Uint32Array;
  /** examples that no evaluation gets right */
  readonly neverLearned: number;
  /** examples that were learned and never forgotten after */
  readonly unforgettable: number;
}

/**
 * Follows every example through a training's evaluations, as Toneva et al. 2019, "An Empirical Study of Example Forgetting
 * during Deep Neural Network Learning" (arXiv:1812.05159), do through its minibatches: an event can only be seen where two
 * evaluations differ, so sparse evaluations count fewer.
 *
 * @param labels [n] the true class of every example
 * @param evaluations predicted classes [n] of each evaluation, in the order of training; at least one
 * @throws InputError where there are none, or lengths differ
 */
export function learningHistory(labels: ArrayLike<number>, evaluations: readonly ArrayLike<number>[]): LearningHistory {
  if (evaluations.length === 0) throw new InputError("learningHistory: got no evaluations; expected at least one");
  const n = labels.length;
  const learnedAt = new Int32Array(n).fill(-1);
  const forgotten = new Uint32Array(n);
  const rightBefore = new Uint8Array(n);
  for (const [at, predictions] of evaluations.entries()) {
    checkLengths(labels, predictions, `learningHistory, evaluation ${at}`);
    for (let i = 0; i < n; i++) {
      const right = predictions[i] === labels[i];
      if (right && learnedAt[i] === -1) learnedAt[i] = at;
      if (!right && rightBefore[i] === 1) forgotten[i]!++;
      rightBefore[i] = right ? 1 : 0;
    }
  }
  const neverLearned = learnedAt.reduce((count, at) => count + (at === -1 ? 1 : 0), 0);
  const unforgettable = forgotten.reduce((count, times, i) => count + (times === 0 && learnedAt[i] !== -1 ? 1 : 0), 0);
  return { learnedAt, forgotten, neverLearned, unforgettable };
}
