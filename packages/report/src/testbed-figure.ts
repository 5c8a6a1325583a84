// A testbed by itself: its models' OOD accuracy against ID accuracy, the line, and how far models of one's choice stand above
// it. A run among the models of a testbed is in accuracy-figure.ts.

import { type Accuracy, type Baseline, logit, type TestbedModel } from "@er/metrics";
import { baselineLayers } from "./baseline-layers.js";
import type { Figure } from "./figure.js";
import { AXIS_BELOW, type FigureStyle, frame, logitOf, logitX, tooltip } from "./figure-parts.js";
import { percent, points } from "./format.js";
import { THEMES } from "./theme.js";
import { accuracyTicks, drawnLogit, identityLine, LOGIT_LABEL, padded } from "./ticks.js";

/** A model whose effective robustness is shown, as the difference to the line. */
export interface MarkedModel {
  readonly model: string;
  readonly id: Accuracy;
  readonly ood: Accuracy;
  /** as fractions */
  readonly robustness: { readonly er: number; readonly low: number; readonly high: number; readonly predicted: number };
}

/** What a testbed's figure shows. */
export interface TestbedChart {
  /** names of the two splits or columns */
  readonly idSplit: string;
  readonly oodSplit: string;
  readonly baseline: Baseline;
  /** all of the testbed; those that the baseline was not fitted on are drawn faintly */
  readonly models: readonly TestbedModel[];
  /** none where only the line is of interest */
  readonly marked?: readonly MarkedModel[];
}

/** More than these share a colour, since a legend of more is longer than the figure. */
const MOST_NAMED = 6;
/** Characters of a name in the legend, so that two columns and the ER beside it fit. */
const NAME = 28;

/**
 * OOD accuracy against ID accuracy on logit axes: y = x, the models of the fit with their line and its 95 % prediction band,
 * the other models faintly, and marked models with their ER as a segment to what the line predicts of them. A marked model
 * that is of the fit is measured against the line without it, to which its segment goes.
 *
 * Models of an accuracy of exactly 0 or 1 without n have no place on the axes and are left out.
 *
 * @throws InputError where a marked model has no place on the axes
 */
export function testbedFigure(chart: TestbedChart): Figure {
  const { idSplit, oodSplit, baseline, models, marked = [] } = chart;
  const inFit = new Set(baseline.models);
  const rows = models.filter(({ id, ood }) => placed(id) && placed(ood)).map((model) => rowOf(model));
  const fitted = rows.filter(({ model }) => inFit.has(model));
  const others = rows.filter(({ model }) => !inFit.has(model));
  const shown = marked.map(markedRow);
  const said = marked.map(({ model, robustness: { er } }) => `${model} ${points(er)} points`);
  return {
    name: `testbed-${oodSplit}`,
    alt: `Accuracy on ${oodSplit} against accuracy on ${idSplit}, logit axes: ${fitted.length} models with their fitted line, ${others.length} models left out of the fit${said.length > 0 ? `; above the line ${said.join(", ")}` : ""}.`,
    data: [
      ...fitted.map((row) => dataRow("fit", row)),
      ...others.map((row) => dataRow("left out", row)),
      ...marked.map(({ model, id, ood, robustness: { er, low, high, predicted } }) => ({
        ...{ kind: "marked", model, id: id.accuracy, ood: ood.accuracy, predicted, er, low, high },
      })),
    ],
    spec: (style) => specOf(chart, { fitted, others, shown }, style),
  };
}

function placed({ accuracy, n }: Accuracy): boolean {
  return n !== undefined || (accuracy > 0 && accuracy < 1);
}

function rowOf({ model, id, ood }: Pick<TestbedModel, "model" | "id" | "ood">) {
  return {
    ...{ model, id: id.accuracy, ood: ood.accuracy, x: logitOf(id), y: logitOf(ood) },
    ...{ idText: percent(id.accuracy), oodText: percent(ood.accuracy) },
  };
}

function markedRow(marked: MarkedModel, _: number, { length }: readonly MarkedModel[]) {
  const { er, low, high, predicted } = marked.robustness;
  const foot = drawnLogit(predicted);
  const { model } = marked;
  const short = model.length <= NAME ? model : `${model.slice(0, NAME - 1)}…`;
  return {
    ...rowOf(marked),
    foot,
    group: length > MOST_NAMED ? `${length} models` : `${short} ${points(er)}`,
    erText: `${points(er)} points [${points(low)}, ${points(high)}]`,
  };
}

function dataRow(kind: string, { model, id, ood }: { model: string; id: number; ood: number }) {
  const none = { predicted: undefined, er: undefined, low: undefined, high: undefined };
  return { kind, model, id, ood, ...none };
}

interface Drawn {
  readonly fitted: ReturnType<typeof rowOf>[];
  readonly others: ReturnType<typeof rowOf>[];
  readonly shown: ReturnType<typeof markedRow>[];
}

function specOf(
  { idSplit, oodSplit, baseline }: TestbedChart,
  { fitted, others, shown }: Drawn,
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const all = [...fitted, ...others, ...shown];
  const xDomain = padded(all.map(({ x }) => x));
  const yDomain = padded(all.map(({ y }) => y));
  const x = logitX(`${idSplit} accuracy`, xDomain, width);
  const y = {
    field: "y",
    type: "quantitative" as const,
    title: `${oodSplit} accuracy`,
    scale: { domain: yDomain, zero: false, nice: false },
    axis: { values: accuracyTicks(yDomain, 10).map(logit), labelExpr: LOGIT_LABEL },
  };
  const groups = [...new Set(shown.map(({ group }) => group))];
  const fit = `in the fit (${fitted.length})`;
  const out = `left out of the fit (${others.length})`;
  const names = [fit, ...(others.length > 0 ? [out] : []), ...groups];
  const columns = Math.max(1, Math.min(names.length, Math.floor(width / 330)));
  const color = {
    field: "group",
    type: "nominal" as const,
    title: null,
    scale: {
      domain: names,
      range: [
        colours.fit,
        ...(others.length > 0 ? [colours.quiet] : []),
        ...groups.map((_, i) => colours.groups[i % colours.groups.length]!),
      ],
    },
    legend: {
      ...{ orient: "bottom" as const, direction: "horizontal" as const, columns, labelLimit: 0 },
      ...{ symbolType: "circle", symbolOpacity: 1, symbolStrokeWidth: 0 },
    },
  };
  const framed = frame(
    colours,
    width,
    Math.min(width * 0.8, 440),
    `Accuracy on ${oodSplit} against ${idSplit}`,
    `a ${baseline.scale} fit with its 95 % prediction band, dotted where extrapolated; dashed: y = x${shown.length > 0 ? "; segments: effective robustness, in points" : ""}`,
    // Ticks below one per cent have longer labels than those of runs.
    { left: 74, bottom: AXIS_BELOW + 22 + 16 * Math.ceil(names.length / columns) },
  );
  const pointed = [["model", "model"] as const, ["idText", idSplit] as const, ["oodText", oodSplit] as const];
  const [band, line, solid] = baselineLayers(baseline, [], xDomain, { x, y }, colours, [idSplit, oodSplit]);
  const dots = (name: string, values: object[], size: number, opacity: number) => ({
    name,
    data: { values },
    // Hundreds of models read out one by one say less than the figure's own description.
    mark: { type: "circle" as const, clip: true, size, opacity, aria: false },
    encoding: { x, y, color, tooltip: tooltip(...pointed) },
  });
  return {
    ...framed,
    layer: [
      band!,
      {
        name: "identity",
        data: { values: identityLine(xDomain, yDomain) },
        mark: { type: "line" as const, color: colours.quiet, strokeDash: [5, 4], strokeWidth: 1.2 },
        encoding: { x, y },
      },
      dots(
        "left out",
        others.map((row) => ({ ...row, group: out })),
        18,
        0.4,
      ),
      line!,
      solid!,
      dots(
        "fit",
        fitted.map((row) => ({ ...row, group: fit })),
        22,
        0.7,
      ),
      {
        name: "segments",
        data: { values: [...shown] },
        mark: { type: "rule" as const, clip: true, strokeWidth: 2 },
        encoding: { x, y: { ...y, field: "foot" }, y2: { field: "y" }, color },
      },
      {
        name: "marked",
        data: { values: [...shown] },
        mark: { type: "circle" as const, size: 80, opacity: 1, stroke: colours.background, strokeWidth: 1 },
        encoding: { x, y, color, tooltip: tooltip(...pointed, ["erText", "ER [95 %]"]) },
      },
    ],
  };
}
