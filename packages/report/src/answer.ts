// The answer that a report gives: how high effective robustness rose in training, whether that is more than chance, and what
// is left of it at the end.

import type { BandStep, Interval } from "@er/metrics";
import { alongOf, placeOf } from "./along.js";
import { percent, points } from "./format.js";
import { accuracies } from "./run-report.js";
import { baselineOfStudy, groupTrajectory, isFitted, type Study, type StudyGroup } from "./study.js";

/** What a report asks of one OOD split. */
export function question(study: Study, oodSplit: string): string {
  if (alongOf(study) === "interpolation") {
    return `Is a model between the two more accurate on ${oodSplit} than ordinary models of its accuracy on ${study.idSplit} are?`;
  }
  return `Does fine-tuning leave a model more accurate on ${oodSplit} than ordinary models of its accuracy on ${study.idSplit} are, and does that last?`;
}

/**
 * The answer for one group and one OOD split in a sentence: the highest effective robustness with its 95 % interval, step and
 * ID accuracy, whether it is above 0 by the interval that holds for all evaluations at once, where it stands at the end, and
 * whether the line was extrapolated. The highest is looked for inside the baseline's range, where there are evaluations; where there
 * are none, that is said first. Of several runs it is the mean's. Without a baseline: both accuracies at the end, and that there is none.
 *
 * @throws InputError where a run lacks the split or evaluations, or the runs have no step in common
 */
export function answer(study: Study, group: StudyGroup, oodSplit: string): string {
  if (!isFitted(study, oodSplit)) return answerWithoutBaseline(study, group, oodSplit);
  const { baseline, caveats = [] } = baselineOfStudy(study, oodSplit);
  const { idRange } = baseline;
  const { steps, peak, end } = groupTrajectory(study, group, oodSplit);
  const left = steps.filter(({ extrapolated, runs }) => extrapolated && runs === group.runs.length).length;
  const n = group.runs.length;
  const outside = n === 1 ? "" : "some of the runs ";
  const where = ({ step, accId, extrapolated }: Pick<BandStep, "step" | "accId" | "extrapolated">) =>
    `at ${placeOf(group.runs[0]!.report, step)} (${percent(accId)} on ${study.idSplit}${extrapolated ? `, ${outside}outside the baseline's ${percent(idRange[0])} to ${percent(idRange[1])}, so extrapolated` : ""})`;
  const of = n === 1 ? "" : `, the mean of ${n} runs,`;
  const one = peak.of === 1;
  const among = left > 0 && !peak.extrapolated ? ` of those within the baseline's range` : "";
  const warning = peak.extrapolated
    ? "At every evaluation the line is extrapolated, so what follows rests on no ordinary model of such accuracy. "
    : "";
  const sentence =
    `${warning}Effective robustness on ${oodSplit}${of} was highest${among} ${where(peak)}: ${withInterval(peak)}` +
    (one
      ? `, ${verdict(peak)}; `
      : `, as the highest of ${peak.of} evaluations ${between(peak.simultaneous)}: ${verdict(peak.simultaneous)}; `) +
    (peak.step === end.step
      ? "that is the last evaluation."
      : `at the end, ${where(end)}, it was ${withInterval(end)}, ${verdict(end)}.`);
  return withCaveats(sentence, [...caveats, ...caveatsOfRuns(group)]);
}

function answerWithoutBaseline(study: Study, group: StudyGroup, oodSplit: string): string {
  const ends = group.runs.map(({ report }) => accuracies(report, oodSplit).at(-1)!);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const step = Math.max(...ends.map((end) => end.step));
  const of = ends.length === 1 ? "" : `, in the mean of ${ends.length} runs,`;
  return withCaveats(
    `At the end, at ${placeOf(group.runs[0]!.report, step)},${of} accuracy was ${percent(mean(ends.map(({ id }) => id.accuracy)))} on ${study.idSplit} and ` +
      `${percent(mean(ends.map(({ ood }) => ood.accuracy)))} on ${oodSplit}. There is no testbed for it: no baseline, hence no effective robustness.`,
    caveatsOfRuns(group),
  );
}

function caveatsOfRuns({ runs }: StudyGroup): string[] {
  return runs.flatMap(({ name, report: { caveats = [] } }) =>
    caveats.map((caveat) => `${runs.length === 1 ? "the run" : name} ${caveat}`),
  );
}

const withCaveats = (sentence: string, caveats: readonly string[]) =>
  [sentence, ...caveats.map((caveat) => `Mind: ${caveat}.`)].join(" ");

function withInterval({ er, low, high }: Interval & { readonly er: number }): string {
  return `${points(er)} points (95 % interval ${between({ low, high })})`;
}

/** The two ends of an interval, in points. */
export function between({ low, high }: Interval): string {
  return `${points(low)} to ${points(high)}`;
}

/** What an interval says of 0. */
export function verdict({ low, high }: Interval): string {
  if (low > 0) return "significantly above 0";
  if (high < 0) return "significantly below 0";
  return "not significantly different from 0";
}
