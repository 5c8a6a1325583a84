// OOD accuracy of a run against its ID accuracy, among the models of the testbed, as a Vega-Lite specification.

import { type Baseline, logit, predictionBand, predictOod } from "@er/metrics";
import type { TopLevelSpec } from "vega-lite";
import { type FigureStyle, frame, logitOf, logitX, runPoint, stepColour } from "./figure-parts.js";
import { accuracies, baselineOf, hasBaseline, type RunReport } from "./run-report.js";
import { THEMES, type Theme } from "./theme.js";
import { accuraciesBetween, accuracyTicks, LOGIT_LABEL, padded } from "./ticks.js";

/**
 * OOD accuracy against ID accuracy on logit axes: y = x, and the run's evaluations in step order, coloured by step; where the
 * split has a baseline, also the testbed's models and their fitted line with its 95 % prediction band.
 *
 * @throws InputError where the report lacks the split or evaluations
 */
export function accuracyFigure(report: RunReport, oodSplit: string, { theme, width }: FigureStyle): TopLevelSpec {
  const colours = THEMES[theme];
  const run = accuracies(report, oodSplit);
  const fitted = hasBaseline(report, oodSplit) ? baselineOf(report, oodSplit) : undefined;
  const testbed = (fitted?.models ?? []).map(({ model, id, ood }) => ({ model, x: logitOf(id), y: logitOf(ood) }));
  const path = run.map((point) => ({ ...runPoint(point), y: logitOf(point.ood) }));
  const xDomain = padded([...testbed, ...path].map(({ x }) => x));
  const yDomain = padded([...testbed, ...path].map(({ y }) => y));

  const x = logitX(`${report.idSplit} accuracy`, xDomain, width);
  const y = {
    field: "y",
    type: "quantitative" as const,
    title: `${oodSplit} accuracy`,
    scale: { domain: yDomain, zero: false, nice: false },
    axis: { values: accuracyTicks(yDomain, 10).map(logit), labelExpr: LOGIT_LABEL },
  };
  const shown = "dashed: y = x; coloured: this run, step by step";
  return {
    ...frame(
      colours,
      width,
      Math.min(width * 0.8, 440),
      `Accuracy on ${oodSplit} against ${report.idSplit}`,
      fitted === undefined
        ? shown
        : `${testbed.length} testbed models (crosses), their line and 95 % prediction band; ${shown}`,
    ),
    layer: [
      ...(fitted === undefined ? [] : baselineLayers(fitted.baseline, testbed, xDomain, { x, y }, colours)),
      {
        name: "identity",
        data: { values: xDomain.map((v) => ({ x: v, y: v })) },
        mark: { type: "line", clip: true, color: colours.quiet, strokeDash: [5, 4], strokeWidth: 1.2 },
        encoding: { x, y },
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

function baselineLayers<X, Y>(
  baseline: Baseline,
  testbed: { model: string; x: number; y: number }[],
  xDomain: [number, number],
  { x, y }: { x: X; y: Y },
  colours: Theme,
) {
  const points = 61;
  // Straight on these axes where it was fitted on the logit scale, a curve where it was not.
  const line = accuraciesBetween(xDomain, baseline.scale === "logit" ? 2 : points).map((accuracy) => ({
    x: logit(accuracy),
    y: logit(predictOod(baseline, accuracy)),
  }));
  const band = accuraciesBetween(xDomain, points).map((accuracy) => {
    const { low, high } = predictionBand(baseline, accuracy);
    return { x: logit(accuracy), low: logit(low), high: logit(high) };
  });
  return [
    {
      name: "band",
      data: { values: band },
      mark: { type: "area" as const, clip: true, color: colours.fit, opacity: 0.16 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
    },
    {
      name: "line",
      data: { values: line },
      mark: { type: "line" as const, clip: true, color: colours.fit, strokeWidth: 2 },
      encoding: { x, y },
    },
    {
      name: "testbed",
      data: { values: testbed },
      mark: {
        type: "point" as const,
        shape: "cross",
        filled: true,
        size: 44,
        color: colours.quiet,
        opacity: 0.75,
      },
      encoding: { x, y, description: { field: "model" } },
    },
  ];
}
