// The bootstrap interval of effective robustness: models drawn again for the line, examples for the accuracies. The
// interval by formula is in effective-robustness.ts; where right and wrong answers are known example by example,
// paired-bootstrap.ts takes account of the examples that model and testbed share.

import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { type Accuracy, checkLevel } from "./accuracy.js";
import { type Baseline, fitBaseline, scaledModels, type TestbedModel } from "./baseline.js";
import type { EffectiveRobustness } from "./effective-robustness.js";
import { effectiveDf, quantile } from "./half-width.js";
import { type Line, ResampledLine } from "./resampled-line.js";
import { checkReplicates, draws, redrawn, sampleVariance, sortedQuantile } from "./resampling.js";
import { fitVariance, type RobustnessParts, robustnessParts } from "./robustness-parts.js";
import { accuracyOnScale, SCALES, type Scale } from "./scale.js";

/** How a bootstrap is done. */
export interface BootstrapOptions {
  /** the scale that the line is fitted on, logit where left out */
  readonly scale?: Scale;
  /** confidence, strictly between 0 and 1; 0.95 where left out */
  readonly level?: number;
  /** how often all is drawn again, 2,000 where left out */
  readonly replicates?: number;
  /** whole number from 0; the same seed gives the same interval, 0 where left out */
  readonly seed?: number;
}

/** Effective robustness with a bootstrap interval. */
export interface BootstrapRobustness extends EffectiveRobustness {
  readonly replicates: number;
  readonly seed: number;
  /** draws of models with fewer than 2 distinct ID accuracies, which make no line, and were drawn again */
  readonly degenerate: number;
  /** whether examples were drawn again for model and testbed at once; see `pairedBootstrapRobustness` */
  readonly paired: boolean;
}

/**
 * Effective robustness with a percentile bootstrap interval. In each replicate the testbed's models are drawn with
 * replacement and the line is fitted again, and the model's two accuracies are drawn again as binomial counts of their n.
 * The testbed's own accuracies are not drawn again: their sampling error is part of the scatter about the line, which
 * drawing models repeats, and would be counted twice.
 *
 * A plain percentile interval is too narrow for a line through few models: least squares leaves residuals that are
 * √((m − 2) / m) too small, and the normal tails are too short. Both are mended as Hesterberg 2015 ("What Teachers Should
 * Know About the Bootstrap", The American Statistician 69(4), the expanded percentile interval) does for a mean: the
 * deviations of the line are stretched by √(m / (m − 2)), and the percentiles are those of Φ(∓t_ν) with the ν of
 * `effectiveRobustness`. BCa was the alternative; it corrects bias and skewness, neither of which is seen here, and not
 * the narrowness, which is.
 *
 * The interval holds where the testbed's models are draws of one population about one line, the model's examples are
 * draws of theirs, and there are some ten models or more. With very few, draws repeat the same two or three models and
 * lines through them are wild; with 3 or 4 the interval by formula, which leans on normal scatter, is to be preferred.
 *
 * @param models as for `fitBaseline`
 * @param id ID accuracy; 0 and 1 only with n, unless the scale is linear
 * @param ood OOD accuracy
 * @throws InputError as `fitBaseline` and `effectiveRobustness`, and on a seed or a number of replicates that cannot be
 */
export function bootstrapRobustness(
  models: readonly TestbedModel[],
  id: Accuracy,
  ood: Accuracy,
  { scale = "logit", level = 0.95, replicates = 2000, seed = 0 }: BootstrapOptions = {},
): BootstrapRobustness {
  checkLevel("bootstrapRobustness", level);
  checkReplicates(replicates);
  const baseline = fitBaseline(models, { scale });
  const parts = robustnessParts(baseline, id, ood);
  const random = draws(seed);
  const lines = new ResampledLine(scaledModels(models, scale), random);
  const values = new Float64Array(replicates);
  for (let i = 0; i < replicates; i++) {
    const drawnId = redrawn(random, "the model, id", id);
    const drawnOod = redrawn(random, "the model, ood", ood);
    values[i] = drawnOod.accuracy - stretchedPrediction(baseline, lines.next(), drawnId);
  }
  return {
    ...expandedPercentiles(baseline, parts, values, level),
    replicates,
    seed,
    degenerate: lines.degenerate,
    paired: false,
  };
}

/** The OOD accuracy that a drawn line predicts, its deviation from the fitted one stretched by √(m / (m − 2)). */
export function stretchedPrediction(baseline: Baseline, line: Line, id: Accuracy): number {
  const { forward, inverse } = SCALES[baseline.scale];
  const x = forward(accuracyOnScale(baseline.scale, "the model, id", id).accuracy);
  const height = baseline.intercept + baseline.slope * x;
  const drawn = line.intercept + line.slope * x;
  return inverse(height + Math.sqrt(baseline.n / (baseline.n - 2)) * (drawn - height));
}

/** The ER and the interval between the percentiles of `values`, their tails those of Student's t; sorts `values`. */
export function expandedPercentiles(
  baseline: Baseline,
  { er, predicted, extrapolated, uncounted, corrected, ...parts }: RobustnessParts,
  values: Float64Array,
  level: number,
): EffectiveRobustness {
  const fit = fitVariance(baseline, [{ weight: 1, parts }]);
  const rest = { variance: Math.max(0, sampleVariance(values) - fit.variance), df: Number.POSITIVE_INFINITY };
  const tail =
    fit.variance === 0 ? (1 - level) / 2 : normalCdf(-quantile((1 + level) / 2, effectiveDf([fit, rest])), 0, 1);
  values.sort();
  return {
    er,
    low: sortedQuantile(values, tail),
    high: sortedQuantile(values, 1 - tail),
    predicted,
    extrapolated,
    uncounted,
    corrected,
  };
}
