// The three figures of a run as Vega-Lite specifications: pure functions from the record to data and marks. Drawing them
// is in render.ts.

import { type Accuracy, finiteAccuracy, logit, predictionBand } from "@er/metrics";
import type { TopLevelSpec } from "vega-lite";
import { points } from "./format.js";
import { baselineOf, type RunReport, type TrajectoryPoint, trajectory } from "./run-report.js";
import { THEMES, type Theme, type ThemeName, themeConfig } from "./theme.js";
import { accuraciesBetween, accuracyTicks, LOGIT_LABEL, padded, STEP_LABEL, stepPosition, stepTicks } from "./ticks.js";

/** How a figure looks. */
export interface FigureStyle {
  readonly theme: ThemeName;
  /** whole width in pixels; labels keep their size, so a narrow figure has fewer ticks */
  readonly width: number;
}

/**
 * OOD accuracy against ID accuracy on logit axes: the testbed's models, their fitted line with its 95 % prediction band,
 * y = x, and the run's evaluations in step order, coloured by step.
 *
 * @throws InputError where the report lacks the split, its baseline or evaluations
 */
export function accuracyFigure(report: RunReport, oodSplit: string, { theme, width }: FigureStyle): TopLevelSpec {
  const colours = THEMES[theme];
  const { baseline, models } = baselineOf(report, oodSplit);
  const run = trajectory(report, oodSplit);

  const testbed = models.map(({ model, id, ood }) => ({ model, x: logitOf(id), y: logitOf(ood) }));
  const path = run.map((point) => ({ ...runPoint(point), y: logitOf(point.ood) }));
  const xDomain = padded([...testbed, ...path].map(({ x }) => x));
  const lineAt = (x: number) => baseline.intercept + baseline.slope * x;
  const yDomain = padded([...testbed, ...path].map(({ y }) => y));
  const line = xDomain.map((x) => ({ x, y: lineAt(x) }));
  const band = accuraciesBetween(xDomain, 61).map((accuracy) => {
    const { low, high } = predictionBand(baseline, accuracy);
    return { x: logit(accuracy), low: logit(low), high: logit(high) };
  });

  const x = logitX(`${report.idSplit} accuracy`, xDomain, width);
  const y = {
    field: "y",
    type: "quantitative" as const,
    title: `${oodSplit} accuracy`,
    scale: { domain: yDomain, zero: false, nice: false },
    axis: { values: accuracyTicks(yDomain, 10).map(logit), labelExpr: LOGIT_LABEL },
  };
  return {
    ...frame(
      colours,
      width,
      Math.min(width * 0.8, 440),
      `Accuracy on ${oodSplit} against ${report.idSplit}`,
      `${models.length} testbed models (crosses), their line and 95 % prediction band; dashed: y = x; coloured: this run, step by step`,
    ),
    layer: [
      {
        name: "band",
        data: { values: band },
        mark: { type: "area", clip: true, color: colours.fit, opacity: 0.16 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        name: "identity",
        data: { values: xDomain.map((v) => ({ x: v, y: v })) },
        mark: { type: "line", clip: true, color: colours.quiet, strokeDash: [5, 4], strokeWidth: 1.2 },
        encoding: { x, y },
      },
      {
        name: "line",
        data: { values: line },
        mark: { type: "line", clip: true, color: colours.fit, strokeWidth: 2 },
        encoding: { x, y },
      },
      {
        name: "testbed",
        data: { values: testbed },
        mark: { type: "point", shape: "cross", filled: true, size: 44, color: colours.quiet, opacity: 0.75 },
        encoding: { x, y, description: { field: "model" } },
      },
      {
        name: "path",
        data: { values: path },
        mark: { type: "line", color: colours.text, strokeWidth: 1, opacity: 0.55 },
        encoding: { x, y, order: { field: "step" } },
      },
      {
        name: "run",
        data: { values: path },
        mark: { type: "circle", size: 70, opacity: 1, stroke: colours.background, strokeWidth: 0.75 },
        encoding: { x, y, color: stepColour(run, colours, width) },
      },
    ],
  };
}

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
  const last = run.at(-1)!.step;
  const domain: [number, number] = [0, Math.max(stepPosition(last), stepPosition(1))];
  const x = {
    field: "x",
    type: "quantitative" as const,
    title: "fine-tuning step",
    scale: { domain, zero: true, nice: false, padding: 8 },
    axis: { values: stepTicks(last).map(stepPosition), labelExpr: STEP_LABEL },
  };
  return {
    ...frame(colours, width, 240, `Effective robustness on ${oodSplit} through fine-tuning`, INTERVAL_NOTE),
    layer: erLayers(values, x, run, { theme, width }),
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

/** Everything of a figure but its data; `height` is the plot's own, without title, axes and legend. */
function frame(colours: Theme, width: number, height: number, text: string, subtitle: string) {
  const title = { text: lines(text, width / 8.5), subtitle: lines(subtitle, width / 7) };
  // Margins are given, not measured: without a canvas Vega takes letters for wider than they are.
  const padding = { left: 62, right: 24, top: 24 + 17 * title.text.length + 15 * title.subtitle.length, bottom: 100 };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: width - padding.left - padding.right,
    height,
    padding,
    autosize: { type: "none" as const },
    title,
    config: themeConfig(colours),
  };
}

/** Vega does not break titles: this does, between words. */
function lines(text: string, most: number): string[] {
  const broken: string[] = [];
  for (const word of text.split(" ")) {
    const last = broken.at(-1);
    if (last === undefined || last.length + 1 + word.length > most) broken.push(word);
    else broken[broken.length - 1] = `${last} ${word}`;
  }
  return broken;
}

function logitX(title: string, domain: [number, number], width: number) {
  return {
    field: "x",
    type: "quantitative" as const,
    title,
    scale: { domain, zero: false, nice: false },
    axis: { values: accuracyTicks(domain, width / 55).map(logit), labelExpr: LOGIT_LABEL },
  };
}

function stepColour(run: readonly TrajectoryPoint[], { steps }: Theme, width: number) {
  const last = run.at(-1)!.step;
  return {
    field: "logStep",
    type: "quantitative" as const,
    title: "step",
    scale: {
      scheme: { name: "viridis" as const, extent: [...steps] },
      domain: [0, Math.max(stepPosition(last), stepPosition(1))],
    },
    legend: {
      orient: "bottom" as const,
      direction: "horizontal" as const,
      values: stepTicks(last).map(stepPosition),
      labelExpr: STEP_LABEL,
      gradientLength: Math.min(300, width - 120),
      gradientThickness: 10,
    },
  };
}

function runPoint({ step, id }: TrajectoryPoint) {
  return { step, logStep: stepPosition(step), x: logitOf(id) };
}

function inPoints({ er }: TrajectoryPoint) {
  return { er: 100 * er.er, low: 100 * er.low, high: 100 * er.high };
}

function logitOf(value: Accuracy): number {
  return logit(finiteAccuracy("figure", value).accuracy);
}
