// The line that ordinary models follow: OOD accuracy against ID accuracy on logit axes, or those of another scale (Taori
// et al. 2020; Miller et al. 2021), fitted by unweighted least squares over a testbed. How far one model stands above it
// is in effective-robustness.ts; which models are ordinary, in select-models.ts.

import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { type Accuracy, checkLevel, type Interval } from "./accuracy.js";
import { InputError } from "./errors.js";
import { linregress, type Regression } from "./linregress.js";
import { accuracyOnScale, SCALES, type Scale } from "./scale.js";

/** One model of a testbed: its accuracy in distribution and out of distribution. */
export interface TestbedModel {
  readonly model: string;
  readonly id: Accuracy;
  readonly ood: Accuracy;
  /** what the testbed takes it for, such as `standard` or `more_data`; undefined where it does not say */
  readonly kind?: string;
  /** accuracy on the split that a floor is set on, where that is another than the ID split */
  readonly floorSplit?: Accuracy;
}

/** An accuracy of exactly 0 or 1 that was moved to (correct + ½) / (n + 1) so that it is finite on the scale. */
export interface ContinuityCorrection {
  readonly model: string;
  readonly split: "id" | "ood";
  readonly n: number;
  readonly from: number;
  readonly to: number;
}

/** The fitted line f(OOD) = intercept + slope · f(ID), f the scale, and what is needed to draw its bands. */
export interface Baseline extends Regression {
  /** the scale f that the line is straight on */
  readonly scale: Scale;
  /** mean of f(ID) over the models */
  readonly meanScaledId: number;
  /** Σ (f(ID) − meanScaledId)² */
  readonly sumSquaresScaledId: number;
  /** standard deviation of f(OOD) about the line, with n − 2 degrees of freedom */
  readonly residualStdDev: number;
  /** smallest and largest ID accuracy of the models, as fractions; beyond them the line is extrapolated */
  readonly idRange: readonly [number, number];
  /** names of the models fitted, in the order given */
  readonly models: readonly string[];
  /** the continuity corrections made, none in most testbeds */
  readonly corrections: readonly ContinuityCorrection[];
}

/** A testbed's models on a scale, in the order given. */
export interface ScaledModels {
  /** f(ID accuracy) */
  readonly x: readonly number[];
  /** f(OOD accuracy) */
  readonly y: readonly number[];
  /** ID accuracies, corrected for continuity where x would not be finite */
  readonly id: readonly number[];
  readonly corrections: readonly ContinuityCorrection[];
}

/**
 * Fits the baseline of a testbed: least squares of f(OOD accuracy) on f(ID accuracy), f the logit or another scale, every
 * model counting the same. `slope`, `intercept`, `r`, `p`, `stderr` and `intercept_stderr` equal
 * `scipy.stats.linregress` on the scaled accuracies.
 *
 * On logit and probit an accuracy of exactly 0 or 1 with a known n is replaced by (correct + ½) / (n + 1) and listed in
 * `corrections`.
 *
 * @param models at least 3, of different names and not all of one ID accuracy; accuracies are fractions
 * @param options.scale the scale to fit on, logit where left out
 * @throws InputError on fewer than 3 models, a name given twice, an accuracy that is no fraction (per cent is named as
 *   such), or an accuracy of 0 or 1 without n
 */
export function fitBaseline(
  models: readonly TestbedModel[],
  { scale = "logit" }: { readonly scale?: Scale } = {},
): Baseline {
  if (models.length < 3) {
    throw new InputError(
      `fitBaseline: got ${models.length} model${models.length === 1 ? "" : "s"}; a line with an error needs at least 3`,
    );
  }
  const { x, y, id, corrections } = scaledModels(models, scale);
  const same = id.every((accuracy) => accuracy === id[0]);
  if (same) {
    throw new InputError(
      `fitBaseline: all ${models.length} models have ID accuracy ${id[0]}; a line needs models that differ`,
    );
  }

  const line = linregress(x, y);
  const meanScaledId = x.reduce((sum, value) => sum + value, 0) / x.length;
  const residuals = y.map((value, i) => value - line.intercept - line.slope * x[i]!);
  return {
    ...line,
    scale,
    meanScaledId,
    sumSquaresScaledId: x.reduce((sum, value) => sum + (value - meanScaledId) ** 2, 0),
    residualStdDev: Math.sqrt(residuals.reduce((sum, value) => sum + value * value, 0) / (line.n - 2)),
    idRange: [Math.min(...id), Math.max(...id)],
    models: models.map(({ model }) => model),
    corrections,
  };
}

/**
 * Puts a testbed's models on a scale.
 *
 * @throws InputError on a name given twice, or an accuracy that is no fraction or is 0 or 1 without n
 */
export function scaledModels(models: readonly TestbedModel[], scale: Scale): ScaledModels {
  const seen = new Set<string>();
  for (const { model } of models) {
    if (seen.has(model)) {
      throw new InputError(`fitBaseline: model ${JSON.stringify(model)} is given twice; each model counts once`);
    }
    seen.add(model);
  }
  const corrections: ContinuityCorrection[] = [];
  const finite = (model: string, split: "id" | "ood", value: Accuracy): number => {
    const { accuracy, corrected } = accuracyOnScale(scale, `model ${JSON.stringify(model)}, ${split}`, value);
    if (corrected) corrections.push({ model, split, n: value.n!, from: value.accuracy, to: accuracy });
    return accuracy;
  };
  const { forward } = SCALES[scale];
  const id = models.map(({ model, id }) => finite(model, "id", id));
  return { x: id.map(forward), y: models.map(({ model, ood }) => forward(finite(model, "ood", ood))), id, corrections };
}

/**
 * The OOD accuracy that the baseline predicts of a model with this ID accuracy: f⁻¹(intercept + slope · f(a)).
 *
 * @param accId ID accuracy, a fraction strictly between 0 and 1 (0 and 1 too on the linear scale)
 * @returns a fraction; on the linear scale it may lie outside 0 to 1
 * @throws InputError where it is not
 */
export function predictOod(baseline: Baseline, accId: number): number {
  const { accuracy } = accuracyOnScale(baseline.scale, "predictOod", { accuracy: accId });
  const { forward, inverse } = SCALES[baseline.scale];
  return inverse(baseline.intercept + baseline.slope * forward(accuracy));
}

/** The line's standard error at one f(ID): s · √(1/n + (x − x̄)² / Sxx), on the baseline's scale. */
function lineStandardError(baseline: Baseline, scaledId: number): number {
  const { n, meanScaledId, sumSquaresScaledId, residualStdDev } = baseline;
  return residualStdDev * Math.sqrt(1 / n + (scaledId - meanScaledId) ** 2 / sumSquaresScaledId);
}

/**
 * The standard deviation of one further ordinary model about the line at one f(ID): s · √(1 + 1/n + (x − x̄)² / Sxx), on
 * the baseline's scale.
 */
export function predictionStdDev(baseline: Baseline, scaledId: number): number {
  return Math.hypot(baseline.residualStdDev, lineStandardError(baseline, scaledId));
}

/**
 * Where the OOD accuracy of one further ordinary model of this ID accuracy falls: the prediction interval of the
 * regression, s · √(1 + 1/n + (x − x̄)² / Sxx) about the line by Student's t with n − 2 degrees of freedom, brought back
 * from the baseline's scale. It holds the scatter of the models as well as the line's own uncertainty.
 *
 * @param accId ID accuracy, a fraction strictly between 0 and 1 (0 and 1 too on the linear scale)
 * @returns fractions
 * @throws InputError where accId or the level is out of range
 */
export function predictionBand(
  baseline: Baseline,
  accId: number,
  { level = 0.95 }: { readonly level?: number } = {},
): Interval & { readonly predicted: number } {
  checkLevel("predictionBand", level);
  const predicted = predictOod(baseline, accId);
  const { forward, inverse } = SCALES[baseline.scale];
  const x = forward(accId);
  const half = tQuantile((1 + level) / 2, baseline.n - 2) * predictionStdDev(baseline, x);
  const centre = baseline.intercept + baseline.slope * x;
  return { predicted, low: inverse(centre - half), high: inverse(centre + half) };
}
