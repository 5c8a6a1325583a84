// What the run says of effective robustness, in words and as a table for the terminal. The page is in html.ts.

import { percent, points, significant } from "./format.js";
import {
  accuracies,
  baselineOf,
  type ErResult,
  hasBaseline,
  type RunReport,
  type TrajectoryPoint,
  trajectory,
} from "./run-report.js";

/** Most characters in a line of {@link summaryTable}. */
const COLUMNS = 100;

/**
 * The answer for one OOD split in a sentence: the highest effective robustness with its 95 % interval, step and ID
 * accuracy, whether the interval lies above 0, where it stands at the end, and whether the line was extrapolated there.
 * A second sentence gives the peak inside the baseline's range where the first lies outside it. Without a baseline: both
 * accuracies at the end, and that there is none.
 *
 * @throws InputError where the report lacks the split or evaluations
 */
export function answer(report: RunReport, oodSplit: string): string {
  if (!hasBaseline(report, oodSplit)) return answerWithoutBaseline(report, oodSplit);
  const run = trajectory(report, oodSplit);
  const { idRange } = baselineOf(report, oodSplit).baseline;
  const highest = peak(run)!;
  const last = run.at(-1)!;
  const where = (point: TrajectoryPoint) =>
    `at step ${point.step} (${percent(point.id.accuracy)} on ${report.idSplit}${point.er.extrapolated ? `, outside the baseline's ${percent(idRange[0])} to ${percent(idRange[1])}, so extrapolated` : ""})`;

  const first =
    `Effective robustness on ${oodSplit} was highest ${where(highest)}: ${withInterval(highest)}, ${verdict(highest)}; ` +
    (highest === last
      ? "that is the last evaluation."
      : `at the end, ${where(last)}, it was ${withInterval(last)}, ${verdict(last)}.`);
  const within = highest.er.extrapolated ? peak(run.filter(({ er }) => !er.extrapolated)) : undefined;
  if (within === undefined) return first;
  return `${first} Within the baseline's range it was highest ${where(within)}: ${withInterval(within)}, ${verdict(within)}.`;
}

/**
 * The run as plain text for a terminal: the answer, then a table an OOD split with a line an evaluation. No line is
 * longer than 100 columns; split names are cut in the table's head where they must be. Without a baseline there is no column
 * of effective robustness.
 *
 * @throws InputError where the report lacks a split or evaluations
 */
export function summaryTable(report: RunReport): string {
  return report.oodSplits
    .map((split) => [...wrap(answer(report, split)), "", ...table(report, split)].join("\n"))
    .join("\n\n");
}

function answerWithoutBaseline(report: RunReport, oodSplit: string): string {
  const { step, id, ood } = accuracies(report, oodSplit).at(-1)!;
  return (
    `At the end, at step ${step}, accuracy was ${percent(id.accuracy)} on ${report.idSplit} and ${percent(ood.accuracy)} on ` +
    `${oodSplit}. The run has no testbed: there is no baseline, hence no effective robustness.`
  );
}

function table(report: RunReport, oodSplit: string): string[] {
  const run = accuracies(report, oodSplit);
  const fitted = hasBaseline(report, oodSplit);
  const head = ["step", "epoch", "lr", "loss", cut(report.idSplit, 14), cut(oodSplit, 14)];
  if (fitted) head.push("ER, points [95 %]", "");
  const rows = report.evaluations.map(({ step, epoch, learningRate, trainLoss, er }, i) => {
    const { id, ood } = run[i]!;
    return [
      String(step),
      epoch.toFixed(2),
      significant(learningRate),
      trainLoss === null ? "–" : trainLoss.toFixed(3),
      percent(id.accuracy),
      percent(ood.accuracy),
      ...(fitted ? erCells(er[oodSplit]!) : []),
    ];
  });
  const widths = head.map((_, c) => Math.max(...[head, ...rows].map((row) => row[c]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (fitted && c === row.length - 1 ? cell : cell.padStart(widths[c]!)))
      .join("  ")
      .trimEnd();
  const sizes = `n = ${run[0].id.n} in, ${run[0].ood.n} out of distribution`;
  return [line(head), ...rows.map(line), ...wrap(fitted ? `${lineOf(report, oodSplit)}; ${sizes}` : sizes)];
}

function erCells({ er, low, high, extrapolated }: ErResult): string[] {
  return [
    `${points(er).padStart(5)} [${points(low).padStart(5)}, ${points(high).padStart(5)}]`,
    extrapolated ? "extrapolated" : "",
  ];
}

function lineOf(report: RunReport, oodSplit: string): string {
  const { n, intercept, slope, r, scale } = baselineOf(report, oodSplit).baseline;
  return `baseline of ${n} models: ${scale}(OOD) = ${significant(intercept)} + ${significant(slope)} · ${scale}(ID), r = ${significant(r)}`;
}

function peak(run: readonly TrajectoryPoint[]): TrajectoryPoint | undefined {
  const [first, ...rest] = run;
  return first && rest.reduce((best, point) => (point.er.er > best.er.er ? point : best), first);
}

function withInterval({ er }: TrajectoryPoint): string {
  return `${points(er.er)} points (95 % interval ${points(er.low)} to ${points(er.high)})`;
}

function verdict({ er }: TrajectoryPoint): string {
  if (er.low > 0) return "significantly above 0";
  if (er.high < 0) return "significantly below 0";
  return "not significantly different from 0";
}

function cut(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${COLUMNS}}`, "gu")) ?? [])) {
    if (line !== "" && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
