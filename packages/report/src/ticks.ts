// Where the ticks of a logit axis and of a step axis go. Positions are computed here, in data, because Vega has no logit
// scale and a logarithm has no step 0.

import { logistic, logit } from "@er/metrics";

const ROUND = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998,
  0.999,
];
const STEPS = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/**
 * Round accuracies for a logit axis.
 *
 * @param domain the axis, on the logit scale
 * @param most most ticks to give; at least 4 are given where the span allows
 * @returns accuracies as fractions, rising
 */
export function accuracyTicks([low, high]: readonly [number, number], most: number): number[] {
  const inside = (values: readonly number[]) => values.filter((p) => logit(p) >= low && logit(p) <= high);
  const round = inside(ROUND);
  const few = 4;
  const fine = STEPS.map((step) => inside(multiples(step))).find((ticks) => ticks.length >= few);
  const candidates = round.length >= few || fine === undefined ? round : fine;
  const gap = (high - low) / most;
  const kept: number[] = [];
  for (const p of candidates) {
    const last = kept.at(-1);
    if (last === undefined || logit(p) - logit(last) >= gap) kept.push(p);
  }
  return kept;
}

function multiples(step: number): number[] {
  const count = Math.round(1 / step) - 1;
  return Array.from({ length: count }, (_, i) => Number(((i + 1) * step).toFixed(3)));
}

/** A Vega expression that labels a logit in per cent. */
export const LOGIT_LABEL = "format(1 / (1 + exp(-datum.value)), '.2~%')";

/** Position of a step on a logarithmic axis that begins at step 0: log10(step + 1). */
export function stepPosition(step: number): number {
  return Math.log10(step + 1);
}

/** A Vega expression that labels a {@link stepPosition} with its step. */
export const STEP_LABEL = "format(round(pow(10, datum.value) - 1), '~s')";

/** Steps 0, 1, 10, 100 … up to the last, and 3, 30 … between them where there is room. */
export function stepTicks(last: number): number[] {
  const roomForThirds = last < 3000;
  const ticks = [0];
  for (let decade = 1; decade <= last; decade *= 10) {
    ticks.push(decade);
    if (roomForThirds && 3 * decade <= last) ticks.push(3 * decade);
  }
  return ticks;
}

/** The span of some logits with a little air on both sides. */
export function padded(logits: readonly number[]): [number, number] {
  const low = Math.min(...logits);
  const high = Math.max(...logits);
  const air = Math.max(0.06 * (high - low), 0.05);
  return [low - air, high + air];
}

/** The logit of an accuracy, where it is 0 or 1 or, as a linear fit may predict, beyond, the last that an axis is drawn to. */
export function drawnLogit(accuracy: number): number {
  return logit(Math.min(1 - 1e-6, Math.max(1e-6, accuracy)));
}

/** The ends of y = x inside a figure; none where it lies outside. */
export function identityLine(
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
): { x: number; y: number }[] {
  const [from, to] = [Math.max(left, bottom), Math.min(right, top)];
  return from < to ? [from, to].map((v) => ({ x: v, y: v })) : [];
}

/** `count` accuracies evenly spaced on the logit scale, for curves. */
export function accuraciesBetween([low, high]: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => logistic(low + ((high - low) * i) / (count - 1)));
}

/** Powers of ten inside a logarithmic axis; 2 and 5 times them too where it spans fewer than two. */
export function decadeTicks([low, high]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(low));
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  const factors = Math.log10(high / low) < 2 ? [1, 2, 5] : [1];
  // Written out and read back, since a power of ten below 1 is no exact product.
  const ticks = decades.flatMap((decade) => factors.map((factor) => Number(`${factor}e${decade}`)));
  return ticks.filter((tick) => tick >= low && tick <= high);
}
