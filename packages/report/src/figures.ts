// Every figure of a study, in the order in which the page shows them.

import { accuracyByStepFigure } from "./accuracy-by-step-figure.js";
import { accuracyFigure } from "./accuracy-figure.js";
import { classFigure } from "./class-figure.js";
import { dominanceFigure } from "./dominance-figure.js";
import { erByAccuracyFigure, erByStepFigure } from "./er-figures.js";
import type { Figure } from "./figure.js";
import { isFitted, type Study } from "./study.js";

/** The figures of one OOD split by what they are about. */
export interface SplitFigures {
  /** accuracies, and where there is a baseline effective robustness */
  readonly trajectories: readonly Figure[];
  readonly classes?: Figure;
  readonly dominance?: Figure;
}

/** @throws InputError where a run lacks the split or evaluations */
export function figuresOf(study: Study, oodSplit: string): SplitFigures {
  const { classes, dominance } = study.examples?.[oodSplit] ?? {};
  return {
    trajectories: isFitted(study, oodSplit)
      ? [accuracyFigure(study, oodSplit), erByAccuracyFigure(study, oodSplit), erByStepFigure(study, oodSplit)]
      : [accuracyFigure(study, oodSplit), accuracyByStepFigure(study, oodSplit)],
    ...(classes?.rows.some(({ er }) => er !== undefined) && {
      classes: classFigure(classes.rows, classes.model, oodSplit),
    }),
    ...(dominance !== undefined && { dominance: dominanceFigure(dominance, oodSplit) }),
  };
}

/** All of them. */
export function allFigures(study: Study): Figure[] {
  return study.oodSplits.flatMap((split) => inOrder(figuresOf(study, split)));
}

/** One split's figures, in the order in which the page shows them. */
export function inOrder({ trajectories, classes, dominance }: SplitFigures): Figure[] {
  return [...trajectories, ...(classes ? [classes] : []), ...(dominance ? [dominance] : [])];
}
