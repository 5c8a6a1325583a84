// How far one model's OOD accuracy stands above what the baseline predicts from its ID accuracy (Taori et al. 2020),
// with an interval. The line itself is in baseline.ts.

import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { type Accuracy, checkAccuracy, checkLevel, finiteAccuracy, type Interval } from "./accuracy.js";
import { type Baseline, lineStandardError, predictOod } from "./baseline.js";
import { logit } from "./logit.js";

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
}

/**
 * Effective robustness ρ = a_ood − β(a_id) with β(a) = logistic(intercept + slope · logit(a)), and its interval by the
 * delta method. With p = β(a_id), x = logit(a_id), s the residual standard deviation of the fit over m models:
 *
 * ```
 * V_ood = a_ood (1 − a_ood) / n_ood                                  binomial error of the OOD accuracy
 * V_id  = (p (1 − p) · slope)² / (n_id · a_id (1 − a_id))            of the ID accuracy, carried through β
 * V_fit = (p (1 − p))² · s² · (1/m + (x − x̄)² / Sxx)                 of the fitted line
 * ρ ± t_ν · √(V_ood + V_id + V_fit),   ν = (m − 2) · ((V_ood + V_id + V_fit) / V_fit)²
 * ```
 *
 * ν is Welch and Satterthwaite's: it is m − 2 where the fit is all the error and grows to the normal distribution where
 * it is little of it. The three errors are taken as independent; the scatter of ordinary models about the line is not in
 * the interval (see `predictionBand` for that).
 *
 * At an accuracy of exactly 0 or 1, (correct + ½) / (n + 1) stands in for a_id everywhere and for a_ood in V_ood, so
 * that neither the logit nor the variance degenerates.
 *
 * @param id ID accuracy; 0 and 1 only with n
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
  const { accuracy: accId } = finiteAccuracy("effectiveRobustness, id", id);
  checkAccuracy("effectiveRobustness, ood", ood);

  const predicted = predictOod(baseline, accId);
  const gain = predicted * (1 - predicted);
  const idVariance = id.n === undefined ? 0 : (gain * baseline.slope) ** 2 / (id.n * accId * (1 - accId));
  const fitVariance = (gain * lineStandardError(baseline, logit(accId))) ** 2;
  const variance = oodVariance(ood) + idVariance + fitVariance;
  const df = (baseline.n - 2) * (variance / fitVariance) ** 2;
  const half = quantile((1 + level) / 2, df) * Math.sqrt(variance);

  const er = ood.accuracy - predicted;
  const [lowest, highest] = baseline.idRange;
  return {
    er,
    low: er - half,
    high: er + half,
    predicted,
    extrapolated: accId < lowest || accId > highest,
    uncounted: [...(id.n === undefined ? (["id"] as const) : []), ...(ood.n === undefined ? (["ood"] as const) : [])],
  };
}

function oodVariance(ood: Accuracy): number {
  if (ood.n === undefined) return 0;
  const { accuracy } = finiteAccuracy("effectiveRobustness, ood", ood);
  return (accuracy * (1 - accuracy)) / ood.n;
}

/** Student's t, and the normal distribution for the degrees of freedom at which the two agree to 1e-7. */
function quantile(probability: number, df: number): number {
  return df < 1e7 ? tQuantile(probability, df) : normalQuantile(probability, 0, 1);
}
