// The scale on which accuracies under a distribution shift fall on a line, and the way back. Nothing here rounds or
// clips: an accuracy of 0 or 1 has no finite logit, and what to do about that is the caller's to decide.

import { InputError } from "./errors.js";

/**
 * The log-odds ln(p / (1 − p)) of a proportion.
 *
 * @param p a proportion in [0, 1]
 * @returns −Infinity at 0, +Infinity at 1, else finite
 * @throws InputError outside [0, 1] or not a number
 */
export function logit(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new InputError(`logit: got ${p}; expected a proportion from 0 to 1`);
  return Math.log(p) - Math.log1p(-p);
}

/**
 * The inverse of {@link logit}: 1 / (1 + e^−x), without overflow for large |x|.
 *
 * @param x any real number
 * @returns a proportion in [0, 1]
 */
export function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
