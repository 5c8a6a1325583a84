// What evaluations follow one another along, in words and on an axis: steps of the optimiser, or the way from one model's weights to
// another's, whose "step" is the way in per cent.

import { type Along, accuracies, type RunReport } from "./run-report.js";
import { runsOf, type Study } from "./study.js";
import { STEP_LABEL, stepPosition, stepTicks } from "./ticks.js";

/**
 * Where an evaluation is: "step 80", or "α = 0.3".
 *
 * @param write how a step is written
 */
export function placeOf(
  { along }: Pick<RunReport, "along">,
  step: number,
  write: (step: number) => string = String,
): string {
  return along === "interpolation" ? `α = ${step / 100}` : `step ${write(step)}`;
}

/** An axis, or a scale of colours, that evaluations lie along. */
export interface AlongScale {
  readonly along: Along | "both";
  /** of an axis */
  readonly title: string;
  /** of a column or a legend */
  readonly word: string;
  /** what a figure of it shows, as the end of its title: "through fine-tuning" */
  readonly through: string;
  readonly domain: [number, number];
  /** positions */
  readonly ticks: readonly number[];
  /** a Vega expression of a position */
  readonly label: string;
  readonly position: (step: number) => number;
  /** what a person calls a step's place */
  readonly value: (step: number) => number;
}

const WORDS = {
  training: { title: "fine-tuning step", word: "step", through: "through fine-tuning" },
  interpolation: { title: "α, from the first model (0) to the second (1)", word: "α", through: "between two models" },
  both: {
    title: "fine-tuning step, or way between models in per cent",
    word: "step, or way in %",
    through: "through fine-tuning, and between models",
  },
} as const;

/** Steps lie on a logarithmic axis that begins at step 0, the ways of interpolations alone on a linear one. */
export function alongScale(study: Study, oodSplit: string): AlongScale {
  const along = alongOf(study);
  const words = { along, ...WORDS[along] };
  if (along === "interpolation") {
    const value = (step: number) => step / 100;
    const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
    return { ...words, domain: [0, 1], ticks, label: "format(datum.value, '~g')", position: value, value };
  }
  const last = Math.max(...runsOf(study).map(({ report }) => accuracies(report, oodSplit).at(-1)!.step));
  return {
    ...words,
    domain: [0, Math.max(stepPosition(last), stepPosition(1))],
    ticks: stepTicks(last).map(stepPosition),
    label: STEP_LABEL,
    position: stepPosition,
    value: (step) => step,
  };
}

/** What a study's runs go along. */
export function alongOf(study: Study): Along | "both" {
  const kinds = new Set(runsOf(study).map(({ report }) => report.along ?? "training"));
  return kinds.size > 1 ? "both" : [...kinds][0]!;
}
