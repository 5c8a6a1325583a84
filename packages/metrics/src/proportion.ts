// A count of examples as a share of them, with its interval: what every analysis by example gives.

import { accuracyInterval, accuracyOf, type Interval } from "./accuracy.js";

/** `count` of `n` examples, their share as a fraction, and the share's confidence interval. */
export interface Proportion extends Interval {
  readonly count: number;
  readonly n: number;
  /** count / n */
  readonly share: number;
}

/** How an interval of a share is taken; see {@link accuracyInterval}. */
export interface ProportionOptions {
  /** `clopper-pearson` where left out */
  readonly method?: "clopper-pearson" | "wilson";
  /** confidence, strictly between 0 and 1; 0.95 where left out */
  readonly level?: number;
}

/**
 * The share of `count` among `n`.
 *
 * @param count whole number, 0 to n
 * @param n whole number, at least 1
 * @throws InputError on anything else, or a level out of range
 */
export function proportionOf(
  count: number,
  n: number,
  { method = "clopper-pearson", level = 0.95 }: ProportionOptions = {},
): Proportion {
  const { accuracy: share } = accuracyOf(count, n);
  return { count, n, share, ...accuracyInterval(count, n, { method, level }) };
}
