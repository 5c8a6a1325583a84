// The scales on which accuracies under a distribution shift are compared: there, back, and how fast. The logit itself is
// in logit.ts; which scale a line was fitted on is kept in the Baseline.

import erfcinv from "@stdlib/math-base-special-erfcinv";
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { type Accuracy, checkAccuracy, type FiniteAccuracy, finiteAccuracy } from "./accuracy.js";
import { InputError } from "./errors.js";
import { logistic, logit } from "./logit.js";
import { didYouMean } from "./nearest.js";

/** Names of the scales, the usual one first. */
export const SCALE_NAMES = ["logit", "probit", "linear"] as const;

/**
 * The scale on which OOD accuracy is a line in ID accuracy.
 *
 * - `logit`: ln(p / (1 − p)), of Taori et al. 2020 and Andreassen et al. 2022
 * - `probit`: the quantile Φ⁻¹(p) of the standard normal distribution, of Miller et al. 2021
 * - `linear`: the accuracy itself, of Recht et al. 2018; a prediction may then lie outside 0 to 1
 */
export type Scale = (typeof SCALE_NAMES)[number];

/** A scale as functions. */
export interface ScaleFunctions {
  /** from a proportion to the scale; ±Infinity at 0 and 1 on logit and probit */
  readonly forward: (p: number) => number;
  /** from the scale to a proportion */
  readonly inverse: (x: number) => number;
  /** derivative of `inverse` */
  readonly inverseDerivative: (x: number) => number;
}

/** The functions of every scale. `forward` throws an InputError outside [0, 1]. */
export const SCALES: Readonly<Record<Scale, ScaleFunctions>> = {
  logit: {
    forward: logit,
    inverse: logistic,
    // Not p (1 − p) of a rounded p: 1 − p of a p close to 1 has few digits left.
    inverseDerivative: (x) => logistic(x) * logistic(-x),
  },
  probit: {
    // stdlib's quantile goes by 1 − 2p, which has no digits left where p is small.
    forward: (p) => -Math.SQRT2 * erfcinv(2 * proportion("probit", p)),
    inverse: (x) => normalCdf(x, 0, 1),
    inverseDerivative: (x) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI),
  },
  linear: { forward: (p) => proportion("linear", p), inverse: (x) => x, inverseDerivative: () => 1 },
};

/**
 * The scale of this name.
 *
 * @throws InputError on another name, with the nearest
 */
export function scaleNamed(name: string): Scale {
  const scale = SCALE_NAMES.find((candidate) => candidate === name);
  if (scale === undefined) {
    throw new InputError(
      `no scale is named ${JSON.stringify(name)}${didYouMean(name, SCALE_NAMES)} (known: ${SCALE_NAMES.join(", ")})`,
    );
  }
  return scale;
}

/**
 * The accuracy to put on a scale: on logit and probit corrected for continuity where it is exactly 0 or 1, as
 * {@link finiteAccuracy} does; on the linear scale always itself.
 *
 * @param where the model and split, for the error
 * @throws InputError where the accuracy is not valid, or has no finite place on the scale and n is not known
 */
export function accuracyOnScale(scale: Scale, where: string, value: Accuracy): FiniteAccuracy {
  if (scale !== "linear") return finiteAccuracy(where, value);
  checkAccuracy(where, value);
  return { accuracy: value.accuracy, corrected: false };
}

function proportion(scale: Scale, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new InputError(`${scale}: got ${p}; expected a proportion from 0 to 1`);
  return p;
}
