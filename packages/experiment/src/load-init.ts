// The weights that a training begins with: the body as it is, the head where its outputs are the run's classes.
import { InputError, type ParameterArena, type StateEntry } from "@er/engine";
import type { Model } from "@er/models";
import { classDifference } from "./class-difference.js";
import type { RunContext } from "./context.js";
import { say, warn } from "./progress.js";
import { type HeadRule, loadInto, readWeights } from "./weights.js";
import { describeNormalization, sameNormalization, type WeightsFacts, weightsFacts } from "./weights-facts.js";
import { weightsSource } from "./weights-source.js";

/** What of a run's context loading needs. */
type Loader = Pick<RunContext, "runtime" | "config" | "sets" | "watch">;

/**
 * Puts the weights of the configuration's `init` into the arena.
 *
 * @throws InputError where they cannot be read or do not fit, or have the run's classes in another order
 */
export async function loadInit(context: Loader, model: Model, arena: ParameterArena): Promise<void> {
  const { init } = context.config;
  if (init === undefined) {
    return;
  }
  const source = await weightsSource(init);
  const facts = await weightsFacts(source);
  const rule = headRule(context, init, facts);
  const entries = await readWeights(source.file);
  load(context, model, arena, { source: init, entries, facts, rule });
  const { normalization } = context.config;
  if (facts.normalization !== undefined && !sameNormalization(facts.normalization, normalization)) {
    const made = facts.by === "registry" ? "published for" : "made with";
    warn(
      context.watch,
      `${init}: ${made} images of ${describeNormalization(facts.normalization)}, the run has ${describeNormalization(normalization)}`,
    );
  }
}

/**
 * Puts the weights that the run has pre-trained into the arena.
 *
 * @param file of the record
 */
export async function loadPretrained(
  context: Loader,
  model: Model,
  arena: ParameterArena,
  file: string,
): Promise<void> {
  const facts = await weightsFacts({ file, published: undefined });
  const rule = headRule(context, file, facts);
  load(context, model, arena, { source: file, entries: await readWeights(file), facts, rule });
}

interface Loading {
  readonly source: string;
  readonly entries: ReadonlyMap<string, StateEntry>;
  readonly facts: WeightsFacts;
  readonly rule: HeadRule;
}

function load({ runtime, sets, watch }: Loader, model: Model, arena: ParameterArena, loading: Loading): void {
  const { source, entries, facts, rule } = loading;
  const replaced = loadInto(runtime, model, arena, entries, source, rule);
  const count = sets.train.classNames.length;
  if (rule === "replace") {
    say(watch, `${source}: of other classes; the head starts at random`);
  } else if (replaced) {
    say(watch, `${source}: another class count; the head starts at random`);
  } else if (facts.classNames === undefined) {
    warn(watch, `${source}: its ${count} outputs are taken as the run's classes by place, since it names none`);
  } else {
    say(watch, `${source}: loaded`);
  }
}

/** @throws InputError for the run's classes in another order */
function headRule({ sets }: Loader, source: string, { classNames }: WeightsFacts): HeadRule {
  return classNames === undefined ? "fit" : headRuleOf(source, classNames, sets.train.spec, sets.train.classNames);
}

/**
 * Whether a head may be kept for other classes than it was trained for.
 *
 * @param theirs the classes that it was trained for, of `source`
 * @param ours those that it is wanted for, of the set `spec`
 * @throws InputError for the same classes in another order, which is mostly a mistake, and would be no better at random
 */
export function headRuleOf(source: string, theirs: readonly string[], spec: string, ours: readonly string[]): HeadRule {
  const difference = classDifference(theirs, ours);
  if (difference?.kind === "order") {
    throw new InputError(
      `${source}: has ${difference.ours}, where ${spec} has ${difference.theirs}: the same classes in another order; give the set its classes in the order of the weights`,
    );
  }
  return difference?.kind === "names" ? "replace" : "fit";
}
