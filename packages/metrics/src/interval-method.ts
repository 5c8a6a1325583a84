// Effective robustness by a method of one's choice, and that of a testbed's own models, each against a line that it had
// no part in. The methods themselves are in effective-robustness.ts, bootstrap-robustness.ts, paired-bootstrap.ts and
// testbed-robustness.ts.

import type { Accuracy } from "./accuracy.js";
import { fitBaseline, type TestbedModel } from "./baseline.js";
import { type BootstrapOptions, type BootstrapRobustness, bootstrapRobustness } from "./bootstrap-robustness.js";
import { type EffectiveRobustness, effectiveRobustness, erZScore } from "./effective-robustness.js";
import { InputError } from "./errors.js";
import { didYouMean } from "./nearest.js";
import { type Outcomes, pairedBootstrapRobustness } from "./paired-bootstrap.js";
import { type TestbedRobustness, testbedRobustness } from "./testbed-robustness.js";

/** Names of the methods, the default first. */
export const INTERVAL_METHODS = ["analytic", "bootstrap", "testbed"] as const;

/** By formula (`effectiveRobustness`), `bootstrapRobustness`, or the testbed's convention (`testbedRobustness`). */
export type IntervalMethod = (typeof INTERVAL_METHODS)[number];

/** How an interval is found; `level` does not concern the testbed's convention, which has its own. */
export interface IntervalOptions extends BootstrapOptions {
  readonly method?: IntervalMethod;
}

/** How the intervals of a testbed's own models are found. */
export interface ModelIntervalOptions extends IntervalOptions {
  /** of every model of the testbed; where they are known, the bootstrap is the paired one */
  readonly outcomes?: readonly Outcomes[];
}

/** ER with an interval by one of the methods, and how it compares with the scatter of ordinary models. */
export type RobustnessWithScore = (EffectiveRobustness | BootstrapRobustness | TestbedRobustness) & {
  /** see `erZScore` */
  readonly z: number;
  /** number of models that the line was fitted on */
  readonly testbedModels: number;
};

/** ER of one of a testbed's own models. */
export interface ModelRobustness {
  readonly model: string;
  readonly kind?: string;
  readonly id: Accuracy;
  readonly ood: Accuracy;
  /** whether it was among the models of the fit, and so was left out of it for its own sake */
  readonly inFit: boolean;
  readonly robustness: RobustnessWithScore;
}

/**
 * The method of this name.
 *
 * @throws InputError on another name, with the nearest
 */
export function intervalMethodNamed(name: string): IntervalMethod {
  const method = INTERVAL_METHODS.find((candidate) => candidate === name);
  if (method === undefined) {
    throw new InputError(
      `no interval is named ${JSON.stringify(name)}${didYouMean(name, INTERVAL_METHODS)} (known: ${INTERVAL_METHODS.join(", ")})`,
    );
  }
  return method;
}

/**
 * Effective robustness against the line of these models.
 *
 * @param models those that enter the fit, at least 3
 * @throws InputError as the method does, and on an OOD accuracy of 0 or 1 without n (unless the scale is linear)
 */
export function robustnessAgainst(
  models: readonly TestbedModel[],
  id: Accuracy,
  ood: Accuracy,
  { method = "analytic", ...options }: IntervalOptions = {},
): RobustnessWithScore {
  const baseline = fitBaseline(models, options);
  const score = { z: erZScore(baseline, id, ood), testbedModels: baseline.n };
  switch (method) {
    case "analytic":
      return { ...effectiveRobustness(baseline, id, ood, options), ...score };
    case "bootstrap":
      return { ...bootstrapRobustness(models, id, ood, options), ...score };
    case "testbed":
      return { ...testbedRobustness(models, id, ood, options), ...score };
    default:
      throw new InputError(`robustnessAgainst: unknown method ${JSON.stringify(method satisfies never)}`);
  }
}

/**
 * Effective robustness of some of a testbed's models. A model that is among those of the fit is left out of it for its own
 * ER, since a line drawn to a model says too little of how far it stands above the others. With `outcomes` a bootstrap is
 * `pairedBootstrapRobustness`: all models of a testbed were evaluated on the same examples.
 *
 * @param models all of the testbed
 * @param fitted those that enter the fit
 * @param names whose ER is wanted
 * @throws InputError on a name that is not in the testbed (with the nearest), a model without outcomes where they are given,
 *   and as `robustnessAgainst`
 */
export function robustnessOfModels(
  models: readonly TestbedModel[],
  fitted: readonly TestbedModel[],
  names: readonly string[],
  { outcomes, ...options }: ModelIntervalOptions = {},
): ModelRobustness[] {
  const outcomesByName = outcomes && new Map(outcomes.map((each) => [each.model, each]));
  const byName = new Map(models.map((model) => [model.model, model]));
  const inFit = new Set(fitted.map(({ model }) => model));
  return names.map((name) => {
    const found = byName.get(name);
    if (found === undefined) {
      throw new InputError(
        `the testbed has no model ${JSON.stringify(name)} with both evaluations${didYouMean(name, [...byName.keys()])}`,
      );
    }
    const { model, kind, id, ood } = found;
    const others = inFit.has(model) ? fitted.filter((other) => other.model !== model) : fitted;
    return {
      model,
      ...(kind !== undefined && { kind }),
      id,
      ood,
      inFit: inFit.has(model),
      robustness:
        outcomesByName === undefined || options.method !== "bootstrap"
          ? robustnessAgainst(others, id, ood, options)
          : pairedAgainst(others, found, outcomesByName, options),
    };
  });
}

function pairedAgainst(
  others: readonly TestbedModel[],
  { model, id, ood }: TestbedModel,
  outcomes: ReadonlyMap<string, Outcomes>,
  options: IntervalOptions,
): RobustnessWithScore {
  const of = (name: string) => {
    const found = outcomes.get(name);
    if (found === undefined) {
      throw new InputError(
        `robustnessOfModels: got no outcomes of model ${JSON.stringify(name)}; a paired bootstrap wants those of every model`,
      );
    }
    return found;
  };
  const baseline = fitBaseline(others, options);
  return {
    ...pairedBootstrapRobustness(
      others.map((other) => of(other.model)),
      of(model),
      options,
    ),
    z: erZScore(baseline, id, ood),
    testbedModels: baseline.n,
  };
}
