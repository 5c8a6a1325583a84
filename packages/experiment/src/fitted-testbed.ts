// A testbed's line: the testbed loaded, its ordinary models chosen, the baseline fitted. Where a testbed comes from is in
// testbed.ts, the rules of the choice are in @er/metrics.

import {
  type Baseline,
  defaultRule,
  fitBaseline,
  InputError,
  MODEL_RULES,
  type ModelChoice,
  type ModelSelection,
  parseModelList,
  type Scale,
  selectModels,
} from "@er/metrics";
import { type LoadedTestbed, loadTestbed, type TestbedOptions } from "./testbed.js";
import { readTextFile } from "./text-file.js";

export interface FitOptions extends TestbedOptions {
  /**
   * Which models enter the fit: `standard`, `low-accuracy`, `all`, a FILE with their names, or the names; `standard` where
   * kinds are known and `all` otherwise, where left out.
   */
  readonly models?: string | { readonly names: readonly string[] };
  /** The scale that the line is fitted on, logit where left out. */
  readonly scale?: Scale;
}

/** A testbed with the choice of its models, before a line is fitted. */
export interface ChosenTestbed {
  readonly testbed: LoadedTestbed;
  /** The models that enter the fit, and why the others do not. */
  readonly selection: ModelSelection;
}

export interface FittedTestbed extends ChosenTestbed {
  readonly baseline: Baseline;
  /** What it was loaded from. */
  readonly source: string;
}

/**
 * Loads a testbed and chooses the models of its fit.
 *
 * @param source as for `loadTestbed`
 * @throws InputError as `loadTestbed`, and for a choice that the testbed does not allow
 */
export async function chooseTestbed(source: string, options: FitOptions = {}): Promise<ChosenTestbed> {
  const testbed = await loadTestbed(source, options);
  const { models, missing, floorSplit } = testbed;
  const choice = options.models === undefined ? defaultRule(models) : await choiceOf(options.models);
  const selection = selectModels(models, choice, { missing, ...(floorSplit !== undefined && { floorSplit }) });
  return { testbed, selection };
}

/**
 * Loads a testbed and fits its line.
 *
 * @throws InputError as {@link chooseTestbed}, and where the models chosen make no line
 */
export async function fitTestbed(source: string, options: FitOptions = {}): Promise<FittedTestbed> {
  const chosen = await chooseTestbed(source, options);
  const { scale } = options;
  const { models, choice } = chosen.selection;
  if (models.length < 3) {
    throw new InputError(
      `${source}: ${models.length} of its ${chosen.testbed.models.length} models with both evaluations enter the fit by "${choice}"; a line with an error needs at least 3`,
    );
  }
  return { ...chosen, source, baseline: fitBaseline(models, scale === undefined ? {} : { scale }) };
}

/** The names in a file: a name a line, or CSV with a column `model`. Throws an InputError where there are none. */
export async function readModelList(file: string): Promise<string[]> {
  return parseModelList(await readTextFile(file), file);
}

async function choiceOf(text: NonNullable<FitOptions["models"]>): Promise<ModelChoice> {
  if (typeof text !== "string") {
    return text;
  }
  const rule = MODEL_RULES.find((name) => name === text);
  if (rule !== undefined) {
    return rule;
  }
  try {
    return { names: await readModelList(text) };
  } catch (cause) {
    const { message } = cause as Error;
    throw new InputError(
      `models to fit: ${JSON.stringify(text)} is none of ${MODEL_RULES.join(", ")}, and as a file: ${message}`,
      {
        cause,
      },
    );
  }
}
