// The line of ordinary models for every OOD split, and how far an evaluation stands above it.
import { type Baseline, effectiveRobustness, fitBaseline, type TestbedModel } from "@er/metrics";
import { buildTestbed } from "./build-testbed.js";
import type { RunContext } from "./context.js";
import type { SplitResult } from "./evaluator.js";
import { type Evaluation, RunRecord } from "./record.js";
import { loadTestbed } from "./testbed.js";

/** By OOD split; empty where there is no testbed. */
export type Baselines = Readonly<Record<string, { baseline: Baseline; models: TestbedModel[] }>>;

/**
 * Loads the configuration's testbed, or builds it, and fits a line an OOD split.
 *
 * @param resume take over what an earlier run built
 * @returns undefined where building it was stopped
 */
export async function makeBaselines(context: RunContext, resume: boolean): Promise<Baselines | undefined> {
  const { testbed, data } = context.config;
  const id = data.id.name;
  if (testbed === undefined) {
    return {};
  }
  let source: string;
  if ("from" in testbed) {
    source = testbed.from;
  } else {
    const record = new RunRecord(context.record.path("testbed"));
    const { finished } = await buildTestbed({ ...context, record }, testbed.build, resume);
    if (!finished) {
      return undefined;
    }
    source = record.directory;
  }
  const models: Record<string, TestbedModel[]> = {};
  for (const ood of Object.keys(data.ood)) {
    models[ood] = await loadTestbed(source, { id, ood });
  }
  return Object.fromEntries(
    Object.entries(models).map(([ood, list]) => [ood, { baseline: fitBaseline(list), models: list }]),
  );
}

/** Effective robustness on every OOD split that has a baseline. */
export function robustnessOf(
  splits: Readonly<Record<string, SplitResult>>,
  id: string,
  baselines: Baselines,
): Evaluation["er"] {
  const results: Evaluation["er"] = {};
  for (const [ood, { baseline }] of Object.entries(baselines)) {
    const { er, low, high, predicted, extrapolated } = effectiveRobustness(baseline, splits[id]!, splits[ood]!);
    results[ood] = { er, low, high, predicted, extrapolated };
  }
  return results;
}
