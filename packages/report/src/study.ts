// What a report is made of: runs in groups, a setting each, whose runs differ in their seeds alone; and what was found example
// by example. Plain data: nothing here reads a record's files or trains anything.

import { InputError, type MeanTrajectory, meanTrajectory, type RunEvaluations } from "@er/metrics";
import type { ExampleFindings } from "./example-findings.js";
import { accuracies, type BaselineOfSplit, type RunReport } from "./run-report.js";

/** A run and what it is called. */
export interface StudyRun {
  readonly name: string;
  readonly report: RunReport;
}

/** Runs of one setting. */
export interface StudyGroup {
  readonly name: string;
  /** at least one */
  readonly runs: readonly StudyRun[];
}

/** Everything that a report shows. */
export interface Study {
  readonly title: string;
  readonly idSplit: string;
  /** at least one */
  readonly oodSplits: readonly string[];
  /** by OOD split; what every run's effective robustness is measured against */
  readonly baseline: Readonly<Record<string, BaselineOfSplit>>;
  /** at least one */
  readonly groups: readonly StudyGroup[];
  /** by OOD split, of those that were looked at example by example */
  readonly examples?: Readonly<Record<string, ExampleFindings>>;
}

/** A study of one run. */
export function studyOf(report: RunReport, examples?: Study["examples"]): Study {
  const { title, idSplit, oodSplits, baseline } = report;
  const groups = [{ name: title, runs: [{ name: "this run", report }] }];
  return { title, idSplit, oodSplits, baseline, groups, ...(examples !== undefined && { examples }) };
}

/** Every run with the group that it is of. */
export function runsOf({
  groups,
}: Study): { readonly group: string; readonly name: string; readonly report: RunReport }[] {
  return groups.flatMap((group) => group.runs.map((run) => ({ group: group.name, ...run })));
}

/** The study with a group of its own for every run, called as the run, for comparing them one with another. */
export function ungrouped(study: Study): Study {
  const runs = study.groups.flatMap((group) => group.runs);
  return { ...study, groups: runs.map((run) => ({ name: run.name, runs: [run] })) };
}

/** The study's run where there is only one, which is then coloured by step and not by group. */
export function onlyRun(study: Study): RunReport | undefined {
  const [first, second] = runsOf(study);
  return second === undefined ? first?.report : undefined;
}

/**
 * A group's effective robustness along training; see `meanTrajectory`.
 *
 * @throws InputError where the split has no baseline, and as `meanTrajectory`
 */
export function groupTrajectory(study: Study, group: StudyGroup, oodSplit: string): MeanTrajectory {
  const { baseline } = baselineOfStudy(study, oodSplit);
  return meanTrajectory(
    baseline,
    group.runs.map(({ name, report }): RunEvaluations => {
      const evaluations = accuracies(report, oodSplit).map(({ step, id, ood }) => ({ step, id, ood }));
      return { run: name, evaluations };
    }),
  );
}

/** The step at which a group's mean effective robustness is highest; without a baseline the last that its runs share. */
export function peakStep(study: Study, group: StudyGroup, oodSplit: string): number {
  if (isFitted(study, oodSplit)) return groupTrajectory(study, group, oodSplit).peak.step;
  const [first, ...others] = group.runs.map(({ report }) => accuracies(report, oodSplit).map(({ step }) => step));
  return Math.max(...first!.filter((step) => others.every((steps) => steps.includes(step))));
}

/** Whether effective robustness is defined on this OOD split. */
export function isFitted(study: Study, oodSplit: string): boolean {
  return Object.hasOwn(study.baseline, oodSplit);
}

/** @throws InputError where the study has no baseline for this OOD split */
export function baselineOfStudy(study: Study, oodSplit: string): BaselineOfSplit {
  const found = isFitted(study, oodSplit) ? study.baseline[oodSplit] : undefined;
  if (found === undefined) {
    throw new InputError(
      `baseline of split ${JSON.stringify(oodSplit)} is missing; there are ${Object.keys(study.baseline).join(", ") || "none"}`,
    );
  }
  return found;
}
