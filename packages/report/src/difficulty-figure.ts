// Accuracy from the easiest examples to the hardest, of one or several models.

import type { Proportion } from "@er/metrics";
import type { Figure } from "./figure.js";
import { type FigureStyle, frame, groupColour, namesBelow, tooltip } from "./figure-parts.js";
import { percent } from "./format.js";
import { THEMES } from "./theme.js";

/** What accuracy by difficulty is made of. */
export interface DifficultyChart {
  /** what the scores are, in words */
  readonly scores: string;
  /** from the easiest to the hardest: smallest and largest score, and how many examples */
  readonly bins: readonly { readonly lowest: number; readonly highest: number; readonly n: number }[];
  /** at least one, with a proportion right for each bin */
  readonly models: readonly { readonly model: string; readonly accuracy: readonly Proportion[] }[];
}

/** Accuracy in per cent in bins of equal number with its 95 % interval, a line a model. */
export function difficultyFigure(chart: DifficultyChart): Figure {
  const { bins, models, scores } = chart;
  const rows = models.flatMap(({ model, accuracy }) =>
    accuracy.map(({ share, low, high, count, n }, i) => ({
      ...{ group: model, bin: i + 1, count, n, share: 100 * share, low: 100 * low, high: 100 * high },
      ...{ lowest: bins[i]!.lowest, highest: bins[i]!.highest },
      text: `${percent(share)} [${percent(low)}, ${percent(high)}]`,
    })),
  );
  const ends = models.map(({ model, accuracy }) => {
    return `${model} ${percent(accuracy[0]!.share)} of the easiest, ${percent(accuracy.at(-1)!.share)} of the hardest`;
  });
  return {
    name: "difficulty",
    alt: `Accuracy by difficulty in ${bins.length} bins by ${scores}: ${ends.join("; ")}.`,
    data: rows.map(({ group, bin, lowest, highest, count, n, share, low, high }) => ({
      ...{ model: group, bin, lowest, highest, n, correct: count },
      ...{ accuracy: share / 100, low: low / 100, high: high / 100 },
    })),
    spec: (style) => specOf(chart, rows, style),
  };
}

function specOf(
  { bins, models, scores }: DifficultyChart,
  rows: readonly { group: string; bin: number; share: number }[],
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const values = [...rows];
  const few = bins.length <= width / 30;
  const x = {
    field: "bin",
    type: "quantitative" as const,
    title: "bin, from the easiest examples to the hardest",
    scale: { domain: [0.5, bins.length + 0.5] as [number, number], nice: false, zero: false },
    axis: { grid: false, format: "d", ...(few && { values: bins.map((_, i) => i + 1) }) },
  };
  const y = { field: "share", type: "quantitative" as const, title: "accuracy, %", scale: { zero: false } };
  const names = models.map(({ model }) => model);
  const color = groupColour(names, colours, width);
  const who = models.length === 1 ? `${models[0]!.model}; ` : "";
  const framed = frame(
    colours,
    width,
    260,
    "Accuracy by difficulty",
    `${who}bins of equal number by ${scores}, with 95 % intervals`,
    { bottom: namesBelow(names, width) },
  );
  return {
    ...framed,
    layer: [
      {
        name: "interval",
        data: { values },
        mark: { type: "rule" as const, strokeWidth: 2, opacity: 0.6 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        name: "path",
        data: { values },
        mark: { type: "line" as const, strokeWidth: 1.5 },
        encoding: { x, y, color },
      },
      {
        name: "models",
        data: { values },
        mark: { type: "circle" as const, size: 50, opacity: 1, stroke: colours.background, strokeWidth: 0.75 },
        encoding: { x, y, color, tooltip: tooltip(["group", "model"], ["bin", "bin"], ["text", "accuracy [95 %]"]) },
      },
    ],
  };
}
