// Effective robustness with the intervals of the ImageNet testbed's own convention. The intervals that are meant to cover
// 95 % are in effective-robustness.ts and bootstrap-robustness.ts.

import { type Accuracy, accuracyInterval, type Interval } from "./accuracy.js";
import { fitBaseline, scaledModels, type TestbedModel } from "./baseline.js";
import type { EffectiveRobustness } from "./effective-robustness.js";
import { InputError } from "./errors.js";
import { ResampledLine } from "./resampled-line.js";
import { checkReplicates, draws, sortedQuantile } from "./resampling.js";
import { robustnessParts } from "./robustness-parts.js";
import { SCALES, type Scale } from "./scale.js";

/** How the testbed's convention is followed. */
export interface TestbedRobustnessOptions {
  /** the scale that the line is fitted on, logit where left out */
  readonly scale?: Scale;
  /** refits of the line, 1,000 where left out, as there */
  readonly replicates?: number;
  /** whole number from 0; the same seed gives the same interval, 0 where left out */
  readonly seed?: number;
}

/** Effective robustness with the testbed's intervals. */
export interface TestbedRobustness extends EffectiveRobustness {
  /** Clopper-Pearson interval of the ID accuracy, level 99.5 % */
  readonly id: Interval;
  /** Clopper-Pearson interval of the OOD accuracy, level 99.5 % */
  readonly ood: Interval;
  /** the 95 % percentile interval of the predicted OOD accuracy over refits of the line, at the ID accuracy itself */
  readonly line: Interval;
  readonly replicates: number;
  readonly seed: number;
  /** draws of models that make no line, and were drawn again */
  readonly degenerate: number;
}

const ACCURACY_LEVEL = 0.995;
const LINE_LEVEL = 0.95;

/**
 * Effective robustness by the convention of Taori et al. 2020: a Clopper-Pearson interval of level 99.5 % for each
 * accuracy, and for the line the 95 % percentiles of 1,000 refits to models drawn with replacement.
 *
 * The testbed gives these three apart and none for ER. Here ER lies between the ends of the OOD interval less the extremes
 * of the line over the ID interval: `low = ood.low − max line`, `high = ood.high − min line`. Three worst cases at once
 * make that far wider than 95 %; it says what the convention allows, no more.
 *
 * @param models as for `fitBaseline`
 * @param id ID accuracy with n
 * @param ood OOD accuracy with n
 * @throws InputError as `fitBaseline`, on an accuracy without n, and on a seed or a number of replicates that cannot be
 */
export function testbedRobustness(
  models: readonly TestbedModel[],
  id: Accuracy,
  ood: Accuracy,
  { scale = "logit", replicates = 1000, seed = 0 }: TestbedRobustnessOptions = {},
): TestbedRobustness {
  checkReplicates(replicates);
  const { er, predicted, x, extrapolated, uncounted, corrected } = robustnessParts(
    fitBaseline(models, { scale }),
    id,
    ood,
  );
  const intervals = { id: exact("id", id), ood: exact("ood", ood) };
  const { forward, inverse } = SCALES[scale];
  // An end of exactly 0 or 1 has no place on the scale; half an example from it has.
  const margin = scale === "linear" ? 0 : 0.5 / (id.n! + 1);
  const at = [x, forward(Math.max(margin, intervals.id.low)), forward(Math.min(1 - margin, intervals.id.high))];

  const lines = new ResampledLine(scaledModels(models, scale), draws(seed));
  const heights = at.map(() => new Float64Array(replicates));
  for (let i = 0; i < replicates; i++) {
    const { slope, intercept } = lines.next();
    for (const [j, values] of heights.entries()) values[i] = inverse(intercept + slope * at[j]!);
  }
  const [line, ...ends] = heights.map((values): Interval => {
    values.sort();
    return {
      low: sortedQuantile(values, (1 - LINE_LEVEL) / 2),
      high: sortedQuantile(values, (1 + LINE_LEVEL) / 2),
    };
  });
  return {
    er,
    low: intervals.ood.low - Math.max(...ends.map(({ high }) => high)),
    high: intervals.ood.high - Math.min(...ends.map(({ low }) => low)),
    predicted,
    extrapolated,
    uncounted,
    corrected,
    ...intervals,
    line: line!,
    replicates,
    seed,
    degenerate: lines.degenerate,
  };
}

function exact(split: "id" | "ood", { accuracy, n, correct }: Accuracy): Interval {
  if (n === undefined) {
    throw new InputError(
      `testbedRobustness, ${split}: the testbed's convention needs n, the number of examples; give the accuracy as correct/n`,
    );
  }
  return accuracyInterval(correct ?? Math.round(accuracy * n), n, { method: "clopper-pearson", level: ACCURACY_LEVEL });
}
