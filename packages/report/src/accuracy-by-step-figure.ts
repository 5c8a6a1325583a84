// Accuracy of a run in and out of distribution against the step, as a Vega-Lite specification.

import { accuracyInterval } from "@er/metrics";
import type { TopLevelSpec } from "vega-lite";
import { type FigureStyle, frame, stepX } from "./figure-parts.js";
import { percent } from "./format.js";
import { accuracies, type RunReport, type SplitResult } from "./run-report.js";
import { THEMES } from "./theme.js";
import { stepPosition } from "./ticks.js";

/**
 * Accuracy in per cent on the ID split and on one OOD split against the step (logarithmic axis that begins at step 0), with
 * the 95 % interval of each evaluation.
 *
 * @throws InputError where the report lacks the split or evaluations
 */
export function accuracyByStepFigure(report: RunReport, oodSplit: string, { theme, width }: FigureStyle): TopLevelSpec {
  const colours = THEMES[theme];
  const run = accuracies(report, oodSplit);
  const row = (step: number, split: string, { n, correct, accuracy }: SplitResult) => {
    const { low, high } = accuracyInterval(correct, n, { method: "clopper-pearson" });
    return { x: stepPosition(step), split, accuracy: 100 * accuracy, low: 100 * low, high: 100 * high };
  };
  const values = run.flatMap(({ step, id, ood }) => [row(step, report.idSplit, id), row(step, oodSplit, ood)]);
  const x = stepX(run);
  const y = { field: "accuracy", type: "quantitative" as const, title: "accuracy, %", scale: { zero: false } };
  const color = {
    field: "split",
    type: "nominal" as const,
    title: null,
    scale: { domain: [report.idSplit, oodSplit], range: [colours.fit, colours.run] },
    legend: { orient: "bottom" as const, direction: "horizontal" as const, symbolType: "circle", symbolOpacity: 1 },
  };
  return {
    ...frame(
      colours,
      width,
      240,
      `Accuracy on ${report.idSplit} and ${oodSplit} through fine-tuning`,
      "with the 95 % interval of each evaluation",
    ),
    layer: [
      {
        name: "band",
        data: { values },
        mark: { type: "area", opacity: 0.18, line: false },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      { name: "path", data: { values }, mark: { type: "line", strokeWidth: 1.5 }, encoding: { x, y, color } },
      {
        name: "run",
        data: { values },
        mark: { type: "circle", size: 50, opacity: 1, stroke: colours.background, strokeWidth: 0.75 },
        encoding: { x, y, color },
      },
    ],
  };
}

/** What the figure shows, in words, for those who do not see it. */
export function accuracyDescription(report: RunReport, oodSplit: string): string {
  const run = accuracies(report, oodSplit);
  const at = ({ step, id, ood }: (typeof run)[number]) =>
    `${percent(id.accuracy)} on ${report.idSplit} and ${percent(ood.accuracy)} on ${oodSplit} at step ${step}`;
  return `Accuracy through fine-tuning: ${at(run[0])}, ${at(run.at(-1)!)}.`;
}
