// Which models of a testbed are ordinary, so that a baseline is fitted on them: the testbed's own rule, everything, or a
// list. What was left out, and why, is part of the choice.

import type { TestbedModel } from "./baseline.js";
import { nameColumn, readCsvTable } from "./csv-table.js";
import { InputError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** Names of the rules; a list of models is the fourth choice. */
export const MODEL_RULES = ["standard", "low-accuracy", "all"] as const;

/**
 * Which models enter a fit.
 *
 * - `standard`: the ImageNet testbed's own rule (Taori et al. 2020): kind `standard`, no `aws`, `batch64` or `subsample` in
 *   the name, and an accuracy of at least 55 % on the floor's split (`val` where the testbed has it, else the ID split)
 * - `low-accuracy`: the same without the floor, and with the models of kind `low_accuracy_cnn` or of none, which in that
 *   testbed are ResNets along their training from scratch: a baseline that reaches down to where early training is
 * - `all`: every model
 */
export type ModelRule = (typeof MODEL_RULES)[number];

/** A rule, or the names of the models. */
export type ModelChoice = ModelRule | { readonly names: readonly string[] };

/** Models left out of a fit for one reason. */
export interface LeftOut {
  readonly reason: string;
  readonly models: readonly string[];
}

/** The models that enter a fit, and what became of the others. */
export interface ModelSelection {
  readonly choice: ModelRule | "listed";
  readonly models: readonly TestbedModel[];
  /** by reason, the commonest first; no model is in two */
  readonly leftOut: readonly LeftOut[];
}

/** What the choice needs to know beside the models. */
export interface SelectionOptions {
  /** models without both evaluations, which are in `leftOut` whatever the choice */
  readonly missing?: readonly string[];
  /** the name of the split that the models' `floorSplit` is of; left out where the floor is on the ID split */
  readonly floorSplit?: string;
}

/** The smallest accuracy of a standard model, a fraction. */
const FLOOR = 0.55;
const EXCLUDED_NAME = /aws|batch64|subsample/;

/** The rule where none is given: `standard` where any model's kind is known, else `all`. */
export function defaultRule(models: readonly TestbedModel[]): ModelRule {
  return models.some(({ kind }) => kind !== undefined) ? "standard" : "all";
}

/**
 * Chooses the models that a baseline is fitted on.
 *
 * @param models all that have both evaluations
 * @param choice a rule, or names
 * @throws InputError on `standard` or `low-accuracy` where no kinds are known, or a name that is not in the testbed (with
 *   the nearest) or is given twice
 */
export function selectModels(
  models: readonly TestbedModel[],
  choice: ModelChoice,
  { missing = [], floorSplit }: SelectionOptions = {},
): ModelSelection {
  const leftOut = new Map<string, string[]>();
  const leave = (reason: string, model: string) => {
    const of = leftOut.get(reason);
    if (of === undefined) leftOut.set(reason, [model]);
    else of.push(model);
  };
  for (const model of missing) leave("without an evaluation", model);

  const reasonOf =
    typeof choice === "string" ? ruleOf(choice, models, floorSplit) : listOf(choice.names, models, missing);
  const kept: TestbedModel[] = [];
  for (const model of models) {
    const reason = reasonOf(model);
    if (reason === undefined) kept.push(model);
    else leave(reason, model.model);
  }
  return {
    choice: typeof choice === "string" ? choice : "listed",
    models: kept,
    leftOut: [...leftOut]
      .map(([reason, models]) => ({ reason, models }))
      .sort((a, b) => b.models.length - a.models.length),
  };
}

/** Why a model is left out; undefined where it is not. */
type ReasonOf = (model: TestbedModel) => string | undefined;

function ruleOf(rule: ModelRule, models: readonly TestbedModel[], floorSplit: string | undefined): ReasonOf {
  if (rule === "all") return () => undefined;
  if (!models.some(({ kind }) => kind !== undefined)) {
    throw new InputError(
      `the models of this testbed have no kinds, which "${rule}" goes by; give them with a CSV of kinds, or choose "all" or a list of models`,
    );
  }
  return ({ model, kind, id, floorSplit: floor }) => {
    const low = rule === "low-accuracy" && (kind === undefined || kind === "low_accuracy_cnn");
    if (kind !== "standard" && !low) return kind === undefined ? "of no kind" : `of kind ${kind}`;
    if (EXCLUDED_NAME.test(model)) return "by name (aws, batch64 or subsample)";
    if (rule === "low-accuracy") return undefined;
    if (floorSplit !== undefined && floor === undefined) return `without an evaluation on ${floorSplit}`;
    return (floor ?? id).accuracy < FLOOR
      ? `below ${Math.round(100 * FLOOR)} % on ${floorSplit ?? "the ID split"}`
      : undefined;
  };
}

function listOf(names: readonly string[], models: readonly TestbedModel[], missing: readonly string[]): ReasonOf {
  const known = [...models.map(({ model }) => model), ...missing];
  const listed = new Set<string>();
  for (const name of names) {
    if (!known.includes(name)) {
      throw new InputError(`the testbed has no model ${JSON.stringify(name)}${didYouMean(name, known)}`);
    }
    if (listed.has(name)) throw new InputError(`model ${JSON.stringify(name)} is listed twice; each model counts once`);
    listed.add(name);
  }
  return ({ model }) => (listed.has(model) ? undefined : "not listed");
}

/**
 * Reads a list of models: a name a line, or CSV with a column `model`.
 *
 * @param what what messages call the list
 * @returns the names in their order; empty lines, and lines that begin with #, are skipped
 * @throws InputError where there is none
 */
export function parseModelList(text: string, what = "list of models"): string[] {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const columns =
    lines[0]?.split(/[,;\t]/).map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, "$1")
        .toLowerCase(),
    ) ?? [];
  const names = columns.includes("model") ? modelColumn(text, what) : lines;
  if (names.length === 0)
    throw new InputError(`${what}: none in it; expected a name a line, or CSV with a column model`);
  return names;
}

function modelColumn(text: string, what: string): string[] {
  const table = readCsvTable(what, text);
  const at = nameColumn(what, table);
  return table.rows.map(({ cells }) => cells[at]!);
}
