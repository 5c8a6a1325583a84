// Effective robustness along training, against ID accuracy and against the step: of one run coloured by step, or of groups of
// runs, each by its mean with a band and its runs as points.

import { type BandStep, effectiveRobustness } from "@er/metrics";
import { type AlongScale, alongScale, placeOf } from "./along.js";
import type { Figure } from "./figure.js";
import {
  type FigureStyle,
  frame,
  groupColour,
  logitOf,
  logitX,
  namesBelow,
  placeColour,
  placeX,
  SCALE_BELOW,
  tooltip,
} from "./figure-parts.js";
import { percent, points } from "./format.js";
import { accuracies } from "./run-report.js";
import { baselineOfStudy, groupTrajectory, onlyRun, runsOf, type Study, type StudyGroup } from "./study.js";
import { THEMES } from "./theme.js";
import { drawnLogit, padded } from "./ticks.js";

/**
 * Effective robustness in percentage points against ID accuracy (logit axis), with its 95 % band and the zero line; the
 * evaluations are joined in step order.
 *
 * @throws InputError where a run lacks the split, its baseline or evaluations
 */
export function erByAccuracyFigure(study: Study, oodSplit: string): Figure {
  const drawn = drawnOf(study, oodSplit);
  const title = `Effective robustness on ${oodSplit} against ${study.idSplit} accuracy`;
  return {
    name: `er-by-accuracy-${oodSplit}`,
    alt: describe(drawn, oodSplit),
    data: dataOf(drawn),
    spec: (style) => {
      const domain = padded([...drawn.points, ...drawn.means].map(({ logitId }) => logitId));
      return specOf(study, drawn, "logitId", logitX(`${study.idSplit} accuracy`, domain, style.width), title, style);
    },
  };
}

/**
 * Effective robustness in percentage points against the step or the way between two models, with its 95 %
 * band and the zero line.
 *
 * @throws InputError where a run lacks the split, its baseline or evaluations
 */
export function erByStepFigure(study: Study, oodSplit: string): Figure {
  const drawn = drawnOf(study, oodSplit);
  const title = `Effective robustness on ${oodSplit} ${drawn.scale.through}`;
  return {
    name: `er-by-step-${oodSplit}`,
    alt: describe(drawn, oodSplit),
    data: dataOf(drawn),
    spec: (style) => specOf(study, drawn, "place", placeX(drawn.scale), title, style),
  };
}

/** A minus sign, not a hyphen, and no sign before 0. */
export const POINTS_LABEL = "(datum.value > 0 ? '+' : '') + replace(format(datum.value, '~g'), '-', '−')";

interface Drawn {
  readonly scale: AlongScale;
  readonly single: boolean;
  /** a group's mean at each step that all of its runs were evaluated at */
  readonly means: readonly ReturnType<typeof meanRow>[];
  readonly points: readonly ReturnType<typeof pointRow>[];
}

function drawnOf(study: Study, oodSplit: string): Drawn {
  const { baseline } = baselineOfStudy(study, oodSplit);
  const scale = alongScale(study, oodSplit);
  const means = study.groups.flatMap((group) => {
    const { steps } = groupTrajectory(study, group, oodSplit);
    return steps.filter(({ runs }) => runs === group.runs.length).map((step) => meanRow(group, scale, step));
  });
  const evaluated = runsOf(study).flatMap(({ group, name, report }) =>
    accuracies(report, oodSplit).map(({ step, id, ood }) =>
      pointRow(group, name, scale, step, id.accuracy, logitOf(id), effectiveRobustness(baseline, id, ood)),
    ),
  );
  return { scale, single: onlyRun(study) !== undefined, means, points: evaluated };
}

function meanRow(
  { name: group, runs: of }: StudyGroup,
  scale: AlongScale,
  { step, accId, er, low, high, runs, standardError, bootstrap, extrapolated }: BandStep,
) {
  const logitId = drawnLogit(accId);
  return {
    ...{
      group,
      step,
      place: scale.position(step),
      where: placeOf(of[0]!.report, step),
      logitId,
      accId,
      runs,
      standardError,
      bootstrap,
      extrapolated,
    },
    ...{ er: 100 * er, low: 100 * low, high: 100 * high },
  };
}

function pointRow(
  group: string,
  run: string,
  scale: AlongScale,
  step: number,
  accId: number,
  logitId: number,
  { er, low, high, extrapolated }: { er: number; low: number; high: number; extrapolated: boolean },
) {
  return {
    ...{ group, run, step, at: scale.value(step), place: scale.position(step), logitId, accId, extrapolated },
    ...{ er: 100 * er, low: 100 * low, high: 100 * high },
    idText: percent(accId),
    erText: `${points(er)} points [${points(low)}, ${points(high)}]${extrapolated ? ", extrapolated" : ""}`,
  };
}

function dataOf({ points, means }: Drawn): Figure["data"] {
  return [
    ...points.map(({ group, run, step, accId, er, low, high, extrapolated }) => ({
      ...{ kind: "run", group, run, runs: 1, step, id: accId, er: er / 100, low: low / 100, high: high / 100 },
      ...{ standard_error: undefined, bootstrap_low: undefined, bootstrap_high: undefined, extrapolated },
    })),
    ...means
      .filter(({ runs }) => runs > 1)
      .map(({ group, runs, step, accId, er, low, high, standardError, bootstrap, extrapolated }) => ({
        ...{
          kind: "mean",
          group,
          run: undefined,
          runs,
          step,
          id: accId,
          er: er / 100,
          low: low / 100,
          high: high / 100,
        },
        ...{
          standard_error: standardError,
          bootstrap_low: bootstrap?.low,
          bootstrap_high: bootstrap?.high,
          extrapolated,
        },
      })),
  ];
}

/** What the figure shows, in words, for those who do not see it. */
function describe({ means }: Drawn, oodSplit: string): string {
  const groups = [...new Set(means.map(({ group }) => group))];
  const said = groups.map((group) => {
    const steps = means.filter((mean) => mean.group === group);
    const peak = steps.reduce((best, mean) => (mean.er > best.er ? mean : best));
    const [first, last] = [steps[0]!, steps.at(-1)!];
    const named = groups.length > 1 ? `${group}: ` : "";
    const at = ({ er, where }: typeof first) => `${points(er / 100)} points at ${where}`;
    return `${named}${at(first)}, highest ${at(peak)}, ${at(last)}`;
  });
  return `Effective robustness on ${oodSplit}: ${said.join("; ")}.`;
}

function specOf<X extends object>(
  study: Study,
  { scale, single, means, points: evaluated }: Drawn,
  field: "logitId" | "place",
  axis: X,
  title: string,
  { theme, width }: FigureStyle,
) {
  const colours = THEMES[theme];
  const x = { ...axis, field, type: "quantitative" as const };
  const y = {
    field: "er",
    type: "quantitative" as const,
    title: "ER, percentage points",
    axis: { labelExpr: POINTS_LABEL },
  };
  const order = { field: "step" };
  const names = study.groups.map(({ name }) => name);
  const byGroup = single ? {} : { color: groupColour(names, colours, width) };
  const plain = single ? { color: colours.run } : {};
  const several = study.groups.some(({ runs }) => runs.length > 1);
  const note = several
    ? "line: the mean over runs, with its 95 % interval; points: the runs"
    : "accuracy above the baseline, with the 95 % interval of each evaluation";
  return {
    ...frame(colours, width, 240, title, note, { bottom: single ? SCALE_BELOW : namesBelow(names, width) }),
    layer: [
      {
        name: "band",
        data: { values: [...means] },
        // Accuracy may fall from one step to the next, where an area would fold over itself.
        mark:
          field === "place"
            ? { type: "area" as const, opacity: 0.2, line: false, ...plain }
            : { type: "rule" as const, opacity: 0.35, strokeWidth: 1.5, ...plain },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, ...byGroup },
      },
      {
        name: "zero",
        data: { values: [{ er: 0 }] },
        mark: { type: "rule" as const, color: colours.fit, strokeWidth: 1.5 },
        encoding: { y },
      },
      {
        name: "path",
        data: { values: [...means] },
        mark: { type: "line" as const, strokeWidth: several ? 2.5 : 1.5, ...plain },
        encoding: { x, y, order, ...byGroup },
      },
      {
        name: "run",
        data: { values: [...evaluated] },
        mark: {
          type: "circle" as const,
          size: single ? 60 : 26,
          opacity: single ? 1 : 0.75,
          stroke: colours.background,
          strokeWidth: single ? 0.75 : 0.4,
        },
        encoding: {
          x,
          y,
          color: single ? placeColour(scale, colours, width) : groupColour(names, colours, width),
          tooltip: tooltip(["run", "run"], ["at", scale.word], ["idText", study.idSplit], ["erText", "ER [95 %]"]),
        },
      },
    ],
  };
}
