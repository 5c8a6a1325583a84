// From independent errors, some known only from a few models or runs, to the half-width of an interval. What the errors
// are is their callers' to say.

import normalQuantile from "@stdlib/stats-base-dists-normal-quantile";
import tQuantile from "@stdlib/stats-base-dists-t-quantile";

/** One independent part of an estimate's variance. */
export interface VarianceComponent {
  readonly variance: number;
  /** degrees of freedom that the variance was estimated with; Infinity where it is known */
  readonly df: number;
}

/**
 * Half the width of the two-sided interval t_ν · √V of an estimate with V = Σ V_i and the effective degrees of freedom
 * ν = V² / Σ (V_i² / ν_i) of Welch and Satterthwaite (Satterthwaite 1946).
 *
 * @param level confidence, strictly between 0 and 1
 */
export function halfWidth(components: readonly VarianceComponent[], level: number): number {
  const variance = components.reduce((sum, component) => sum + component.variance, 0);
  return variance === 0 ? 0 : quantile((1 + level) / 2, effectiveDf(components)) * Math.sqrt(variance);
}

/** Welch's and Satterthwaite's effective degrees of freedom; Infinity where every variance is known. */
export function effectiveDf(components: readonly VarianceComponent[]): number {
  const variance = components.reduce((sum, component) => sum + component.variance, 0);
  return variance ** 2 / components.reduce((sum, component) => sum + component.variance ** 2 / component.df, 0);
}

/** Student's t, and the normal distribution for the degrees of freedom at which the two agree to 1e-7. */
export function quantile(probability: number, df: number): number {
  return df < 1e7 ? tQuantile(probability, df) : normalQuantile(probability, 0, 1);
}
