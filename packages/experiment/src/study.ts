// Recorded runs as a report shows them: read from their directories, put into groups that differ in their seeds alone, and
// measured against one baseline.

import { isDeepStrictEqual } from "node:util";
import type { ImageSet } from "@er/data";
import { InputError } from "@er/engine";
import type { RunReport, Study, StudyGroup } from "@er/report";
import { type Baselines, robustnessOf } from "./baselines.js";
import type { Config } from "./config.js";
import { describeSelection } from "./describe-selection.js";
import { findExamples } from "./find-examples.js";
import { say, type Watch } from "./progress.js";
import { RunRecord } from "./record.js";
import { fitsOf, type RecordedRun, readRun, refuseTwice, type TrajectoryOptions } from "./recorded-trajectories.js";
import { reportOfRun, titleOfRun } from "./run-report-of.js";
import { runNames } from "./short-names.js";

export interface StudyOptions extends TrajectoryOptions, Watch {
  /** What the report is called; by its first run where left out. */
  readonly title?: string;
  /** Whether to look at the runs example by example, which reads their predictions and may load images. */
  readonly examples: boolean;
  /** The splits' images by name, where they are loaded already; read by the runs' own specs otherwise. */
  readonly sets?: Readonly<Record<string, ImageSet>>;
}

/**
 * Reads runs, finished or not.
 *
 * Runs whose configurations differ in nothing but the seed and the testbed's place make a group. Without a testbed the study
 * has no baseline. Effective robustness is computed anew, so that runs of several testbeds are measured against the one given.
 *
 * @param directories of runs, at least one
 * @throws InputError for a directory without a run, or one without evaluations, runs of other splits than the first, and where
 *   the runs' own testbeds give other lines and no other is named
 */
export async function loadStudy(directories: readonly string[], options: StudyOptions): Promise<Study> {
  const runs = await Promise.all(directories.map(readRun));
  const [first] = runs;
  if (first === undefined) {
    throw new InputError("no runs given; give the directory of at least one");
  }
  refuseTwice(runs);
  const { data } = first.config;
  const all = Object.keys(data.ood);
  checkSplits(runs, [data.id.name, ...all]);
  const { split } = options;
  if (split !== undefined && !all.includes(split)) {
    throw new InputError(`${first.directory}: no OOD split "${split}"; choose one out of ${all.join(", ")}`);
  }
  const oodSplits = split === undefined ? all : [split];
  const hasTestbed = options.testbed !== undefined || runs.every(({ config }) => config.testbed !== undefined);
  const fits = hasTestbed ? await fitsOf(runs, data.id.name, oodSplits, options) : {};
  const baseline = Object.fromEntries(
    Object.entries(fits).map(([ood, fit]) => [
      ood,
      {
        ...{ baseline: fit.baseline, models: fit.selection.models, choice: describeSelection(fit.selection) },
        caveats: fit.caveats,
      },
    ]),
  );
  const reports = await Promise.all(runs.map((run) => reportOf(run, baseline)));
  const names = runNames(directories);
  const study: Study = {
    title: options.title ?? titleOf(runs, reports),
    idSplit: data.id.name,
    oodSplits,
    baseline,
    groups: groupsOf(runs, reports, names),
  };
  if (!options.examples) {
    return study;
  }
  say(options, "looking at the runs example by example");
  return {
    ...study,
    examples: await findExamples(study, first, new Map(names.map((name, i) => [name, directories[i]!])), options),
  };
}

function checkSplits(runs: readonly RecordedRun[], splits: readonly string[]): void {
  for (const { directory, config } of runs) {
    const own = [config.data.id.name, ...Object.keys(config.data.ood)];
    if (own.join() !== splits.join()) {
      throw new InputError(
        `${directory}: has the splits ${own.join(", ")}, where ${runs[0]!.directory} has ${splits.join(", ")}; report them apart`,
      );
    }
  }
}

async function reportOf({ directory, config, evaluations }: RecordedRun, baselines: Baselines): Promise<RunReport> {
  const measured = evaluations.map((evaluation) => ({
    ...evaluation,
    er: robustnessOf(evaluation.splits, config.data.id.name, baselines),
  }));
  return await reportOfRun(new RunRecord(directory), config, measured, {});
}

function titleOf(runs: readonly RecordedRun[], reports: readonly RunReport[]): string {
  return runs.length === 1 ? reports[0]!.title : `${reports[0]!.title}: ${runs.length} runs`;
}

/** In the order in which the runs were given; a group is called by what sets it apart from the others. */
function groupsOf(runs: readonly RecordedRun[], reports: readonly RunReport[], names: readonly string[]): StudyGroup[] {
  const groups: { setting: unknown; config: Config; runs: { name: string; report: RunReport }[] }[] = [];
  for (const [i, { config }] of runs.entries()) {
    const setting = { ...config, seed: undefined, testbed: undefined };
    const run = { name: names[i]!, report: reports[i]! };
    const group = groups.find((other) => isDeepStrictEqual(other.setting, setting));
    if (group === undefined) groups.push({ setting, config, runs: [run] });
    else group.runs.push(run);
  }
  return groups.map(({ runs: members }, i) => ({
    name: groups.length === 1 ? reports[0]!.title : nameOf(groups, i),
    runs: members,
  }));
}

/** The model and where its weights came from, or where that is not enough the directory of the first run. */
function nameOf(groups: readonly { config: Config; runs: readonly { name: string }[] }[], i: number): string {
  const described = groups.map(({ config }) => {
    const { model, init, pretrain, interpolation } = config;
    if (interpolation !== undefined) {
      return titleOfRun(config);
    }
    const from = init ?? (pretrain === undefined ? "from scratch" : `pre-trained on ${pretrain.data}`);
    return `${model.name}, ${from}`;
  });
  const own = described[i]!;
  return described.filter((name) => name === own).length === 1 ? own : groups[i]!.runs[0]!.name;
}
