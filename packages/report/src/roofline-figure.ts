// A roofline: how fast each dispatch computes against how much it computes for each byte, below the adapter's two roofs.

import type { TopLevelSpec } from "vega-lite";
import { type FigureStyle, frame } from "./figure-parts.js";
import { THEMES, type Theme } from "./theme.js";
import { decadeTicks } from "./ticks.js";

/** One dispatch. */
export interface RooflinePoint {
  readonly name: string;
  /** What it is coloured by. */
  readonly kind: string;
  /** Floating-point operations; a dispatch of none has no place on the chart. */
  readonly flops: number;
  readonly bytes: number;
  readonly ms: number;
}

export interface RooflineChart {
  readonly title: string;
  readonly subtitle: string;
  /** GFLOP/s of the flat roof. */
  readonly fmaGflops: number;
  /** GB/s of the slanted roof. */
  readonly copyGbs: number;
  readonly points: readonly RooflinePoint[];
}

const HEIGHT = 400;

/**
 * GFLOP/s against FLOP/byte on logarithmic axes, a circle a dispatch, its area the time, its colour the kind.
 *
 * @throws Error where no dispatch computes anything
 */
export function rooflineFigure(chart: RooflineChart, { theme, width }: FigureStyle): TopLevelSpec {
  const colours = THEMES[theme];
  const { fmaGflops, copyGbs } = chart;
  const values = chart.points.filter(({ flops, bytes, ms }) => flops > 0 && bytes > 0 && ms > 0).map(placed);
  if (values.length === 0) {
    throw new Error("roofline: no dispatch computes anything, so there is nothing to draw");
  }
  const ridge = fmaGflops / copyGbs;
  const xs = logDomain([...values.map(({ x }) => x), ridge]);
  const ys = logDomain([...values.map(({ y }) => y), fmaGflops, copyGbs * xs[0]]);
  const parts = frame(colours, width, HEIGHT, chart.title, `${chart.subtitle}${leftOut(chart.points, values.length)}`);
  const roof = [
    { x: xs[0], y: copyGbs * xs[0] },
    { x: ridge, y: fmaGflops },
    { x: xs[1], y: fmaGflops },
  ];
  const x = axis("x", "FLOP a byte", xs);
  const y = axis("y", "GFLOP/s", ys);
  return {
    ...parts,
    layer: [
      {
        name: "roof",
        data: { values: roof },
        mark: { type: "line", color: colours.text, strokeWidth: 1.5 },
        encoding: { x, y },
      },
      {
        name: "dispatches",
        data: { values: [...values].sort((a, b) => b.ms - a.ms) },
        mark: { type: "circle", opacity: 0.75, stroke: colours.background, strokeWidth: 0.75 },
        encoding: { x, y, size: size(values, colours), color: colour(chart.points, colours) },
      },
      ...roofLabels(chart, xs, ys, parts.width, colours, { x, y }),
    ],
  };
}

function placed({ name, kind, flops, bytes, ms }: RooflinePoint) {
  return { name, kind, ms, x: flops / bytes, y: flops / ms / 1e6 };
}

function leftOut(points: readonly RooflinePoint[], drawn: number): string {
  const few = points.length - drawn;
  return few === 0 ? "" : `; ${few} of ${points.length} dispatches compute nothing and are not drawn`;
}

/** From a little below the least to above the most, with room for the label of a roof. */
function logDomain(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 1.8, Math.max(...values) * 2.5];
}

function axis(field: "x" | "y", title: string, domain: [number, number]) {
  return {
    field,
    type: "quantitative" as const,
    title,
    scale: { type: "log" as const, domain, nice: false },
    axis: {
      values: decadeTicks(domain),
      labelExpr: "format(datum.value, '~g')",
      ...(field === "y" && { titleX: -44 }),
    },
  };
}

/** Area by time, so that circles add up as times do. */
function size(values: readonly { readonly ms: number }[], { text }: Theme) {
  const longest = Math.max(...values.map(({ ms }) => ms));
  const inLegend = [0.1, 0.3, 1].map((share) => Number((share * longest).toPrecision(1)));
  return {
    field: "ms",
    type: "quantitative" as const,
    title: "ms",
    scale: { domain: [0, longest], range: [8, 900], zero: true },
    legend: {
      orient: "bottom-right" as const,
      values: inLegend,
      symbolType: "circle",
      symbolFillColor: "transparent",
      symbolStrokeColor: text,
      symbolStrokeWidth: 1,
    },
  };
}

/** The kind that takes most time first. */
function colour(points: readonly RooflinePoint[], { kinds }: Theme) {
  const times = new Map<string, number>();
  for (const { kind, ms } of points) {
    times.set(kind, (times.get(kind) ?? 0) + ms);
  }
  const names = [...times].sort(([, a], [, b]) => b - a).map(([name]) => name);
  return {
    field: "kind",
    type: "nominal" as const,
    title: null,
    scale: { domain: names, range: names.map((_, i) => kinds[i % kinds.length]!) },
    legend: {
      orient: "bottom" as const,
      direction: "horizontal" as const,
      symbolType: "circle",
      symbolOpacity: 1,
      symbolStrokeWidth: 0,
      labelLimit: 0,
    },
  };
}

/** Each roof says what it is, above its line; the slanted one along it. */
function roofLabels(
  { fmaGflops, copyGbs }: RooflineChart,
  xs: readonly [number, number],
  ys: readonly [number, number],
  width: number,
  { text }: Theme,
  encoding: { readonly x: object; readonly y: object },
) {
  const decades = ([low, high]: readonly [number, number]) => Math.log10(high / low);
  const slant = Math.atan2(HEIGHT / decades(ys), width / decades(xs));
  const mark = { type: "text" as const, color: text, fontSize: 12, dy: -8, baseline: "bottom" as const };
  return [
    {
      name: "flat label",
      data: { values: [{ x: xs[1], y: fmaGflops }] },
      mark: { ...mark, align: "right" as const, dx: -4, text: `${round(fmaGflops)} GFLOP/s of multiply-adds` },
      encoding,
    },
    {
      name: "slanted label",
      data: { values: [{ x: xs[0], y: copyGbs * xs[0] }] },
      mark: {
        ...mark,
        align: "left" as const,
        dx: 8,
        angle: 360 - (slant * 180) / Math.PI,
        text: `${round(copyGbs)} GB/s copied`,
      },
      encoding,
    },
  ];
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
