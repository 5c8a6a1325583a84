// What a report is made of: a run's record as plain data. Nothing here reads the record's files or trains anything.

import type { Baseline, EffectiveRobustness, TestbedModel } from "@er/metrics";
import { InputError } from "@er/metrics";

/** Right answers on one split; `accuracy` is a fraction. */
export interface SplitResult {
  readonly n: number;
  readonly correct: number;
  readonly accuracy: number;
}

/** Effective robustness on one OOD split, as fractions: 0.02 is two percentage points; `low` and `high` are its 95 % interval. */
export type ErResult = Pick<EffectiveRobustness, "er" | "low" | "high" | "predicted" | "extrapolated">;

/** What a run's evaluations follow one another along: steps of the optimiser, or the way from one model's weights to another's. */
export type Along = "training" | "interpolation";

/** One evaluation of the model during fine-tuning, or of one between two models. */
export interface Evaluation {
  /** optimiser steps taken, from 0; of an interpolation the way in per cent */
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  /** mean training loss since the evaluation before, in nats; null where no step lies between */
  readonly trainLoss: number | null;
  /** by split name */
  readonly splits: Readonly<Record<string, SplitResult>>;
  /** by name of the OOD split, of those with a baseline */
  readonly er: Readonly<Record<string, ErResult>>;
}

/** The fitted line of one OOD split and the models it was fitted on. */
export interface BaselineOfSplit {
  readonly baseline: Baseline;
  readonly models: readonly TestbedModel[];
  /** which of the testbed's models these are, and which were left out, in words */
  readonly choice?: string;
  /** what there is to mind where runs are measured against it, a clause each */
  readonly caveats?: readonly string[];
}

/** A run as it was recorded. */
export interface RunReport {
  readonly title: string;
  /** training where left out */
  readonly along?: Along;
  /** the command that makes this run again */
  readonly command: string;
  /** the resolved configuration, any JSON */
  readonly config: unknown;
  /** versions, adapter, checksums, any JSON */
  readonly manifest: unknown;
  /** what there is to mind of how it was made, a clause each whose subject is the run */
  readonly caveats?: readonly string[];
  /** by name of the OOD split; empty where the run has no testbed, and so no effective robustness */
  readonly baseline: Readonly<Record<string, BaselineOfSplit>>;
  /** at least one, in step order */
  readonly evaluations: readonly Evaluation[];
  readonly idSplit: string;
  /** at least one */
  readonly oodSplits: readonly string[];
}

/** One evaluation's accuracies on the ID split and on one OOD split. */
export interface AccuracyPoint {
  readonly step: number;
  readonly id: SplitResult;
  readonly ood: SplitResult;
}

/**
 * The run's accuracies as seen from one OOD split.
 *
 * @throws InputError where the run has no evaluations, one of them lacks the ID or the OOD split, or the steps do not rise
 */
export function accuracies(report: RunReport, oodSplit: string): [AccuracyPoint, ...AccuracyPoint[]] {
  const points = report.evaluations.map(({ step, splits }) => ({
    step,
    id: part(splits, report.idSplit, `evaluation at step ${step}: results`),
    ood: part(splits, oodSplit, `evaluation at step ${step}: results`),
  }));
  const [first, ...rest] = points;
  if (first === undefined) {
    throw new InputError(`report ${JSON.stringify(report.title)}: no evaluations; expected at least one`);
  }
  const back = rest.findIndex(({ step }, i) => step <= points[i]!.step);
  if (back >= 0) {
    throw new InputError(
      `report ${JSON.stringify(report.title)}: step ${rest[back]!.step} comes after step ${points[back]!.step}; expected rising steps`,
    );
  }
  return [first, ...rest];
}

/** Whether effective robustness is defined on this OOD split. */
export function hasBaseline(report: RunReport, oodSplit: string): boolean {
  return Object.hasOwn(report.baseline, oodSplit);
}

/** @throws InputError where the run has no baseline for this OOD split */
export function baselineOf(report: RunReport, oodSplit: string): BaselineOfSplit {
  return part(report.baseline, oodSplit, "baselines");
}

function part<T>(parts: Readonly<Record<string, T>>, name: string, where: string): T {
  const found = Object.hasOwn(parts, name) ? parts[name] : undefined;
  if (found === undefined) {
    throw new InputError(
      `${where} of split ${JSON.stringify(name)} are missing; there are ${Object.keys(parts).join(", ") || "none"}`,
    );
  }
  return found;
}
