// Effective robustness of a run, against ID accuracy and against the step, as Vega-Lite specifications.

import type { TopLevelSpec } from "vega-lite";
import { type FigureStyle, frame, logitX, runPoint, stepColour, stepX } from "./figure-parts.js";
import { points } from "./format.js";
import { type RunReport, type TrajectoryPoint, trajectory } from "./run-report.js";
import { THEMES } from "./theme.js";
import { padded, stepPosition } from "./ticks.js";

/**
 * Effective robustness in percentage points against ID accuracy (logit axis), with its 95 % band and the zero line; the
 * evaluations are joined in step order and coloured by step.
 *
 * @throws InputError where the report lacks the split, its baseline or evaluations
 */
export function erByAccuracyFigure(report: RunReport, oodSplit: string, { theme, width }: FigureStyle): TopLevelSpec {
  const colours = THEMES[theme];
  const run = trajectory(report, oodSplit);
  const values = run.map((point) => ({ ...runPoint(point), ...inPoints(point) }));
  const domain = padded(values.map(({ x }) => x));
  return {
    ...frame(
      colours,
      width,
      240,
      `Effective robustness on ${oodSplit} against ${report.idSplit} accuracy`,
      INTERVAL_NOTE,
    ),
    layer: erLayers(values, logitX(`${report.idSplit} accuracy`, domain, width), run, { theme, width }),
  };
}

/**
 * Effective robustness in percentage points against the step (logarithmic axis that begins at step 0), with its 95 %
 * band and the zero line.
 *
 * @throws InputError where the report lacks the split, its baseline or evaluations
 */
export function erByStepFigure(report: RunReport, oodSplit: string, { theme, width }: FigureStyle): TopLevelSpec {
  const colours = THEMES[theme];
  const run = trajectory(report, oodSplit);
  const values = run.map((point) => ({ ...runPoint(point), ...inPoints(point), x: stepPosition(point.step) }));
  return {
    ...frame(colours, width, 240, `Effective robustness on ${oodSplit} through fine-tuning`, INTERVAL_NOTE),
    layer: erLayers(values, stepX(run), run, { theme, width }),
  };
}

/** What the figure shows, in words, for those who do not see it. */
export function erDescription(report: RunReport, oodSplit: string): string {
  const run = trajectory(report, oodSplit);
  const { step, er } = run.at(-1)!;
  const peak = run.reduce((best, point) => (point.er.er > best.er.er ? point : best));
  return `Effective robustness on ${oodSplit}: ${points(run[0].er.er)} points at step ${run[0].step}, highest ${points(peak.er.er)} at step ${peak.step}, ${points(er.er)} at step ${step}.`;
}

/** A minus sign, not a hyphen, and no sign before 0. */
const POINTS_LABEL = "(datum.value > 0 ? '+' : '') + format(datum.value, '~g')";

const INTERVAL_NOTE = "accuracy above the baseline, with the 95 % interval of each evaluation";

function erLayers(
  values: readonly { x: number; step: number; er: number; low: number; high: number }[],
  x: ReturnType<typeof logitX>,
  run: readonly TrajectoryPoint[],
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const y = {
    field: "er",
    type: "quantitative" as const,
    title: "ER, percentage points",
    axis: { labelExpr: POINTS_LABEL },
  };
  const order = { field: "step" };
  return [
    {
      name: "band",
      data: { values: [...values] },
      mark: { type: "area" as const, color: colours.run, opacity: 0.2, line: false },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
    },
    {
      name: "zero",
      data: { values: [{ er: 0 }] },
      mark: { type: "rule" as const, color: colours.fit, strokeWidth: 1.5 },
      encoding: { y },
    },
    {
      name: "path",
      data: { values: [...values] },
      mark: { type: "line" as const, color: colours.run, strokeWidth: 1.5 },
      encoding: { x, y, order },
    },
    {
      name: "run",
      data: { values: [...values] },
      mark: { type: "circle" as const, size: 60, opacity: 1, stroke: colours.background, strokeWidth: 0.75 },
      encoding: { x, y, color: stepColour(run, colours, width) },
    },
  ];
}

function inPoints({ er }: TrajectoryPoint) {
  return { er: 100 * er.er, low: 100 * er.low, high: 100 * er.high };
}
