// Effective robustness along several runs of one setting, seeds say, at the steps that they share: their mean, how they
// spread, and the mean's peak and end. One run alone is in trajectory.ts.

import { checkLevel, type Interval } from "./accuracy.js";
import type { Baseline } from "./baseline.js";
import { InputError } from "./errors.js";
import { halfWidth, type VarianceComponent } from "./half-width.js";
import { draws, sampleVariance, sortedQuantile } from "./resampling.js";
import { fitVariance, type RobustnessParts, robustnessParts } from "./robustness-parts.js";
import {
  bonferroni,
  checkSteps,
  type End,
  endOf,
  highest,
  type Peak,
  peakOf,
  type RunEvaluations,
  withinRange,
} from "./trajectory.js";

/** The runs' ER at one step. */
export interface BandStep extends Interval {
  readonly step: number;
  /** mean over runs of the ID accuracy, a fraction */
  readonly accId: number;
  /** mean over runs of ER; `low` and `high` hold its whole error, of runs, examples and line */
  readonly er: number;
  /** number of runs that were evaluated at this step */
  readonly runs: number;
  /** standard deviation over runs by √runs; undefined for a single run */
  readonly standardError?: number;
  /** percentile interval of the mean over runs drawn with replacement: of the runs' spread alone; undefined for one run */
  readonly bootstrap?: Interval;
  /** whether any run's ID accuracy lies outside the testbed's range */
  readonly extrapolated: boolean;
}

/** Effective robustness along several runs. */
export interface MeanTrajectory {
  /** every step that any run was evaluated at, rising */
  readonly steps: readonly BandStep[];
  /** of the mean, over the steps that all runs share and at which no run's line is extrapolated, where there are any */
  readonly peak: Peak;
  /** of the mean, at the last step that all runs share */
  readonly end: End;
  readonly runs: readonly string[];
}

/** How the mean is given intervals. */
export interface MeanTrajectoryOptions {
  /** confidence, strictly between 0 and 1; 0.95 where left out */
  readonly level?: number;
  /** draws of runs, 2,000 where left out */
  readonly replicates?: number;
  /** whole number from 0; 0 where left out */
  readonly seed?: number;
}

/**
 * The mean effective robustness of several runs at matched steps.
 *
 * `low` and `high` of a step are the mean ± t_ν · √(s² / R + V_sampling + V_fit): s the standard deviation over the R runs
 * (R − 1 degrees of freedom), V_fit of the line, which all runs lean on, and V_sampling that of a single evaluation, since
 * runs are evaluated on the same examples and a mean of them is not better known than the examples allow. With one run s
 * is left out. ν is Welch and Satterthwaite's.
 *
 * `bootstrap` shows how the runs spread and no more. With R runs it lies between the lowest and the highest, which cover
 * the mean of all runs that could be with probability 1 − 2^(1 − R) at most: 75 % for three. It is not what peak and end
 * are judged by.
 *
 * @param runs at least one, of different names, with at least one step that all share
 * @throws InputError on no runs, a name given twice, no shared step, and as `erTrajectory`
 */
export function meanTrajectory(
  baseline: Baseline,
  runs: readonly RunEvaluations[],
  { level = 0.95, replicates = 2000, seed = 0 }: MeanTrajectoryOptions = {},
): MeanTrajectory {
  checkLevel("meanTrajectory", level);
  if (runs.length === 0) throw new InputError("meanTrajectory: got no runs; expected at least one");
  for (const [i, { run, evaluations }] of runs.entries()) {
    checkSteps(run, evaluations);
    if (runs.findIndex((other) => other.run === run) !== i) {
      throw new InputError(`meanTrajectory: run ${run} is given twice; each run counts once`);
    }
  }
  const at = partsByStep(baseline, runs);
  const all = [...at.keys()].sort((a, b) => a - b);
  const shared = all.filter((step) => at.get(step)!.length === runs.length);
  if (shared.length === 0) {
    throw new InputError(
      `runs ${runs.map(({ run }) => run).join(", ")}: no step at which all were evaluated; expected runs of one setting`,
    );
  }

  const random = draws(seed);
  const steps = all.map((step): BandStep => {
    const cells = at.get(step)!;
    const values = cells.map(({ parts }) => parts.er);
    const half = halfWidth(components(baseline, [{ weight: 1, cells }]), level);
    return {
      step,
      accId: mean(cells.map(({ accId }) => accId)),
      er: mean(values),
      low: mean(values) - half,
      high: mean(values) + half,
      runs: cells.length,
      ...(cells.length > 1 && {
        standardError: Math.sqrt(sampleVariance(values) / cells.length),
        bootstrap: bootstrapOfMean(values, random.below, replicates, level),
      }),
      extrapolated: cells.some(({ parts }) => parts.extrapolated),
    };
  });

  const everyones = steps.filter(({ step }) => shared.includes(step));
  const judged = withinRange(everyones, ({ extrapolated }) => extrapolated);
  const highestStep = highest(judged, ({ er }) => er);
  const end = everyones.at(-1)!;
  const k = judged.length;
  const halfOf = (terms: readonly Term[], of: number) => halfWidth(components(baseline, terms), bonferroni(level, of));
  const cellsAt = ({ step }: BandStep) => at.get(step)!;
  const peak = peakOf(highestStep, k, halfOf([{ weight: 1, cells: cellsAt(highestStep) }], k));
  const drops = judged.filter((step) => step !== end).length;
  const drop = () => ({
    value: highestStep.er - end.er,
    half: halfOf(
      [
        { weight: 1, cells: cellsAt(highestStep) },
        { weight: -1, cells: cellsAt(end) },
      ],
      drops,
    ),
  });
  return {
    steps,
    peak,
    end: endOf(end, peak, highestStep === end ? undefined : drop()),
    runs: runs.map(({ run }) => run),
  };
}

interface Cell {
  readonly accId: number;
  readonly parts: RobustnessParts;
}

/** The runs at one step, in one order, and how their mean counts. */
interface Term {
  readonly weight: number;
  readonly cells: readonly Cell[];
}

function partsByStep(baseline: Baseline, runs: readonly RunEvaluations[]): Map<number, Cell[]> {
  const at = new Map<number, Cell[]>();
  for (const { evaluations } of runs) {
    for (const { step, id, ood } of evaluations) {
      const cell = { accId: id.accuracy, parts: robustnessParts(baseline, id, ood) };
      const cells = at.get(step);
      if (cells === undefined) at.set(step, [cell]);
      else cells.push(cell);
    }
  }
  return at;
}

/** The error of a weighted sum of means over the same runs: of runs, paired by run; of examples; of the line. */
function components(baseline: Baseline, terms: readonly Term[]): VarianceComponent[] {
  const n = terms[0]!.cells.length;
  const byRun = Array.from({ length: n }, (_, r) =>
    terms.reduce((sum, { weight, cells }) => sum + weight * cells[r]!.parts.er, 0),
  );
  const sampling = terms.reduce((sum, { weight, cells }) => {
    // As if the runs' sampling errors were one: then standard deviations average, where independent variances would.
    return sum + (weight * mean(cells.map(({ parts }) => Math.sqrt(parts.samplingVariance)))) ** 2;
  }, 0);
  const fit = fitVariance(
    baseline,
    terms.flatMap(({ weight, cells }) => cells.map(({ parts }) => ({ weight: weight / n, parts }))),
  );
  return [
    ...(n > 1 ? [{ variance: sampleVariance(byRun) / n, df: n - 1 }] : []),
    { variance: sampling, df: Number.POSITIVE_INFINITY },
    fit,
  ];
}

function bootstrapOfMean(
  values: readonly number[],
  below: (n: number) => number,
  replicates: number,
  level: number,
): Interval {
  const means = new Float64Array(replicates);
  for (let i = 0; i < replicates; i++) {
    let sum = 0;
    for (let j = 0; j < values.length; j++) sum += values[below(values.length)]!;
    means[i] = sum / values.length;
  }
  means.sort();
  return { low: sortedQuantile(means, (1 - level) / 2), high: sortedQuantile(means, (1 + level) / 2) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
