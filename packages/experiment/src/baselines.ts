// The line of ordinary models for every OOD split, and how far an evaluation stands above it.
import { alignClasses, type ImageSet } from "@er/data";
import { InputError } from "@er/engine";
import { type Baseline, effectiveRobustness, TESTBED_NAMES, type TestbedModel } from "@er/metrics";
import { buildTestbed } from "./build-testbed.js";
import type { BuildTestbed, Config, TestbedSource } from "./config.js";
import type { RunContext } from "./context.js";
import type { SplitResult } from "./evaluator.js";
import { type FitOptions, type FittedTestbed, fitTestbed } from "./fitted-testbed.js";
import { isDirectory } from "./is-directory.js";
import { refuseOtherLabels } from "./label-splits.js";
import type { Sets } from "./load-sets.js";
import type { Evaluation } from "./record.js";
import { type EvaluatedSplit, testbedCaveats } from "./testbed-caveats.js";
import { splitsOf, TESTBED } from "./testbed-directory.js";

/** The line of one OOD split. */
interface BaselineOfSplit {
  readonly baseline: Baseline;
  readonly models: readonly TestbedModel[];
  /** What there is to mind of testbed and run, a clause each: see `testbedCaveats`. */
  readonly caveats?: readonly string[];
}

/** By OOD split; empty where there is no testbed, and without the splits that it is not for. */
export type Baselines = Readonly<Record<string, BaselineOfSplit>>;

/**
 * Loads the configuration's testbed, where it names one, and fits a line for every OOD split that it is for.
 *
 * @returns empty where there is no testbed; undefined where one is to be built
 * @throws InputError for a testbed that is not there, or lacks a split, or may be for any of several
 */
export async function loadFits({ testbed, data }: Config): Promise<Fits | undefined> {
  if (testbed === undefined) {
    return {};
  }
  return "from" in testbed ? await fitSource(testbed, data.id.name, Object.keys(data.ood)) : undefined;
}

/** By OOD split. */
type Fits = Readonly<Record<string, FittedTestbed>>;

/**
 * The lines that were fitted, each compared with what the run is evaluated on.
 *
 * @throws InputError as `testbedCaveats`
 */
export function baselinesOf({ testbed, data, restrictClasses }: Config, sets: Sets, fits: Fits): Baselines {
  const { classNames } = sets.train;
  const splits = Object.fromEntries(
    Object.entries(sets.evaluated).map(([name, set]) => [name, evaluatedSplit(set, classNames)]),
  );
  const said = testbed !== undefined && "from" in testbed && testbed.ood !== undefined;
  return Object.fromEntries(
    Object.entries(fits).map(([ood, { source, testbed: loaded, baseline, selection }]) => {
      const run = { id: data.id.name, ood, splits, classNames, restrictClasses };
      return [ood, { baseline, models: selection.models, caveats: testbedCaveats(source, loaded, run, said) }];
    }),
  );
}

function evaluatedSplit(set: ImageSet, classNames: readonly string[]): EvaluatedSplit {
  const classCounts = classNames.map(() => 0);
  for (const label of alignClasses(set, classNames).labels) classCounts[label]! += 1;
  return { n: set.n, sha256: set.sha256, classCounts };
}

/**
 * Builds the configuration's testbed and fits a line an OOD split.
 *
 * @param resume take over what an earlier run built
 * @returns undefined where building it was stopped
 */
export async function buildBaselines(
  context: RunContext,
  options: { readonly resume: boolean; readonly otherAdapter: boolean },
): Promise<Baselines | undefined> {
  const { testbed, data } = context.config;
  if (testbed === undefined || !("build" in testbed)) {
    return {};
  }
  const record = await context.record.within("testbed", TESTBED);
  let finished: boolean;
  try {
    finished = (await buildTestbed({ ...context, record }, testbed.build, options)).finished;
  } finally {
    await record.close();
  }
  if (!finished) return undefined;
  const fits = await fitSource(builtSource(testbed, record.directory), data.id.name, Object.keys(data.ood));
  return baselinesOf(context.config, context.sets, fits);
}

/** Where the testbed that a run built lies, with the fit that its configuration asks for. */
export function builtSource({ build: _, ...fit }: BuildTestbed, directory: string): TestbedSource {
  return { from: directory, ...fit };
}

/**
 * Fits the line of every OOD split that a testbed is for, with the models and on the scale of `options`, or else of the
 * source, or else by default.
 *
 * @param id the ID split's name, and `splits` those of the OOD splits, as the testbed calls them where it names no columns
 * @throws InputError as {@link loadFits}
 */
export async function fitSource(
  source: TestbedSource,
  id: string,
  splits: readonly string[],
  { labels, ...options }: FitOptions = {},
): Promise<Record<string, FittedTestbed>> {
  const read = new Set<string>();
  const fitted: Record<string, FittedTestbed> = {};
  for (const ood of await splitsFor(source, id, splits)) {
    const builtIn = (TESTBED_NAMES as readonly string[]).includes(source.from);
    const columns = { ...(source.columns ?? (builtIn ? {} : { id, ood })), ...options };
    const used = [columns.id ?? id, columns.ood ?? ood];
    const own = Object.entries(labels ?? {}).filter(([split]) => used.includes(split));
    fitted[ood] = await fitTestbed(source.from, {
      ...fitOf(source),
      ...columns,
      ...(labels !== undefined && { labels: Object.fromEntries(own) }),
    });
    for (const split of used) read.add(split);
  }
  refuseOtherLabels(Object.keys(labels ?? {}), [...read]);
  return fitted;
}

/** What a configuration says of the fit. */
function fitOf({ models, scale }: TestbedSource): FitOptions {
  return {
    ...(models !== undefined && { models: typeof models === "string" ? models : { names: models } }),
    ...(scale !== undefined && { scale }),
  };
}

/** The OOD splits that a testbed is for. A table is for one alone: its line says nothing of another shift. */
async function splitsFor(
  { from, ood }: TestbedSource,
  id: string,
  splits: readonly string[],
): Promise<readonly string[]> {
  const chosen = ood === undefined ? splits : [ood];
  if (await isDirectory(from)) {
    const there = await splitsOf(from);
    const lacking = [id, ...chosen].find((split) => !there.includes(split));
    if (lacking !== undefined) {
      throw new InputError(
        `testbed.from: ${from} has no split "${lacking}"; it has ${there.join(", ") || "none"}; call the splits of "data" so, or choose one with testbed.ood`,
      );
    }
  } else if (chosen.length > 1) {
    throw new InputError(
      `testbed.from: ${from} is for one OOD split; name it with testbed.ood, one of ${chosen.join(", ")}`,
    );
  }
  return chosen;
}

/** Effective robustness on every OOD split that has a baseline. */
export function robustnessOf(
  splits: Readonly<Record<string, SplitResult>>,
  id: string,
  baselines: Baselines,
): Evaluation["er"] {
  const results: Evaluation["er"] = {};
  for (const [ood, { baseline, caveats = [] }] of Object.entries(baselines)) {
    const { er, low, high, predicted, extrapolated } = effectiveRobustness(baseline, splits[id]!, splits[ood]!);
    results[ood] = { er, low, high, predicted, extrapolated, ...(caveats.length > 0 && { caveats: [...caveats] }) };
  }
  return results;
}
