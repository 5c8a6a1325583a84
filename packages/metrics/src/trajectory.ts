// Effective robustness along one run of fine-tuning: its value at every evaluation, its peak, and whether it has
// vanished at the end. Several runs of one setting are in mean-trajectory.ts, two compared in matched-accuracy.ts.

import { type Accuracy, checkLevel, type Interval } from "./accuracy.js";
import type { Baseline } from "./baseline.js";
import { type EffectiveRobustness, singleHalfWidth, withInterval } from "./effective-robustness.js";
import { InputError } from "./errors.js";
import { halfWidth } from "./half-width.js";
import { fitVariance, type RobustnessParts, robustnessParts } from "./robustness-parts.js";

/** One evaluation of a model in training. */
export interface EvaluatedStep {
  /** optimiser steps taken, from 0 */
  readonly step: number;
  readonly id: Accuracy;
  readonly ood: Accuracy;
}

/** A training run's evaluations. */
export interface RunEvaluations {
  readonly run: string;
  /** at least one, in rising step order */
  readonly evaluations: readonly EvaluatedStep[];
}

/** ER of one evaluation. */
export interface TrajectoryStep extends EffectiveRobustness {
  readonly step: number;
  /** ID accuracy, a fraction */
  readonly accId: number;
  /** OOD accuracy, a fraction */
  readonly accOod: number;
}

/** The highest ER of a trajectory, among its evaluations within the testbed's range where there are any. */
export interface Peak extends Interval {
  readonly step: number;
  /** ID accuracy there, a fraction */
  readonly accId: number;
  readonly er: number;
  /**
   * interval that holds for all k evaluations at once (Bonferroni: level 1 − (1 − level) / k each), and so for the highest
   * of them, whose own interval is flattered by having been picked
   */
  readonly simultaneous: Interval;
  /** number of evaluations that it is the highest of */
  readonly of: number;
  /** whether the simultaneous interval lies above 0 */
  readonly significant: boolean;
  /** whether the line is extrapolated there, as it then is at every evaluation */
  readonly extrapolated: boolean;
}

/** What is left of ER at the last evaluation. */
export interface End extends Interval {
  readonly step: number;
  readonly accId: number;
  readonly er: number;
  /** whether the interval lies above 0 */
  readonly significant: boolean;
  /** whether the peak was significant and this is not; what never was there does not vanish */
  readonly vanished: boolean;
  readonly extrapolated: boolean;
  /** ER of the peak less ER here, with its interval for all drops to here at once; undefined where the peak is here */
  readonly drop?: Interval & { readonly value: number; readonly significant: boolean };
}

/** Effective robustness along a run. */
export interface Trajectory {
  readonly run: string;
  readonly steps: readonly TrajectoryStep[];
  readonly peak: Peak;
  readonly end: End;
  /** number of evaluations whose ID accuracy lies outside the testbed's range, where the line is extrapolated */
  readonly extrapolated: number;
}

/**
 * Effective robustness along a run, each evaluation with the interval of {@link effectiveRobustness}.
 *
 * The drop from peak to end leans on one line at both ends, whose error largely cancels (see `fitVariance`); the sampling
 * errors of the two evaluations are taken as independent, which is wide where both are on the same examples.
 *
 * @param options.level confidence, strictly between 0 and 1; 0.95 where left out
 * @throws InputError on a run without evaluations or with steps that do not rise, and as `effectiveRobustness`
 */
export function erTrajectory(
  baseline: Baseline,
  { run, evaluations }: RunEvaluations,
  { level = 0.95 }: { readonly level?: number } = {},
): Trajectory {
  checkLevel("erTrajectory", level);
  checkSteps(run, evaluations);
  const all = evaluations.map(({ id, ood }) => robustnessParts(baseline, id, ood));
  const steps = evaluations.map(({ step, id, ood }, i) => ({
    step,
    accId: id.accuracy,
    accOod: ood.accuracy,
    ...withInterval(all[i]!, singleHalfWidth(baseline, all[i]!, level)),
  }));
  const last = steps.length - 1;
  const judged = withinRange([...steps.keys()], (i) => steps[i]!.extrapolated);
  const peakAt = highest(judged, (i) => all[i]!.er);
  const peak = peakOf(
    steps[peakAt]!,
    judged.length,
    singleHalfWidth(baseline, all[peakAt]!, bonferroni(level, judged.length)),
  );
  const drops = judged.filter((i) => i !== last).length;
  const drop = () => ({
    value: all[peakAt]!.er - all[last]!.er,
    half: differenceHalfWidth(baseline, all[peakAt]!, all[last]!, bonferroni(level, drops)),
  });
  return {
    run,
    steps,
    peak,
    end: endOf(steps[last]!, peak, peakAt === last ? undefined : drop()),
    extrapolated: steps.filter(({ extrapolated }) => extrapolated).length,
  };
}

/** The level at which each of k intervals must hold for all to hold at `level` (Bonferroni). */
export function bonferroni(level: number, k: number): number {
  return 1 - (1 - level) / k;
}

/** Those at which the line is not extrapolated; all where it is at each. A peak is looked for among them. */
export function withinRange<T>(all: readonly T[], extrapolated: (one: T) => boolean): readonly T[] {
  const within = all.filter((one) => !extrapolated(one));
  return within.length > 0 ? within : all;
}

/** The first of those with the largest value. */
export function highest<T>(all: readonly T[], value: (one: T) => number): T {
  return all.reduce((best, one) => (value(one) > value(best) ? one : best));
}

/** A step as the peak of `of` evaluations, with half the width of its simultaneous interval. */
export function peakOf(
  {
    step,
    accId,
    er,
    low,
    high,
    extrapolated,
  }: Pick<TrajectoryStep, "step" | "accId" | "er" | "low" | "high" | "extrapolated">,
  of: number,
  half: number,
): Peak {
  const simultaneous = { low: er - half, high: er + half };
  return { step, accId, er, low, high, simultaneous, of, significant: simultaneous.low > 0, extrapolated };
}

/** A step as the end after a peak, with the drop from there and half the width of its interval. */
export function endOf(
  {
    step,
    accId,
    er,
    low,
    high,
    extrapolated,
  }: Pick<TrajectoryStep, "step" | "accId" | "er" | "low" | "high" | "extrapolated">,
  peak: Pick<Peak, "significant">,
  drop: { readonly value: number; readonly half: number } | undefined,
): End {
  const significant = low > 0;
  const end = { step, accId, er, low, high, significant, vanished: peak.significant && !significant, extrapolated };
  if (drop === undefined) return end;
  const { value, half } = drop;
  return { ...end, drop: { value, low: value - half, high: value + half, significant: value - half > 0 } };
}

/** @throws InputError where there are no evaluations, or their steps do not rise */
export function checkSteps(run: string, evaluations: readonly { readonly step: number }[]): void {
  if (evaluations.length === 0) throw new InputError(`run ${run}: no evaluations; expected at least one`);
  const back = evaluations.findIndex(({ step }, i) => i > 0 && step <= evaluations[i - 1]!.step);
  if (back > 0) {
    throw new InputError(
      `run ${run}: step ${evaluations[back]!.step} comes after step ${evaluations[back - 1]!.step}; expected rising steps`,
    );
  }
}

function differenceHalfWidth(baseline: Baseline, a: RobustnessParts, b: RobustnessParts, level: number): number {
  const sampling = { variance: a.samplingVariance + b.samplingVariance, df: Number.POSITIVE_INFINITY };
  const fit = fitVariance(baseline, [
    { weight: 1, parts: a },
    { weight: -1, parts: b },
  ]);
  return halfWidth([sampling, fit], level);
}
