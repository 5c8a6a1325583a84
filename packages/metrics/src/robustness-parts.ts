// Effective robustness of one evaluation together with what its error is made of, so that single values, means over
// runs and drops from peak to end are given intervals in one way. The public functions are in effective-robustness.ts
// and the trajectory files.

import { type Accuracy, checkAccuracy, finiteAccuracy } from "./accuracy.js";
import type { Baseline } from "./baseline.js";
import type { VarianceComponent } from "./half-width.js";
import { accuracyOnScale, SCALES } from "./scale.js";

/** One ER, and how it moves with each thing that is uncertain. */
export interface RobustnessParts {
  readonly er: number;
  /** OOD accuracy predicted by the baseline, a fraction */
  readonly predicted: number;
  /** f(ID accuracy) */
  readonly x: number;
  /** how much the prediction moves with the line's height at x: the derivative of f⁻¹ there */
  readonly gain: number;
  /** variance of ER by the finite number of examples */
  readonly samplingVariance: number;
  /** whether the ID accuracy lies outside the baseline's `idRange` */
  readonly extrapolated: boolean;
  /** accuracies given without n, whose sampling error is not counted */
  readonly uncounted: readonly ("id" | "ood")[];
  /** accuracies of exactly 0 or 1 for which (correct + ½) / (n + 1) stood in */
  readonly corrected: readonly ("id" | "ood")[];
}

/** @throws InputError on an accuracy that is no fraction, or an ID accuracy that is not finite on the scale without n */
export function robustnessParts(baseline: Baseline, id: Accuracy, ood: Accuracy): RobustnessParts {
  const { forward, inverse, inverseDerivative } = SCALES[baseline.scale];
  const finite = accuracyOnScale(baseline.scale, "the model, id", id);
  checkAccuracy("the model, ood", ood);

  const x = forward(finite.accuracy);
  const height = baseline.intercept + baseline.slope * x;
  const predicted = inverse(height);
  const gain = inverseDerivative(height);
  const idVariance = ((gain * baseline.slope) / inverseDerivative(x)) ** 2 * samplingVariance("id", id);
  const [lowest, highest] = baseline.idRange;
  return {
    er: ood.accuracy - predicted,
    predicted,
    x,
    gain,
    samplingVariance: samplingVariance("ood", ood) + idVariance,
    extrapolated: finite.accuracy < lowest || finite.accuracy > highest,
    uncounted: [...(id.n === undefined ? (["id"] as const) : []), ...(ood.n === undefined ? (["ood"] as const) : [])],
    corrected: [
      ...(finite.corrected ? (["id"] as const) : []),
      ...(ood.n !== undefined && (ood.accuracy === 0 || ood.accuracy === 1) ? (["ood"] as const) : []),
    ],
  };
}

/** The binomial variance a (1 − a) / n of an accuracy; 0 where n is not known. */
function samplingVariance(split: "id" | "ood", value: Accuracy): number {
  if (value.n === undefined) return 0;
  const { accuracy } = finiteAccuracy(`effectiveRobustness, ${split}`, value);
  return (accuracy * (1 - accuracy)) / value.n;
}

/**
 * The variance that the fitted line gives to Σ w_j · ER_j. All terms lean on the same line, so its error largely cancels
 * in a difference of two ERs: s² · ((Σ w g)² / m + (Σ w g (x − x̄))² / Sxx), g the gain.
 */
export function fitVariance(
  baseline: Baseline,
  terms: readonly { readonly weight: number; readonly parts: Pick<RobustnessParts, "gain" | "x"> }[],
): VarianceComponent {
  const { n, meanScaledId, sumSquaresScaledId, residualStdDev } = baseline;
  let height = 0;
  let tilt = 0;
  for (const { weight, parts } of terms) {
    height += weight * parts.gain;
    tilt += weight * parts.gain * (parts.x - meanScaledId);
  }
  return { variance: residualStdDev ** 2 * (height ** 2 / n + tilt ** 2 / sumSquaresScaledId), df: n - 2 };
}
