// Runs that were recorded, as @er/metrics looks at trajectories: evaluations by OOD split, and the baseline that they are
// measured against, the runs' own or another.
import { isDeepStrictEqual } from "node:util";
import { InputError } from "@er/engine";
import type { RunEvaluations } from "@er/metrics";
import type { Along } from "@er/report";
import { builtSource, fitSource } from "./baselines.js";
import { type Config, parseConfig } from "./config.js";
import type { FitOptions, FittedTestbed } from "./fitted-testbed.js";
import { isDirectory } from "./is-directory.js";
import { readManifest } from "./manifest.js";
import { CONFIG_FILE, type Evaluation, METRICS_FILE, RunRecord } from "./record.js";
import { alongOfRun } from "./run-report-of.js";
import { type EvaluatedOn, testbedCaveats } from "./testbed-caveats.js";

export interface TrajectoryOptions {
  /** A testbed in place of the runs' own; its options name its columns where they are not called as the runs' splits. */
  readonly testbed?: string;
  /** Of the fit; `id` and `ood` are columns of `testbed`. */
  readonly fit?: FitOptions;
  /** One OOD split alone. */
  readonly split?: string;
}

/** The runs as one OOD split sees them. */
export interface RecordedTrajectories extends ComparedTestbed {
  /** The OOD split. */
  readonly ood: string;
  /** The ID split. */
  readonly id: string;
  /** Named by their directories. */
  readonly runs: readonly (RunEvaluations & { readonly along: Along })[];
}

/**
 * Reads runs of one setting and fits the baseline that they are measured against.
 *
 * @param directories of runs, at least one; finished or not
 * @returns an entry an OOD split that has a baseline
 * @throws InputError for a directory without a run, runs of other splits or other testbeds than the first, and as `loadBaselines`
 */
export async function recordedTrajectories(
  directories: readonly string[],
  options: TrajectoryOptions = {},
): Promise<RecordedTrajectories[]> {
  const runs = await Promise.all(directories.map(readRun));
  const [first] = runs;
  if (first === undefined) {
    throw new InputError("no runs given; give the directory of at least one");
  }
  refuseTwice(runs);
  const id = first.config.data.id.name;
  const all = Object.keys(first.config.data.ood);
  for (const { directory, config } of runs) {
    const splits = [config.data.id.name, ...Object.keys(config.data.ood)];
    if (splits.join() !== [id, ...all].join()) {
      throw new InputError(
        `${directory}: has the splits ${splits.join(", ")}, where ${first.directory} has ${[id, ...all].join(", ")}; give runs of one setting`,
      );
    }
  }
  if (options.split !== undefined && !all.includes(options.split)) {
    throw new InputError(`${first.directory}: no OOD split "${options.split}"; choose one out of ${all.join(", ")}`);
  }

  const fits = await fitsOf(runs, id, options.split === undefined ? all : [options.split], options);
  return Object.entries(fits).map(([ood, fit]) => ({
    ...fit,
    ood,
    id,
    runs: runs.map(({ directory, config, evaluations }) => ({
      run: directory,
      along: alongOfRun(config),
      evaluations: evaluations.map(({ step, splits }) => ({ step, id: splits[id]!, ood: splits[ood]! })),
    })),
  }));
}

/** A run's directory and what it holds. */
export interface RecordedRun {
  readonly directory: string;
  readonly config: Config;
  readonly evaluations: readonly Evaluation[];
}

/** @throws InputError where there is no run, or no evaluation yet */
export async function readRun(directory: string): Promise<RecordedRun> {
  const record = new RunRecord(directory);
  const json = await record.readJson(CONFIG_FILE);
  if (json === undefined) {
    throw new InputError(`${directory}: no run; ${CONFIG_FILE} is missing`);
  }
  const config = parseConfig(json, record.path(CONFIG_FILE));
  const evaluations = await record.readEvaluations();
  if (evaluations.length === 0) {
    throw new InputError(`${directory}: no evaluations in metrics.jsonl yet`);
  }
  const splits = [config.data.id.name, ...Object.keys(config.data.ood)];
  for (const { step, splits: evaluated } of evaluations) {
    const lacking = splits.find((split) => !Object.hasOwn(evaluated, split));
    if (lacking !== undefined) {
      throw new InputError(`${record.path(METRICS_FILE)}: the evaluation at step ${step} lacks the split ${lacking}`);
    }
  }
  return { directory, config, evaluations };
}

/**
 * A run given twice, or its copy, would count as two in every mean and interval.
 *
 * @throws InputError naming both directories
 */
export function refuseTwice(runs: readonly RecordedRun[]): void {
  for (const [i, run] of runs.entries()) {
    const first = runs
      .slice(0, i)
      .find(({ config, evaluations }) => isDeepStrictEqual([config, evaluations], [run.config, run.evaluations]));
    if (first !== undefined) {
      throw new InputError(
        `${run.directory}: the same run as ${first.directory} (configuration, seed and every evaluation), which would count twice; give it once`,
      );
    }
  }
}

/**
 * The baseline of every OOD split that has one: of the testbed that is named, or else of the runs' own.
 *
 * @throws InputError as `testbedCaveats` for any of the runs
 */
export async function fitsOf(
  runs: readonly RecordedRun[],
  id: string,
  splits: readonly string[],
  options: TrajectoryOptions,
): Promise<Record<string, ComparedTestbed>> {
  const { testbed, split } = options;
  const fits = await fitsOnly(runs, id, splits, options);
  const said = split !== undefined || (testbed === undefined && runs.every(saysOod));
  const compared: Record<string, ComparedTestbed> = {};
  for (const [ood, fitted] of Object.entries(fits)) {
    const caveats = new Set<string>();
    for (const run of runs) {
      for (const each of testbedCaveats(fitted.source, fitted.testbed, await evaluatedOn(run, id, ood), said)) {
        caveats.add(each);
      }
      for (const split of [id, ood]) {
        const note = run.evaluations.at(-1)!.splits[split]?.note;
        if (note !== undefined) {
          caveats.add(`"${split}": ${note}`);
        }
      }
    }
    compared[ood] = { ...fitted, caveats: [...caveats] };
  }
  return compared;
}

/** A testbed's line, and what there is to mind where the runs are measured against it. */
export interface ComparedTestbed extends FittedTestbed {
  readonly caveats: readonly string[];
}

/** Whether a run's own testbed says which OOD split it is for. */
function saysOod({ config: { testbed } }: RecordedRun): boolean {
  return testbed !== undefined && "from" in testbed && testbed.ood !== undefined;
}

async function evaluatedOn(
  { directory, config, evaluations }: RecordedRun,
  id: string,
  ood: string,
): Promise<EvaluatedOn> {
  const { data } = await readManifest(new RunRecord(directory));
  const splits = Object.fromEntries(
    [id, ood].map((split) => {
      const sum = Object.hasOwn(data.splits, split) ? data.splits[split]!.sha256 : undefined;
      return [split, { n: evaluations[0]!.splits[split]!.n, ...(sum !== undefined && { sha256: sum }) }];
    }),
  );
  return { id, ood, splits, restrictClasses: config.restrictClasses };
}

async function fitsOnly(
  runs: readonly RecordedRun[],
  id: string,
  splits: readonly string[],
  { testbed, fit = {}, split }: TrajectoryOptions,
): Promise<Record<string, FittedTestbed>> {
  if (testbed !== undefined) {
    if (splits.length > 1 && !(await isDirectory(testbed))) {
      throw new InputError(
        `${testbed}: a testbed for one OOD split; say for which with --split, one of ${splits.join(", ")}`,
      );
    }
    return await fitSource({ from: testbed }, id, splits, fit);
  }
  const fits = await Promise.all(runs.map((run) => ownFits(run, id, splits, fit, split)));
  const [first, ...others] = fits;
  for (const [i, other] of others.entries()) {
    for (const [ood, { baseline }] of Object.entries(first!)) {
      if (other[ood]?.baseline.slope !== baseline.slope || other[ood].baseline.intercept !== baseline.intercept) {
        throw new InputError(
          `${runs[i + 1]!.directory}: its baseline on ${ood} is another than that of ${runs[0]!.directory}; measure both against one with --testbed`,
        );
      }
    }
  }
  return first!;
}

/** The fits of the testbed that a run was made with, for those of the splits that it is for. */
async function ownFits(
  { directory, config: { testbed } }: RecordedRun,
  id: string,
  splits: readonly string[],
  fit: FitOptions,
  split: string | undefined,
): Promise<Record<string, FittedTestbed>> {
  if (testbed === undefined) {
    throw new InputError(`${directory}: the run has no testbed, hence no baseline; give one with --testbed`);
  }
  if ("build" in testbed) {
    return await fitSource(builtSource(testbed, new RunRecord(directory).path("testbed")), id, splits, fit);
  }
  if (split !== undefined && testbed.ood !== undefined && testbed.ood !== split) {
    throw new InputError(`${directory}: its testbed is for ${testbed.ood} alone; give one for ${split} with --testbed`);
  }
  return await fitSource(testbed, id, splits, fit);
}
