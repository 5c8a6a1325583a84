// Accuracy of runs in and out of distribution against the step.

import { accuracyInterval } from "@er/metrics";
import { type AlongScale, alongScale, placeOf } from "./along.js";
import type { Figure } from "./figure.js";
import { type FigureStyle, frame, namesBelow, namesLegend, placeX, tooltip } from "./figure-parts.js";
import { percent } from "./format.js";
import { accuracies, type SplitResult } from "./run-report.js";
import { runsOf, type Study } from "./study.js";
import { THEMES } from "./theme.js";

/**
 * Accuracy in per cent on the ID split and on one OOD split against the step or the way between two models, with
 * the 95 % Clopper–Pearson interval of each evaluation; of several runs a line each.
 *
 * @throws InputError where a run lacks the split or evaluations
 */
export function accuracyByStepFigure(study: Study, oodSplit: string): Figure {
  const { idSplit } = study;
  const scale = alongScale(study, oodSplit);
  const rows = runsOf(study).flatMap(({ name, report }) =>
    accuracies(report, oodSplit).flatMap(({ step, id, ood }) => [
      rowOf(name, step, scale, idSplit, id),
      rowOf(name, step, scale, oodSplit, ood),
    ]),
  );
  const { report } = runsOf(study)[0]!;
  const first = accuracies(report, oodSplit);
  const at = ({ step, id, ood }: (typeof first)[number]) =>
    `${percent(id.accuracy)} on ${idSplit} and ${percent(ood.accuracy)} on ${oodSplit} at ${placeOf(report, step)}`;
  return {
    name: `accuracy-by-step-${oodSplit}`,
    alt: `Accuracy ${scale.through}: ${at(first[0])}, ${at(first.at(-1)!)}.`,
    data: rows.map(({ run, step, split, accuracy, low, high, n }) => ({
      ...{ run, step, split, n, accuracy: accuracy / 100, low: low / 100, high: high / 100 },
    })),
    spec: (style) => specOf(study, oodSplit, rows, scale, style),
  };
}

function rowOf(run: string, step: number, scale: AlongScale, split: string, { n, correct, accuracy }: SplitResult) {
  const { low, high } = accuracyInterval(correct, n, { method: "clopper-pearson" });
  return {
    ...{ run, step, at: scale.value(step), place: scale.position(step), split, n, line: `${run} ${split}` },
    ...{ accuracy: 100 * accuracy, low: 100 * low, high: 100 * high },
    text: `${percent(accuracy)} [${percent(low)}, ${percent(high)}]`,
  };
}

function specOf(
  study: Study,
  oodSplit: string,
  rows: readonly ReturnType<typeof rowOf>[],
  scale: AlongScale,
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const values = [...rows];
  const splits = [study.idSplit, oodSplit];
  const x = placeX(scale);
  const y = { field: "accuracy", type: "quantitative" as const, title: "accuracy, %", scale: { zero: false } };
  const color = {
    field: "split",
    type: "nominal" as const,
    title: null,
    scale: { domain: splits, range: [colours.fit, colours.run] },
    legend: namesLegend(splits, width),
  };
  const detail = { field: "line" };
  const pointed = tooltip(["run", "run"], ["at", scale.word], ["split", "split"], ["text", "accuracy [95 %]"]);
  return {
    ...frame(
      colours,
      width,
      240,
      `Accuracy on ${study.idSplit} and ${oodSplit} ${scale.through}`,
      "with the 95 % interval of each evaluation",
      { bottom: namesBelow(splits, width) },
    ),
    layer: [
      {
        name: "band",
        data: { values },
        mark: { type: "area" as const, opacity: 0.18, line: false },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color, detail },
      },
      {
        name: "path",
        data: { values },
        mark: { type: "line" as const, strokeWidth: 1.5 },
        encoding: { x, y, color, detail },
      },
      {
        name: "run",
        data: { values },
        mark: { type: "circle" as const, size: 50, opacity: 1, stroke: colours.background, strokeWidth: 0.75 },
        encoding: { x, y, color, tooltip: pointed },
      },
    ],
  };
}
