// The two looks of a figure. The hues are from Okabe and Ito's palette, told apart by colour-blind readers; the
// trajectory's are viridis, cut where it would fade into the background.

import type { Config } from "vega-lite";

/** `light` on a white page, `dark` on a dark one. */
export type ThemeName = "light" | "dark";

/** Colours of a figure, as CSS. */
export interface Theme {
  readonly background: string;
  readonly text: string;
  readonly grid: string;
  /** testbed models and the y = x line */
  readonly quiet: string;
  /** the fitted line and its band */
  readonly fit: string;
  /** the trajectory's line where no step colour applies */
  readonly run: string;
  /** kinds of things that have no order */
  readonly kinds: readonly string[];
  /** groups of runs */
  readonly groups: readonly string[];
  /** part of viridis that the steps span */
  readonly steps: readonly [number, number];
}

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  light: {
    background: "#ffffff",
    text: "#1f2328",
    grid: "#e4e7eb",
    quiet: "#6e7781",
    fit: "#0072b2",
    run: "#b34700",
    kinds: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#6e7781", "#e69f00"],
    groups: ["#b34700", "#00795a", "#a8467e", "#8a6100", "#5b4bb5", "#1f2328"],
    steps: [0, 0.85],
  },
  dark: {
    background: "#15181d",
    text: "#e6e9ee",
    grid: "#2c323b",
    quiet: "#9aa4b1",
    fit: "#56b4e9",
    run: "#e69f00",
    kinds: ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#9aa4b1", "#f0e442"],
    groups: ["#e69f00", "#3fc79a", "#e08fbe", "#f0e442", "#a99bf5", "#e6e9ee"],
    steps: [0.25, 1],
  },
};

/** Vega-Lite's configuration for a theme: fonts, axes, legends. */
export function themeConfig({ background, text, grid }: Theme): Config {
  const label = {
    labelColor: text,
    titleColor: text,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 500 as const,
  };
  return {
    background,
    font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
    view: { stroke: grid },
    axis: { ...label, gridColor: grid, domainColor: grid, tickColor: grid },
    legend: label,
    title: { color: text, subtitleColor: text, fontSize: 14, subtitleFontSize: 12, anchor: "start", offset: 10 },
  };
}
