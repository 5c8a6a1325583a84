// What is said of a trajectory, in words: its peak, its end, and where the line is extrapolated.
import type { End, Interval, Peak } from "@er/metrics";
import { type Along, placeOf } from "@er/report";

/** A difference of fractions in signed points. */
export const points = (value: number) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(2)}`;

/** A fraction in per cent. */
export const percent = (fraction: number) => (100 * fraction).toFixed(2);

/** The two ends of an interval in signed points. */
export const between = ({ low, high }: Interval) => `${points(low)} to ${points(high)}`;

/** What the evaluations follow one another along. */
export interface Going {
  readonly along: Along;
  /** What there is to mind where they are measured against their testbed. */
  readonly caveats?: readonly string[];
}

const mind = ({ caveats = [] }: Going) => caveats.map((caveat) => `; mind: ${caveat}`).join("");

/** Where the highest of all evaluations is, with both its intervals and whether it is above 0. */
export function peakText(
  { step, accId, er, low, high, simultaneous, of, significant, extrapolated }: Peak,
  going: Going,
): string {
  const where = `at ${placeOf(going, step)} (ID ${percent(accId)} %${extrapolated ? ", extrapolated" : ""})`;
  const verdict = significant ? "significantly above 0" : "not significantly above 0";
  return `peak ${points(er)} points ${where}, 95 % interval ${between({ low, high })}; as the highest of ${of} evaluations ${between(simultaneous)}: ${verdict}${mind(going)}`;
}

/** What is left at the last evaluation, and whether the drop from the peak is more than chance. */
export function endText(
  { step, accId, er, low, high, significant, vanished, drop, extrapolated }: End,
  going: Going,
): string {
  const where = `at ${placeOf(going, step)} (ID ${percent(accId)} %${extrapolated ? ", extrapolated" : ""})`;
  const left = `end ${points(er)} points ${where}, 95 % interval ${between({ low, high })}: ${significant ? "still above 0" : vanished ? "vanished (the interval is not above 0)" : "not above 0, nor was the peak"}`;
  const from =
    drop === undefined
      ? "the peak is the end"
      : `drop from the peak ${points(drop.value)} points, ${between(drop)} over all drops: ${drop.significant ? "significant" : "not significant"}`;
  return `${left}; ${from}${mind(going)}`;
}

/** How many evaluations are where the line is extrapolated; none where there are none. */
export function extrapolationLines(count: number, of: number, [low, high]: readonly [number, number]): string[] {
  return count === 0
    ? []
    : [
        `warning: at ${count} of ${of} evaluations the ID accuracy lies outside the testbed's ${percent(low)} to ${percent(high)} %, where the line is extrapolated`,
      ];
}
