// A run as plain text for a terminal. The page is in html.ts.

import { answer } from "./answer.js";
import { percent, points, significant } from "./format.js";
import { accuracies, baselineOf, type ErResult, hasBaseline, type RunReport } from "./run-report.js";
import { studyOf } from "./study.js";

/** Most characters in a line of {@link summaryTable}. */
const COLUMNS = 100;

/**
 * The run as plain text for a terminal: the answer, then a table an OOD split with a line an evaluation. No line is
 * longer than 100 columns; split names are cut in the table's head where they must be. Without a baseline there is no column
 * of effective robustness.
 *
 * @throws InputError where the report lacks a split or evaluations
 */
export function summaryTable(report: RunReport): string {
  const study = studyOf(report);
  const group = study.groups[0]!;
  return report.oodSplits
    .map((split) => [...wrap(answer(study, group, split)), "", ...table(report, split)].join("\n"))
    .join("\n\n");
}

function table(report: RunReport, oodSplit: string): string[] {
  const run = accuracies(report, oodSplit);
  const fitted = hasBaseline(report, oodSplit);
  const between = report.along === "interpolation";
  const head = [...(between ? ["α"] : ["step", "epoch", "lr", "loss"]), cut(report.idSplit, 14), cut(oodSplit, 14)];
  if (fitted) head.push("ER, points [95 %]", "");
  const rows = report.evaluations.map(({ step, epoch, learningRate, trainLoss, er }, i) => {
    const { id, ood } = run[i]!;
    return [
      ...(between
        ? [String(step / 100)]
        : [String(step), epoch.toFixed(2), significant(learningRate), trainLoss === null ? "–" : trainLoss.toFixed(3)]),
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
