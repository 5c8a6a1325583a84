// How far one model's OOD accuracy stands above what the baseline predicts from its ID accuracy (Taori et al. 2020),
// with an interval by the delta method. The line itself is in baseline.ts, the bootstrap in bootstrap-robustness.ts.

import { type Accuracy, checkLevel, type Interval } from "./accuracy.js";
import { type Baseline, predictionStdDev } from "./baseline.js";
import { halfWidth } from "./half-width.js";
import { fitVariance, type RobustnessParts, robustnessParts } from "./robustness-parts.js";
import { accuracyOnScale, SCALES } from "./scale.js";

/** Effective robustness of one model, as a difference of fractions: 0.02 is two percentage points. */
export interface EffectiveRobustness extends Interval {
  /** OOD accuracy less the OOD accuracy predicted by the baseline */
  readonly er: number;
  /** OOD accuracy predicted by the baseline, a fraction */
  readonly predicted: number;
  /** whether the ID accuracy lies outside the baseline's `idRange` */
  readonly extrapolated: boolean;
  /** accuracies given without n: their sampling error is not in the interval, which is then too narrow */
  readonly uncounted: readonly ("id" | "ood")[];
  /** accuracies of exactly 0 or 1 for which (correct + ½) / (n + 1) stood in; for OOD in the variance alone */
  readonly corrected: readonly ("id" | "ood")[];
}

/**
 * Effective robustness ρ = a_ood − β(a_id) with β(a) = f⁻¹(intercept + slope · f(a)), f the baseline's scale, and its
 * interval by the delta method. With p = β(a_id), x = f(a_id), g = (f⁻¹)′, s the residual standard deviation of the fit
 * over m models:
 *
 * ```
 * V_ood = a_ood (1 − a_ood) / n_ood                                  binomial error of the OOD accuracy
 * V_id  = (g(f(p)) · slope / g(x))² · a_id (1 − a_id) / n_id         of the ID accuracy, carried through β
 * V_fit = g(f(p))² · s² · (1/m + (x − x̄)² / Sxx)                     of the fitted line
 * ρ ± t_ν · √(V_ood + V_id + V_fit),   ν = (m − 2) · ((V_ood + V_id + V_fit) / V_fit)²
 * ```
 *
 * On the logit scale g(f(p)) is p (1 − p). ν is Welch and Satterthwaite's: it is m − 2 where the fit is all the error and
 * grows to the normal distribution where it is little of it. The three errors are taken as independent; the scatter of
 * ordinary models about the line is not in the interval (see `predictionBand` for that).
 *
 * At an accuracy of exactly 0 or 1, (correct + ½) / (n + 1) stands in for a_id everywhere (on the linear scale in V_id
 * alone) and for a_ood in V_ood, so that neither the scale nor the variance degenerates.
 *
 * @param id ID accuracy; 0 and 1 only with n, unless the scale is linear
 * @param ood OOD accuracy; 0 and 1 with or without n
 * @param options.level confidence, strictly between 0 and 1
 * @throws InputError on an accuracy that is no fraction, an ID accuracy of 0 or 1 without n, or a level out of range
 */
export function effectiveRobustness(
  baseline: Baseline,
  id: Accuracy,
  ood: Accuracy,
  { level = 0.95 }: { readonly level?: number } = {},
): EffectiveRobustness {
  checkLevel("effectiveRobustness", level);
  const parts = robustnessParts(baseline, id, ood);
  return withInterval(parts, singleHalfWidth(baseline, parts, level));
}

/** Half the width of the interval of one ER. */
export function singleHalfWidth(baseline: Baseline, parts: RobustnessParts, level: number): number {
  const sampling = { variance: parts.samplingVariance, df: Number.POSITIVE_INFINITY };
  return halfWidth([sampling, fitVariance(baseline, [{ weight: 1, parts }])], level);
}

/** An ER with the interval of this half-width. */
export function withInterval(parts: RobustnessParts, half: number): EffectiveRobustness {
  const { er, predicted, extrapolated, uncounted, corrected } = parts;
  return { er, low: er - half, high: er + half, predicted, extrapolated, uncounted, corrected };
}

/**
 * How many standard deviations of ordinary models a model stands above the line: (f(a_ood) − intercept − slope · f(a_id))
 * over s · √(1 + 1/n + (x − x̄)² / Sxx), f the baseline's scale. An ordinary model's follows Student's t with n − 2
 * degrees of freedom.
 *
 * @throws InputError on an accuracy that is no fraction, or is 0 or 1 without n (unless the scale is linear)
 */
export function erZScore(baseline: Baseline, id: Accuracy, ood: Accuracy): number {
  const { forward } = SCALES[baseline.scale];
  const x = forward(accuracyOnScale(baseline.scale, "the model, id", id).accuracy);
  const y = forward(accuracyOnScale(baseline.scale, "the model, ood", ood).accuracy);
  return (y - baseline.intercept - baseline.slope * x) / predictionStdDev(baseline, x);
}
