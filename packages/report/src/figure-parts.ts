// What the figures share: frame, axes, the colour of a step, and where an evaluation lies on them.

import { type Accuracy, finiteAccuracy, logit } from "@er/metrics";
import type { Config } from "vega-lite";
import type { AlongScale } from "./along.js";
import type { AccuracyPoint } from "./run-report.js";
import { type Theme, type ThemeName, themeConfig } from "./theme.js";
import { accuracyTicks, LOGIT_LABEL } from "./ticks.js";

/** How a figure looks. */
export interface FigureStyle {
  readonly theme: ThemeName;
  /** whole width in pixels; labels keep their size, so a narrow figure has fewer ticks */
  readonly width: number;
}

/** Everything of a figure but its data. */
interface Frame {
  readonly $schema: string;
  readonly width: number;
  readonly height: number;
  readonly padding: { left: number; right: number; top: number; bottom: number };
  readonly autosize: { type: "none" };
  readonly title: { text: string[]; subtitle: string[]; frame: "group"; dx: number };
  readonly config: Config;
}

/** Pixels between the plot and the figure's edges; labels, titles and legends of the axes stand in them. */
interface Margins {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

/** Below a plot: the labels and the title of its axis alone, and with a legend of steps or shares. */
export const AXIS_BELOW = 50;
export const SCALE_BELOW = AXIS_BELOW + 50;

/** Between the figure's edge and its title. */
const TITLE_AT = 6;

/** @param height of the plot itself, in pixels, without title, axes and legend; the width is the figure's */
export function frame(
  colours: Theme,
  width: number,
  height: number,
  text: string,
  subtitle: string,
  { left = 62, right = 24, bottom = SCALE_BELOW }: Partial<Margins> = {},
): Frame {
  // Widths of letters in wide fonts, so that titles end inside the figure in any.
  const title = {
    text: lines(text, (width - 2 * TITLE_AT) / 9.4),
    subtitle: lines(subtitle, (width - 2 * TITLE_AT) / 7),
  };
  // Margins are given, not measured: without a canvas Vega takes letters for wider than they are.
  const padding = { left, right, top: 24 + 17 * title.text.length + 15 * title.subtitle.length, bottom };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: width - padding.left - padding.right,
    height,
    padding,
    autosize: { type: "none" },
    title: { ...title, frame: "group", dx: TITLE_AT - left },
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

export function logitX(title: string, domain: [number, number], width: number) {
  return {
    field: "x",
    type: "quantitative" as const,
    title,
    scale: { domain, zero: false, nice: false },
    axis: { values: accuracyTicks(domain, width / 55).map(logit), labelExpr: LOGIT_LABEL },
  };
}

/** The colour of an evaluation by its place; `place` of the data is a position of the scale. */
export function placeColour({ word, domain, ticks, label }: AlongScale, { steps }: Theme, width: number) {
  return {
    field: "place",
    type: "quantitative" as const,
    title: word,
    scale: {
      scheme: { name: "viridis" as const, extent: [...steps] },
      domain,
    },
    legend: {
      orient: "bottom" as const,
      direction: "horizontal" as const,
      values: [...ticks],
      labelExpr: label,
      gradientLength: Math.min(300, width - 120),
      gradientThickness: 10,
    },
  };
}

/** The colour of a group, with a legend where there are several; one is what the title speaks of. */
export function groupColour(names: readonly string[], { groups }: Theme, width: number) {
  return {
    field: "group",
    type: "nominal" as const,
    title: null,
    scale: { domain: [...names], range: names.map((_, i) => groups[i % groups.length]!) },
    legend: names.length === 1 ? null : namesLegend(names, width),
  };
}

/** A legend of names, in as many columns as the figure has room for. */
export function namesLegend(names: readonly string[], width: number) {
  const columns = legendColumns(names, width);
  return {
    orient: "bottom" as const,
    direction: "horizontal" as const,
    columns,
    labelLimit: width / columns - 60,
    symbolType: "circle",
    symbolOpacity: 1,
  };
}

/** What to leave below a plot for its axis and {@link namesLegend}. */
export function namesBelow(names: readonly string[], width: number): number {
  return AXIS_BELOW + (names.length === 1 ? 0 : 22 + 16 * Math.ceil(names.length / legendColumns(names, width)));
}

function legendColumns(names: readonly string[], width: number): number {
  return Math.max(1, Math.min(names.length, Math.floor(width / 220)));
}

export function runPoint({ step, id }: AccuracyPoint, scale: AlongScale) {
  return { step, at: scale.value(step), place: scale.position(step), x: logitOf(id) };
}

/** What the pointer says: fields of the data, each under its title. */
export function tooltip(...fields: readonly (readonly [field: string, title: string])[]) {
  return fields.map(([field, title]) => ({ field, title, type: "nominal" as const }));
}

/** An axis that evaluations lie along; `place` of the data is a position of the scale. */
export function placeX({ title, domain, ticks, label }: AlongScale) {
  return {
    field: "place",
    type: "quantitative" as const,
    title,
    scale: { domain, zero: true, nice: false, padding: 8 },
    axis: { values: [...ticks], labelExpr: label },
  };
}

export function logitOf(value: Accuracy): number {
  return logit(finiteAccuracy("figure", value).accuracy);
}
