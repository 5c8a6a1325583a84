// A model's effective robustness class by class.

import { POINTS_LABEL } from "./er-figures.js";
import type { ClassFinding } from "./example-findings.js";
import type { Figure } from "./figure.js";
import { AXIS_BELOW, type FigureStyle, frame, tooltip } from "./figure-parts.js";
import { percent, points } from "./format.js";
import { THEMES } from "./theme.js";

/** Pixels of a class's name; the pointer says longer ones whole. */
const MOST_LABEL = 110;

/**
 * Effective robustness of each class that has a line of its own, with its 95 % interval, in the classes' order.
 *
 * @param rows classes without a line are not drawn, and stay in the data
 */
export function classFigure(rows: readonly ClassFinding[], model: string, oodSplit: string): Figure {
  const drawn = rows.flatMap(({ name, er, id, ood }) =>
    er === undefined
      ? []
      : [
          {
            ...{ name, er: 100 * er.er, low: 100 * er.low, high: 100 * er.high },
            text: `${points(er.er)} points [${points(er.low)}, ${points(er.high)}]`,
            idText: percent(id.share),
            oodText: percent(ood.share),
          },
        ],
  );
  return {
    name: `classes-${oodSplit}`,
    alt: `Effective robustness by class of ${model} on ${oodSplit}: ${drawn.map(({ name, text }) => `${name} ${text}`).join(", ")}.`,
    data: rows.map(({ name, id, ood, er }) => ({
      ...{
        class: name,
        id_n: id.n,
        id: id.share,
        ood_n: ood.n,
        ood: ood.share,
        er: er?.er,
        low: er?.low,
        high: er?.high,
      },
    })),
    spec: (style) => specOf(drawn, model, oodSplit, style),
  };
}

function specOf(
  values: { name: string; er: number; low: number; high: number }[],
  model: string,
  oodSplit: string,
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    sort: null,
    axis: { labelLimit: MOST_LABEL, grid: true, ticks: false },
  };
  const x = {
    field: "er",
    type: "quantitative" as const,
    title: "ER, percentage points",
    axis: { labelExpr: POINTS_LABEL, tickCount: Math.floor(width / 90) },
  };
  const longest = Math.max(...values.map(({ name }) => name.length));
  return {
    ...frame(
      colours,
      width,
      26 * values.length,
      `Effective robustness by class on ${oodSplit}`,
      `${model}; a line of its own for each class, with the 95 % interval`,
      { left: 14 + Math.min(MOST_LABEL, Math.max(48, 8 * longest)), bottom: AXIS_BELOW },
    ),
    layer: [
      {
        name: "zero",
        data: { values: [{ er: 0 }] },
        mark: { type: "rule" as const, color: colours.fit, strokeWidth: 1.5 },
        encoding: { x },
      },
      {
        name: "interval",
        data: { values },
        mark: { type: "rule" as const, color: colours.run, strokeWidth: 2 },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        name: "classes",
        data: { values },
        mark: { type: "circle" as const, color: colours.run, size: 70, opacity: 1 },
        encoding: {
          y,
          x,
          tooltip: tooltip(
            ["name", "class"],
            ["idText", "ID accuracy"],
            ["oodText", "OOD accuracy"],
            ["text", "ER [95 %]"],
          ),
        },
      },
    ],
  };
}
