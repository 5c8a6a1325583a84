// What an accuracy is: a fraction, with the counts behind it where they are known. The checks that keep per cent out of
// places that want fractions are here, and the intervals of a single accuracy; lines through many are in baseline.ts.

import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { InputError } from "./errors.js";

/** How much of a split was classified right. */
export interface Accuracy {
  /** fraction right, 0 to 1 */
  readonly accuracy: number;
  /** number of examples in the split */
  readonly n?: number;
  /** number of those classified right */
  readonly correct?: number;
}

/** A two-sided interval of a proportion or of a difference of proportions. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The accuracy of `correct` right answers among `n`.
 *
 * @param correct whole number, 0 to n
 * @param n whole number, at least 1
 * @throws InputError on anything else
 */
export function accuracyOf(correct: number, n: number): Required<Accuracy> {
  checkCounts("accuracyOf", correct, n);
  return { accuracy: correct / n, n, correct };
}

/**
 * A two-sided confidence interval of an accuracy, from its counts.
 *
 * - `clopper-pearson`: exact, from the quantiles of the beta distribution (Clopper and Pearson 1934); covers at least
 *   `level`.
 * - `wilson`: the score interval without continuity correction (Wilson 1927); narrower, covers `level` on average.
 *
 * Both equal `scipy.stats.binomtest(correct, n).proportion_ci(level, method)` ("exact" and "wilson").
 *
 * @param correct whole number, 0 to n
 * @param n whole number, at least 1
 * @throws InputError on counts or a level out of range
 */
export function accuracyInterval(
  correct: number,
  n: number,
  { method, level = 0.95 }: { readonly method: "clopper-pearson" | "wilson"; readonly level?: number },
): Interval {
  checkCounts("accuracyInterval", correct, n);
  checkLevel("accuracyInterval", level);
  const tail = (1 - level) / 2;
  switch (method) {
    case "clopper-pearson":
      return {
        low: correct === 0 ? 0 : betaQuantile(tail, correct, n - correct + 1),
        high: correct === n ? 1 : betaQuantile(1 - tail, correct + 1, n - correct),
      };
    case "wilson": {
      const z = normalQuantile(1 - tail, 0, 1);
      const p = correct / n;
      const centre = p + (z * z) / (2 * n);
      const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
      const scale = 1 + (z * z) / n;
      return {
        low: correct === 0 ? 0 : (centre - half) / scale,
        high: correct === n ? 1 : (centre + half) / scale,
      };
    }
    default:
      throw new InputError(
        `accuracyInterval: unknown method ${JSON.stringify(method satisfies never)}; expected clopper-pearson or wilson`,
      );
  }
}

/** An accuracy whose logit is finite, and whether a continuity correction made it so. */
export interface FiniteAccuracy {
  readonly accuracy: number;
  readonly corrected: boolean;
}

/**
 * The accuracy to take the logit of: itself, or for exactly 0 or 1 the continuity-corrected (correct + ½) / (n + 1).
 *
 * @param where the model and split, for the error
 * @throws InputError where the accuracy is 0 or 1 and n is not known, or the accuracy is not valid
 */
export function finiteAccuracy(where: string, value: Accuracy): FiniteAccuracy {
  checkAccuracy(where, value);
  const { accuracy, n } = value;
  if (accuracy > 0 && accuracy < 1) return { accuracy, corrected: false };
  if (n === undefined) {
    throw new InputError(
      `${where}: an accuracy of exactly ${accuracy} has no finite logit; give n, the number of examples, ` +
        "for a continuity correction, or leave the model out",
    );
  }
  return { accuracy: (accuracy * n + 0.5) / (n + 1), corrected: true };
}

/**
 * Checks that an accuracy is a fraction and agrees with its counts where they are given.
 *
 * @param where the model and split, for the error
 * @throws InputError saying so where per cent was given for a fraction, or the counts contradict the accuracy
 */
export function checkAccuracy(where: string, { accuracy, n, correct }: Accuracy): void {
  if (accuracy > 1 && accuracy <= 100) {
    throw new InputError(
      `${where}: got an accuracy of ${accuracy}, which looks like per cent; expected a fraction: write ${+(accuracy / 100).toPrecision(12)}`,
    );
  }
  if (!(accuracy >= 0 && accuracy <= 1)) {
    throw new InputError(`${where}: got an accuracy of ${accuracy}; expected a fraction from 0 to 1`);
  }
  if (n !== undefined && !(Number.isInteger(n) && n >= 1)) {
    throw new InputError(`${where}: got n = ${n}; expected a whole number of examples, at least 1`);
  }
  if (correct === undefined) return;
  if (n === undefined) throw new InputError(`${where}: got correct = ${correct} without n; give both or neither`);
  checkCounts(where, correct, n);
  // Published accuracies are rounded, to a tenth of a per cent at the coarsest.
  const rounding = 0.000500001;
  if (Math.abs(correct / n - accuracy) > rounding) {
    throw new InputError(
      `${where}: accuracy ${accuracy} contradicts ${correct} of ${n} right, which is ${correct / n}; correct one of them`,
    );
  }
}

/** @throws InputError where `level` is not strictly between 0 and 1 */
export function checkLevel(where: string, level: number): void {
  if (!(level > 0 && level < 1)) {
    throw new InputError(`${where}: got level ${level}; expected a confidence between 0 and 1, such as 0.95`);
  }
  // Beyond these an interval is a point or everything, and its confidence is printed as 0 or 100 %.
  if (level < 1e-3 || level > 1 - 1e-5) {
    throw new InputError(`${where}: got level ${level}; expected a confidence from 0.001 to 0.99999, such as 0.95`);
  }
}

function checkCounts(where: string, correct: number, n: number): void {
  if (!(Number.isInteger(n) && n >= 1)) {
    throw new InputError(`${where}: got n = ${n}; expected a whole number of examples, at least 1`);
  }
  if (!(Number.isInteger(correct) && correct >= 0 && correct <= n)) {
    throw new InputError(`${where}: got ${correct} correct of ${n}; expected a whole number from 0 to ${n}`);
  }
}
