// How often each model is right where each other is wrong, as a heat map.

import { printable } from "@er/errors";
import type { DominanceMatrix } from "./example-findings.js";
import type { Figure } from "./figure.js";
import { type FigureStyle, frame, tooltip } from "./figure-parts.js";
import { percent } from "./format.js";
import { THEMES } from "./theme.js";

/** Names longer than this are cut in the middle of the axis labels, in a narrow figure sooner; the pointer says them whole. */
const [LABEL, NARROW_LABEL] = [24, 18];

/**
 * Dominance probabilities of one OOD split: a cell is the share of its examples that the row's model has right and the
 * column's wrong (Mania and Sra 2020). Numbers stand in the cells where there is room.
 *
 * @param matrix of two models or more
 */
export function dominanceFigure(matrix: DominanceMatrix, oodSplit: string): Figure {
  const { models, n, counts, testbedModels } = matrix;
  const cells = models.flatMap((row, i) =>
    models.flatMap((column, j) => {
      if (i === j) return [];
      const share = counts[i * models.length + j]! / n;
      const text = `${percent(share)} of ${n}`;
      return [{ row, column, rowAt: i, columnAt: j, share: 100 * share, label: (100 * share).toFixed(0), text }];
    }),
  );
  const most = cells.reduce((best, cell) => (cell.share > best.share ? cell : best), cells[0]!);
  return {
    name: `dominance-${oodSplit}`,
    alt: `Dominance among ${models.length} models on ${oodSplit}: highest where ${most.row} is right and ${most.column} wrong, ${most.text} examples.`,
    data: cells.map(({ row, column, share }) => ({ right: row, wrong: column, n, share: share / 100 })),
    spec: (style) => specOf(models, testbedModels, cells, oodSplit, style),
  };
}

function specOf(
  models: readonly string[],
  testbedModels: number,
  cells: readonly { share: number }[],
  oodSplit: string,
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const longestLabel = width < 600 ? NARROW_LABEL : LABEL;
  const labels = models.map((name) =>
    name.length <= longestLabel ? name : `${name.slice(0, longestLabel / 2 - 1)}…${name.slice(1 - longestLabel / 2)}`,
  );
  const label = Math.max(8, Math.min(11, (0.85 * (width - 160)) / models.length));
  // Where names end, and so where titles and the legend go, is told by letters in wide fonts, not by what Vega takes them for.
  const longest = 0.66 * label * Math.max(...labels.map(({ length }) => length));
  const margins = { left: 30 + Math.max(32, longest), right: 24, bottom: longest + 84 };
  const side = width - margins.left - margins.right;
  const room = side / models.length;
  const axis = (title: string) => ({
    title,
    // In an expression a string ends at a line or paragraph separator, which JSON lets be; and Vega takes one that is called as a key of
    // every object is ("constructor") for something else, so each has a space before it.
    labelExpr: `slice(${printable(JSON.stringify(labels.map((name) => ` ${name}`)))}[datum.value], 1)`,
    labelFontSize: label,
    labelLimit: 0,
    // Where there is no room for all of them the pointer names the others.
    labelOverlap: "greedy" as const,
    ticks: false,
    grid: false,
    domain: false,
  });
  const framed = frame(
    colours,
    width,
    side,
    `Dominance on ${oodSplit}`,
    `share of examples that the row's model has right and the column's wrong${testbedModels > 0 ? `; the first ${testbedModels} are the testbed's, the best first` : ""}`,
    margins,
  );
  return {
    ...framed,
    data: { values: [...cells] },
    encoding: {
      y: { field: "rowAt", type: "ordinal" as const, axis: { ...axis("right"), titleX: 16 - margins.left } },
      x: {
        field: "columnAt",
        type: "ordinal" as const,
        axis: { ...axis("wrong"), labelAngle: -90, orient: "bottom" as const, titleY: longest + 22 },
      },
      // Of the numbers too, which lie over the cells.
      tooltip: tooltip(["row", "right"], ["column", "wrong"], ["text", "share"]),
    },
    layer: [
      {
        name: "cells",
        // Hundreds of cells read out one by one say less than the figure's own description.
        mark: { type: "rect" as const, aria: false },
        encoding: {
          color: {
            field: "share",
            type: "quantitative" as const,
            title: "per cent",
            scale: { scheme: "viridis" as const, domainMin: 0, reverse: theme === "light" },
            legend: {
              orient: "none" as const,
              legendX: 0,
              legendY: side + longest + 36,
              direction: "horizontal" as const,
              gradientLength: Math.min(240, side - 20),
              gradientThickness: 10,
            },
          },
        },
      },
      ...(room < 22
        ? []
        : [
            {
              name: "numbers",
              mark: { type: "text" as const, fontSize: Math.min(11, room / 2) },
              encoding: {
                text: { field: "label", type: "nominal" as const },
                color: {
                  condition: {
                    test: `datum.share > ${Math.max(...cells.map(({ share }) => share)) / 2}`,
                    value: theme === "light" ? "#ffffff" : "#15181d",
                  },
                  value: theme === "light" ? "#1f2328" : "#ffffff",
                },
              },
            },
          ]),
    ],
  };
}
