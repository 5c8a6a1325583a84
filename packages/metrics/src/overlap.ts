// How much two models' right answers have in common, set against what their accuracies alone would make of it. Kappa of
// right and wrong is the error consistency of Geirhos, Meding and Wichmann 2020, "Beyond accuracy: quantifying trial-by-trial
// behaviour of CNNs and humans by measuring error consistency" (arXiv:2006.16736).

import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import { checkLevel, type Interval } from "./accuracy.js";
import { type Proportion, type ProportionOptions, proportionOf } from "./proportion.js";
import { bothRight, checkLengths, checkSameExamples, type RightAnswers } from "./right-answers.js";

/** What two models get right, in shares of the examples. */
export interface Overlap {
  readonly n: number;
  /** examples that both get right */
  readonly both: number;
  /** examples that the first alone gets right */
  readonly onlyFirst: number;
  /** examples that the second alone gets right */
  readonly onlySecond: number;
  readonly neither: number;
  /** both / n */
  readonly bothShare: number;
  /** the share that both would get right were they independent: the product of their accuracies */
  readonly bothShareIfIndependent: number;
  /**
   * error consistency: Cohen's kappa of right and wrong, in [−1, 1], 0 for independent errors; undefined where both models
   * are right everywhere or both wrong everywhere, so that no agreement could be more or less than chance
   */
  readonly kappa: number | undefined;
  /** of kappa; undefined with it */
  readonly kappaInterval: Interval | undefined;
}

/**
 * Compares two models' right answers.
 *
 * kappa = (o − e) / (1 − e), o the share on which both are right or both wrong, e = p q + (1 − p)(1 − q) that share for
 * independent models of accuracies p and q. Its interval is the normal one by the large-sample standard error of Fleiss,
 * Cohen and Everitt 1969, as statsmodels' `cohens_kappa`; it is not cut to [−1, 1].
 *
 * @param options.level confidence, strictly between 0 and 1
 * @throws InputError where the two are not of as many examples, or a level is out of range
 */
export function overlap(
  first: RightAnswers,
  second: RightAnswers,
  { level = 0.95 }: { readonly level?: number } = {},
): Overlap {
  checkSameExamples("overlap", first, second);
  checkLevel("overlap", level);
  const { n } = first;
  const both = bothRight(first, second);
  const onlyFirst = first.correct - both;
  const onlySecond = second.correct - both;
  const neither = n - both - onlyFirst - onlySecond;
  const kappa = kappaOf([both / n, onlyFirst / n, onlySecond / n, neither / n]);
  const half = kappa && normalQuantile((1 + level) / 2, 0, 1) * Math.sqrt(kappa.variance / n);
  return {
    n,
    both,
    onlyFirst,
    onlySecond,
    neither,
    bothShare: both / n,
    bothShareIfIndependent: (first.correct / n) * (second.correct / n),
    kappa: kappa?.value,
    kappaInterval: kappa && { low: kappa.value - half!, high: kappa.value + half! },
  };
}

/**
 * The share of examples for which two models predict the same class, right or wrong.
 *
 * @param first [n] classes
 * @param second [n] classes, in the same order
 * @throws InputError where they differ in length or there are none, or a level is out of range
 */
export function agreement(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: ProportionOptions = {},
): Proportion {
  checkLengths(first, second, "agreement");
  let count = 0;
  for (let i = 0; i < first.length; i++) if (first[i] === second[i]) count++;
  return proportionOf(count, first.length, options);
}

/** Kappa of a table of shares [right and right, right and wrong, wrong and right, wrong and wrong], and n times its variance. */
function kappaOf([a, b, c, d]: readonly [number, number, number, number]) {
  const [p, q] = [a + b, a + c];
  const observed = a + d;
  const expected = p * q + (1 - p) * (1 - q);
  if (expected === 1) return undefined;
  const miss = 1 - observed;
  const agreeing = a * (1 - expected - (p + q) * miss) ** 2 + d * (1 - expected - (2 - p - q) * miss) ** 2;
  const differing = miss ** 2 * (b * (q + 1 - p) ** 2 + c * (p + 1 - q) ** 2);
  const mean = observed * expected - 2 * expected + observed;
  return {
    value: (observed - expected) / (1 - expected),
    // Where all agree it is 0, which the difference would miss by rounding.
    variance: b + c === 0 ? 0 : Math.max(0, (agreeing + differing - mean ** 2) / (1 - expected) ** 4),
  };
}
