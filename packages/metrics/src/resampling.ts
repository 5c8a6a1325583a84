// Seeded draws for the bootstrap: whole numbers, binomial counts, and the percentiles of what came of them.

import binomial from "@stdlib/random-base-binomial";
import mt19937 from "@stdlib/random-base-mt19937";
import { type Accuracy, finiteAccuracy } from "./accuracy.js";
import { InputError } from "./errors.js";

/** A source of draws; the same seed gives the same draws everywhere. */
export interface Draws {
  /** a whole number from 0 to `n` − 1 */
  readonly below: (n: number) => number;
  /** how many of `n` come out, each with probability `p` */
  readonly binomial: (n: number, p: number) => number;
}

/**
 * Draws by the Mersenne Twister MT19937, 32 bits each.
 *
 * @param seed whole number, 0 to 2^32 − 2
 * @throws InputError on another seed
 */
export function draws(seed: number): Draws {
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 - 1)) {
    throw new InputError(`bootstrap: got seed ${seed}; expected a whole number from 0 to ${2 ** 32 - 2}`);
  }
  // The generator wants a seed of at least 1.
  const integer = mt19937.factory({ seed: seed + 1 });
  const uniform = () => integer() / 2 ** 32;
  const counts = binomial.factory({ prng: uniform });
  return { below: (n) => Math.floor(uniform() * n), binomial: (n, p) => (p === 0 ? 0 : p === 1 ? n : counts(n, p)) };
}

/** An accuracy on n examples drawn anew with this one's probability of a right answer; itself where n is not known. */
export function redrawn(random: Draws, where: string, value: Accuracy): Accuracy {
  if (value.n === undefined) return value;
  // An accuracy of 0 or 1 would be drawn again as itself every time, as if it were certain.
  const { accuracy } = finiteAccuracy(where, value);
  return { accuracy: random.binomial(value.n, accuracy) / value.n, n: value.n };
}

/**
 * The quantile of sorted values at a probability, interpolated linearly (type 7 of Hyndman and Fan 1996, NumPy's default).
 *
 * @param sorted rising, at least one
 * @param probability 0 to 1
 */
export function sortedQuantile(sorted: Float64Array, probability: number): number {
  const at = probability * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (at - below) * (high - low);
}

/** The variance of values about their mean, with n − 1 in the denominator. */
export function sampleVariance(values: ArrayLike<number>): number {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (values[i]! - mean) ** 2;
  return sum / (n - 1);
}

/** What a percentile never needs more of, and a minute is enough for. */
const MOST_REPLICATES = 1_000_000;

/** @throws InputError where there are too few replicates for a percentile, or too many to wait for */
export function checkReplicates(replicates: number): void {
  if (!(Number.isInteger(replicates) && replicates >= 100 && replicates <= MOST_REPLICATES)) {
    throw new InputError(
      `bootstrap: got ${replicates} replicates; expected a whole number of at least 100 and at most ${MOST_REPLICATES}`,
    );
  }
}
