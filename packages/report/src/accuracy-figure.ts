// OOD accuracy of runs against their ID accuracy, among the models of the testbed.

import { logit } from "@er/metrics";
import { type AlongScale, alongScale } from "./along.js";
import { baselineLayers } from "./baseline-layers.js";
import type { Figure } from "./figure.js";
import {
  type FigureStyle,
  frame,
  groupColour,
  logitOf,
  logitX,
  namesBelow,
  placeColour,
  runPoint,
  SCALE_BELOW,
  tooltip,
} from "./figure-parts.js";
import { percent } from "./format.js";
import { accuracies, type BaselineOfSplit } from "./run-report.js";
import { baselineOfStudy, isFitted, onlyRun, runsOf, type Study } from "./study.js";
import { THEMES } from "./theme.js";
import { accuracyTicks, identityLine, LOGIT_LABEL, padded } from "./ticks.js";

/**
 * OOD accuracy against ID accuracy on logit axes: y = x, and the runs' evaluations in step order, one run coloured by step,
 * several by group; where the split has a baseline, also the testbed's models and their fitted line with its 95 % prediction
 * band.
 *
 * @throws InputError where a run lacks the split or evaluations
 */
export function accuracyFigure(study: Study, oodSplit: string): Figure {
  const scale = alongScale(study, oodSplit);
  const points = pointsOf(study, oodSplit, scale);
  const fitted = isFitted(study, oodSplit) ? baselineOfStudy(study, oodSplit) : undefined;
  const testbed = (fitted?.models ?? []).map(({ model, id, ood }) => ({
    model,
    x: logitOf(id),
    y: logitOf(ood),
    idText: percent(id.accuracy),
    oodText: percent(ood.accuracy),
    id: id.accuracy,
    ood: ood.accuracy,
  }));
  const among = fitted === undefined ? "" : `${testbed.length} testbed models with their fitted line, and `;
  const what = onlyRun(study) === undefined ? `the evaluations of ${points.runs} runs` : "this run's evaluations";
  return {
    name: `accuracy-${oodSplit}`,
    alt: `Accuracy on ${oodSplit} against accuracy on ${study.idSplit}, logit axes: ${among}${what}${fitted === undefined ? ", and y = x" : ""}.`,
    data: [
      ...testbed.map(({ model, id, ood }) => ({ kind: "testbed", name: model, step: undefined, id, ood })),
      ...points.rows.map(({ run, step, id, ood }) => ({ kind: "run", name: run, step, id, ood })),
    ],
    spec: (style) => specOf(study, oodSplit, { points: points.rows, testbed, fitted, scale }, style),
  };
}

function pointsOf(study: Study, oodSplit: string, scale: AlongScale) {
  const runs = runsOf(study);
  const rows = runs.flatMap(({ group, name, report }) =>
    accuracies(report, oodSplit).map((point) => ({
      ...runPoint(point, scale),
      y: logitOf(point.ood),
      group,
      run: name,
      idText: percent(point.id.accuracy),
      oodText: percent(point.ood.accuracy),
      id: point.id.accuracy,
      ood: point.ood.accuracy,
    })),
  );
  return { rows, runs: runs.length };
}

interface Drawn {
  readonly points: ReturnType<typeof pointsOf>["rows"];
  readonly testbed: readonly { model: string; x: number; y: number }[];
  readonly fitted: BaselineOfSplit | undefined;
  readonly scale: AlongScale;
}

function specOf(
  study: Study,
  oodSplit: string,
  { points, testbed, fitted, scale }: Drawn,
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const xDomain = padded([...testbed, ...points].map(({ x }) => x));
  const yDomain = padded([...testbed, ...points].map(({ y }) => y));
  const x = logitX(`${study.idSplit} accuracy`, xDomain, width);
  const y = {
    field: "y",
    type: "quantitative" as const,
    title: `${oodSplit} accuracy`,
    scale: { domain: yDomain, zero: false, nice: false },
    axis: { values: accuracyTicks(yDomain, 10).map(logit), labelExpr: LOGIT_LABEL },
  };
  const single = onlyRun(study) !== undefined;
  const shown = `dashed: y = x; coloured: ${single ? (scale.along === "interpolation" ? "the models from one to the other" : "this run, step by step") : "the runs, from their first evaluation to their last"}`;
  const names = study.groups.map(({ name }) => name);
  const color = single ? placeColour(scale, colours, width) : groupColour(names, colours, width);
  const values = [...points];
  return {
    ...frame(
      colours,
      width,
      Math.min(width * 0.8, 440),
      `Accuracy on ${oodSplit} against ${study.idSplit}`,
      fitted === undefined
        ? shown
        : `${testbed.length} testbed models (crosses), their line (dotted where extrapolated) and 95 % prediction band; ${shown}`,
      { bottom: single ? SCALE_BELOW : namesBelow(names, width) },
    ),
    layer: [
      ...(fitted === undefined
        ? []
        : baselineLayers(fitted.baseline, [...testbed], xDomain, { x, y }, colours, [study.idSplit, oodSplit])),
      {
        name: "identity",
        data: { values: identityLine(xDomain, yDomain) },
        mark: { type: "line" as const, color: colours.quiet, strokeDash: [5, 4], strokeWidth: 1.2 },
        encoding: { x, y },
      },
      {
        name: "path",
        data: { values },
        mark: { type: "line" as const, strokeWidth: 1, opacity: 0.55, ...(single && { color: colours.text }) },
        encoding: {
          x,
          y,
          detail: { field: "run" },
          order: { field: "step" },
          ...(!single && { color: groupColour(names, colours, width) }),
        },
      },
      {
        name: "run",
        data: { values },
        mark: {
          type: "circle" as const,
          size: single ? 70 : 40,
          opacity: 1,
          stroke: colours.background,
          strokeWidth: 0.75,
        },
        encoding: {
          x,
          y,
          color,
          tooltip: tooltip(["run", "run"], ["at", scale.word], ["idText", study.idSplit], ["oodText", oodSplit]),
        },
      },
    ],
  };
}
