// A testbed's line with its prediction band and its models, as layers of a figure on logit axes.

import { type Baseline, logit, predictionBand, SCALES } from "@er/metrics";
import { tooltip } from "./figure-parts.js";
import type { Theme } from "./theme.js";
import { accuraciesBetween, drawnLogit } from "./ticks.js";

/**
 * The band, the line (dotted where it is extrapolated) and a cross a model of the fit.
 *
 * @param testbed the models of the fit, at their logits, with both accuracies in words
 * @param x and `y` the axes' channels
 */
export function baselineLayers<X, Y>(
  baseline: Baseline,
  testbed: { model: string; x: number; y: number }[],
  xDomain: [number, number],
  { x, y }: { x: X; y: Y },
  colours: Theme,
  [idSplit, oodSplit]: readonly [string, string],
) {
  const { forward, inverse } = SCALES[baseline.scale];
  // The axes are logits whatever the scale of the fit, on which another scale's line is a curve.
  const at = (accuracy: number) => {
    const { low, high } = predictionBand(baseline, accuracy);
    const on = inverse(baseline.intercept + baseline.slope * forward(accuracy));
    return { x: logit(accuracy), y: drawnLogit(on), low: drawnLogit(low), high: drawnLogit(high) };
  };
  const curve = accuraciesBetween(xDomain, 61).map(at);
  const [lowest, highest] = baseline.idRange.map((accuracy) => drawnLogit(accuracy));
  return [
    {
      name: "band",
      data: { values: curve },
      mark: { type: "area" as const, clip: true, color: colours.fit, opacity: 0.16 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
    },
    {
      name: "line",
      data: { values: curve },
      mark: { type: "line" as const, clip: true, color: colours.fit, strokeWidth: 2, strokeDash: [2, 4] },
      encoding: { x, y },
    },
    {
      name: "fitted",
      data: { values: accuraciesBetween([lowest!, highest!], 41).map(at) },
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
      encoding: {
        x,
        y,
        description: { field: "model" },
        tooltip: tooltip(["model", "testbed model"], ["idText", idSplit], ["oodText", oodSplit]),
      },
    },
  ];
}
