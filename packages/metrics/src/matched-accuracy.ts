// Two runs compared where they are equally accurate in distribution: effective robustness at the first time that each
// reaches an ID accuracy, interpolated between its evaluations.

import { checkLevel, type Interval } from "./accuracy.js";
import { type Baseline, predictOod } from "./baseline.js";
import { InputError } from "./errors.js";
import { halfWidth, type VarianceComponent } from "./half-width.js";
import { fitVariance } from "./robustness-parts.js";
import { accuracyOnScale, SCALES } from "./scale.js";
import { checkSteps, type EvaluatedStep, type RunEvaluations } from "./trajectory.js";

/** One run where it first reaches an ID accuracy. */
export interface MatchedRun extends Interval {
  readonly run: string;
  /** interpolated optimiser step; a fraction of one where it lies between evaluations */
  readonly step: number;
  /** interpolated OOD accuracy, a fraction */
  readonly ood: number;
  readonly er: number;
}

/** Two runs at one ID accuracy. */
export interface MatchedAccuracy {
  /** the ID accuracy, a fraction */
  readonly accId: number;
  /** undefined where the run never reaches it, or is above it from its first evaluation on */
  readonly a?: MatchedRun;
  readonly b?: MatchedRun;
  /** ER of a less ER of b; the line's error is in neither, since both lean on it at one place */
  readonly difference?: Interval & { readonly value: number; readonly significant: boolean };
  /** whether the ID accuracy lies outside the testbed's range */
  readonly extrapolated: boolean;
}

/**
 * Compares two runs at the same ID accuracies. Between the last evaluation below an ID accuracy and the first at or above
 * it, OOD accuracy is interpolated linearly in ID accuracy, both on the baseline's scale.
 *
 * The error of an interpolated OOD accuracy holds the sampling errors of both evaluations, of ID accuracy carried over by
 * the slope between them, as if those of one run's two evaluations were one, since they are on the same examples; those of
 * the two runs are taken as independent. Evaluations that lie close together in ID accuracy have no certain slope and so
 * a wide interval, as they should. What the trajectory does between two evaluations is not known and not in it.
 *
 * @param accIds ID accuracies, fractions strictly between 0 and 1
 * @param options.level confidence of each interval, strictly between 0 and 1; 0.95 where left out
 * @throws InputError as `erTrajectory`, and on an accuracy of `accIds` out of range
 */
export function matchedAccuracies(
  baseline: Baseline,
  a: RunEvaluations,
  b: RunEvaluations,
  accIds: readonly number[],
  { level = 0.95 }: { readonly level?: number } = {},
): MatchedAccuracy[] {
  checkLevel("matchedAccuracies", level);
  for (const { run, evaluations } of [a, b]) checkSteps(run, evaluations);
  return accIds.map((accId) => {
    if (!(accId > 0 && accId < 1)) {
      throw new InputError(
        `matchedAccuracies: got an ID accuracy of ${accId}; expected a fraction strictly between 0 and 1`,
      );
    }
    const found = { a: reach(baseline, a, accId), b: reach(baseline, b, accId) };
    const difference = found.a === undefined || found.b === undefined ? undefined : found.a.ood - found.b.ood;
    const half =
      found.a === undefined || found.b === undefined
        ? 0
        : halfWidth([sampling(found.a.variance + found.b.variance)], level);
    const [lowest, highest] = baseline.idRange;
    return {
      accId,
      ...(found.a !== undefined && { a: matched(baseline, a.run, accId, found.a, level) }),
      ...(found.b !== undefined && { b: matched(baseline, b.run, accId, found.b, level) }),
      ...(difference !== undefined && {
        difference: {
          value: difference,
          low: difference - half,
          high: difference + half,
          significant: Math.abs(difference) > half,
        },
      }),
      extrapolated: accId < lowest || accId > highest,
    };
  });
}

/**
 * ID accuracies to compare two runs at: `count`, evenly spaced on the scale inside the range that both climb through.
 *
 * @returns rising; none where the runs have no range in common
 */
export function commonAccuracies(baseline: Baseline, a: RunEvaluations, b: RunEvaluations, count: number): number[] {
  const { forward, inverse } = SCALES[baseline.scale];
  const climbed = [a, b].map(({ run, evaluations }) => {
    checkSteps(run, evaluations);
    const scaled = evaluations.map(({ id }) => forward(accuracyOnScale(baseline.scale, `run ${run}, id`, id).accuracy));
    return { from: scaled[0]!, to: Math.max(...scaled) };
  });
  const from = Math.max(...climbed.map((run) => run.from));
  const to = Math.min(...climbed.map((run) => run.to));
  return from < to ? Array.from({ length: count }, (_, i) => inverse(from + ((to - from) * (i + 0.5)) / count)) : [];
}

interface Reached {
  readonly step: number;
  readonly ood: number;
  /** of the OOD accuracy, by sampling */
  readonly variance: number;
}

function reach(baseline: Baseline, { run, evaluations }: RunEvaluations, accId: number): Reached | undefined {
  const at = evaluations.findIndex(({ id }) => id.accuracy >= accId);
  if (at < 0) return undefined;
  const { inverse, inverseDerivative, forward } = SCALES[baseline.scale];
  const after = scaled(baseline, run, evaluations[at]!);
  const before = at === 0 ? after : scaled(baseline, run, evaluations[at - 1]!);
  const target = forward(accId);
  // Above it from the first evaluation on: when it was reached is not known.
  if (at === 0 && after.x > target) return undefined;
  const rise = after.x - before.x;
  const weight = rise === 0 ? 1 : (target - before.x) / rise;
  const slope = rise === 0 ? baseline.slope : (after.y - before.y) / rise;
  const height = before.y + weight * (after.y - before.y);
  const stdDev = ({ xVariance, yVariance }: Scaled) => Math.sqrt(yVariance + slope ** 2 * xVariance);
  return {
    step: before.step + weight * (after.step - before.step),
    ood: inverse(height),
    variance: (inverseDerivative(height) * ((1 - weight) * stdDev(before) + weight * stdDev(after))) ** 2,
  };
}

interface Scaled {
  readonly step: number;
  readonly x: number;
  readonly y: number;
  readonly xVariance: number;
  readonly yVariance: number;
}

function scaled({ scale }: Baseline, run: string, { step, id, ood }: EvaluatedStep): Scaled {
  const { forward, inverseDerivative } = SCALES[scale];
  const place = (split: "id" | "ood", value: EvaluatedStep["id"]) => {
    const { accuracy } = accuracyOnScale(scale, `run ${run}, step ${step}, ${split}`, value);
    const on = forward(accuracy);
    const variance = value.n === undefined ? 0 : (accuracy * (1 - accuracy)) / value.n;
    return { on, variance: variance / inverseDerivative(on) ** 2 };
  };
  const [x, y] = [place("id", id), place("ood", ood)];
  return { step, x: x.on, y: y.on, xVariance: x.variance, yVariance: y.variance };
}

function matched(
  baseline: Baseline,
  run: string,
  accId: number,
  { step, ood, variance }: Reached,
  level: number,
): MatchedRun {
  const { forward, inverseDerivative } = SCALES[baseline.scale];
  const x = forward(accId);
  const gain = inverseDerivative(baseline.intercept + baseline.slope * x);
  const half = halfWidth([sampling(variance), fitVariance(baseline, [{ weight: 1, parts: { gain, x } }])], level);
  const er = ood - predictOod(baseline, accId);
  return { run, step, ood, er, low: er - half, high: er + half };
}

function sampling(variance: number): VarianceComponent {
  return { variance, df: Number.POSITIVE_INFINITY };
}
