// Every evaluation of every run.

import { escapeHtml } from "../escape-html.js";
import { grouped, percent, points, significant } from "../format.js";
import { htmlTable } from "../html-table.js";
import type { ErResult, RunReport } from "../run-report.js";
import { isFitted, runsOf, type Study } from "../study.js";

/** A table a run; of several runs each folded away under its name. */
export function evaluationsSection(study: Study): string {
  const runs = runsOf(study);
  const tables = runs.map(({ name, report }) => {
    const table = evaluationsTable(study, report);
    return runs.length === 1 ? table : `<details><summary>${escapeHtml(name)}</summary>\n${table}\n</details>`;
  });
  const starred = runs.some(({ report }) =>
    report.evaluations.some(({ er }) => study.oodSplits.some((split) => er[split]?.extrapolated)),
  );
  const note = '<p class="note">* the ID accuracy lies outside that of the testbed: the baseline is extrapolated.</p>';
  return `<h2>Evaluations</h2>\n${tables.join("\n")}${starred ? `\n${note}` : ""}`;
}

function evaluationsTable(study: Study, { evaluations, along }: RunReport): string {
  const between = along === "interpolation";
  const { idSplit, oodSplits } = study;
  const first = evaluations[0]!;
  const size = (split: string) => `<small>n = ${grouped(first.splits[split]!.n)}</small>`;
  const head = [
    ...(between ? ["α"] : ["step", "epoch", "learning rate", "training loss"]),
    `${escapeHtml(idSplit)} ${size(idSplit)}`,
    ...oodSplits.flatMap((split) => [
      `${escapeHtml(split)} ${size(split)}`,
      ...(isFitted(study, split) ? [`ER, ${escapeHtml(split)} <small>points [95 %]</small>`] : []),
    ]),
  ];
  const rows = evaluations.map(({ step, epoch, learningRate, trainLoss, splits, er }) => [
    ...(between
      ? [String(step / 100)]
      : [grouped(step), epoch.toFixed(2), significant(learningRate), trainLoss === null ? "–" : trainLoss.toFixed(3)]),
    percent(splits[idSplit]!.accuracy),
    ...oodSplits.flatMap((split) => [
      percent(splits[split]!.accuracy),
      ...(isFitted(study, split) ? [erCell(er[split]!)] : []),
    ]),
  ]);
  return htmlTable(head, rows);
}

function erCell({ er, low, high, extrapolated }: ErResult): string {
  return `${points(er)} [${points(low)}, ${points(high)}]${extrapolated ? "&nbsp;*" : ""}`;
}
