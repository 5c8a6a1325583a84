// The line that ordinary models follow: OOD accuracy against ID accuracy on logit axes (Taori et al. 2020; Miller et
// al. 2021), fitted by unweighted least squares over a testbed. How far one model stands above it is in
// effective-robustness.ts.

import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { type Accuracy, checkLevel, finiteAccuracy, type Interval } from "./accuracy.js";
import { InputError } from "./errors.js";
import { linregress, type Regression } from "./linregress.js";
import { logistic, logit } from "./logit.js";

/** One model of a testbed: its accuracy in distribution and out of distribution. */
export interface TestbedModel {
  readonly model: string;
  readonly id: Accuracy;
  readonly ood: Accuracy;
}

/** An accuracy of exactly 0 or 1 that was moved to (correct + ½) / (n + 1) so that its logit is finite. */
export interface ContinuityCorrection {
  readonly model: string;
  readonly split: "id" | "ood";
  readonly n: number;
  readonly from: number;
  readonly to: number;
}

/** The fitted line logit(OOD) = intercept + slope · logit(ID), and what is needed to draw its bands. */
export interface Baseline extends Regression {
  /** mean of logit(ID) over the models */
  readonly meanLogitId: number;
  /** Σ (logit(ID) − meanLogitId)² */
  readonly sumSquaresLogitId: number;
  /** standard deviation of logit(OOD) about the line, with n − 2 degrees of freedom */
  readonly residualStdDev: number;
  /** smallest and largest ID accuracy of the models, as fractions; beyond them the line is extrapolated */
  readonly idRange: readonly [number, number];
  /** names of the models fitted, in the order given */
  readonly models: readonly string[];
  /** the continuity corrections made, none in most testbeds */
  readonly corrections: readonly ContinuityCorrection[];
}

/**
 * Fits the baseline of a testbed: least squares of logit(OOD accuracy) on logit(ID accuracy), every model counting the
 * same. `slope`, `intercept`, `r`, `p`, `stderr` and `intercept_stderr` equal `scipy.stats.linregress` on the logits.
 *
 * An accuracy of exactly 0 or 1 with a known n is replaced by (correct + ½) / (n + 1) and listed in `corrections`.
 *
 * @param models at least 3, of different names and not all of one ID accuracy; accuracies are fractions
 * @throws InputError on fewer than 3 models, a name given twice, an accuracy that is no fraction (per cent is named as
 *   such), or an accuracy of 0 or 1 without n
 */
export function fitBaseline(models: readonly TestbedModel[]): Baseline {
  if (models.length < 3) {
    throw new InputError(
      `fitBaseline: got ${models.length} model${models.length === 1 ? "" : "s"}; a line with an error needs at least 3`,
    );
  }
  const seen = new Set<string>();
  for (const { model } of models) {
    if (seen.has(model)) {
      throw new InputError(`fitBaseline: model ${JSON.stringify(model)} is given twice; each model counts once`);
    }
    seen.add(model);
  }

  const corrections: ContinuityCorrection[] = [];
  const finite = (model: string, split: "id" | "ood", value: Accuracy): number => {
    const { accuracy, corrected } = finiteAccuracy(`model ${JSON.stringify(model)}, ${split}`, value);
    if (corrected) corrections.push({ model, split, n: value.n!, from: value.accuracy, to: accuracy });
    return accuracy;
  };
  const id = models.map(({ model, id }) => finite(model, "id", id));
  const x = id.map(logit);
  const y = models.map(({ model, ood }) => logit(finite(model, "ood", ood)));
  const same = id.every((accuracy) => accuracy === id[0]);
  if (same) {
    throw new InputError(
      `fitBaseline: all ${models.length} models have ID accuracy ${id[0]}; a line needs models that differ`,
    );
  }

  const line = linregress(x, y);
  const meanLogitId = x.reduce((sum, value) => sum + value, 0) / x.length;
  const residuals = y.map((value, i) => value - line.intercept - line.slope * x[i]!);
  return {
    ...line,
    meanLogitId,
    sumSquaresLogitId: x.reduce((sum, value) => sum + (value - meanLogitId) ** 2, 0),
    residualStdDev: Math.sqrt(residuals.reduce((sum, value) => sum + value * value, 0) / (line.n - 2)),
    idRange: [Math.min(...id), Math.max(...id)],
    models: models.map(({ model }) => model),
    corrections,
  };
}

/**
 * The OOD accuracy that the baseline predicts of a model with this ID accuracy: logistic(intercept + slope · logit(a)).
 *
 * @param accId ID accuracy, a fraction strictly between 0 and 1
 * @returns a fraction
 * @throws InputError where it is not
 */
export function predictOod(baseline: Baseline, accId: number): number {
  const { accuracy } = finiteAccuracy("predictOod", { accuracy: accId });
  return logistic(baseline.intercept + baseline.slope * logit(accuracy));
}

/** The line's standard error at one logit(ID): s · √(1/n + (x − x̄)² / Sxx), on the logit scale. */
export function lineStandardError(baseline: Baseline, logitId: number): number {
  const { n, meanLogitId, sumSquaresLogitId, residualStdDev } = baseline;
  return residualStdDev * Math.sqrt(1 / n + (logitId - meanLogitId) ** 2 / sumSquaresLogitId);
}

/**
 * Where the OOD accuracy of one further ordinary model of this ID accuracy falls: the prediction interval of the
 * regression, s · √(1 + 1/n + (x − x̄)² / Sxx) about the line by Student's t with n − 2 degrees of freedom, brought back
 * from the logit scale. It holds the scatter of the models as well as the line's own uncertainty.
 *
 * @param accId ID accuracy, a fraction strictly between 0 and 1
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
  const x = logit(accId);
  const half =
    tQuantile((1 + level) / 2, baseline.n - 2) * Math.hypot(baseline.residualStdDev, lineStandardError(baseline, x));
  const centre = baseline.intercept + baseline.slope * x;
  return { predicted, low: logistic(centre - half), high: logistic(centre + half) };
}
