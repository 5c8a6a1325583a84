// Examples that no model of a testbed gets right, and whether a further model does (as Andreassen et al. 2022 ask of
// models of high effective robustness). How many of them a model would get right by chance is not defined: they are
// chosen by the failure of the testbed's own models, and no distribution of guesses is singled out by that.

import { InputError } from "./errors.js";
import { type Proportion, type ProportionOptions, proportionOf } from "./proportion.js";
import { checkSameExamples, isRight, type RightAnswers } from "./right-answers.js";

/**
 * The examples that none of the models gets right.
 *
 * @param models at least one, on the same examples
 * @returns their indices, rising
 * @throws InputError where there are no models, or they are not of as many examples
 */
export function unsolvedExamples(models: readonly RightAnswers[]): Uint32Array {
  const [first] = models;
  if (first === undefined) throw new InputError("unsolvedExamples: got no models; expected at least one");
  const solved = new Uint32Array(first.words.length);
  for (const model of models) {
    checkSameExamples("unsolvedExamples", first, model);
    for (let i = 0; i < solved.length; i++) solved[i]! |= model.words[i]!;
  }
  const all = { ...first, words: solved };
  const indices: number[] = [];
  for (let i = 0; i < first.n; i++) if (!isRight(all, i)) indices.push(i);
  return Uint32Array.from(indices);
}

/**
 * The share of certain examples that a model gets right.
 *
 * @param indices of the model's examples, such as those of {@link unsolvedExamples}
 * @returns undefined where there are none, since a share of nothing is no number
 */
export function rightAmong(
  model: RightAnswers,
  indices: ArrayLike<number>,
  options: ProportionOptions = {},
): Proportion | undefined {
  if (indices.length === 0) return undefined;
  let count = 0;
  for (let i = 0; i < indices.length; i++) if (isRight(model, indices[i]!)) count++;
  return proportionOf(count, indices.length, options);
}

/** A class and how many models predict it. */
export interface Answer {
  readonly class: number;
  readonly models: number;
}

/**
 * What models answer to one example, the commonest answer first, of equals the lower class.
 *
 * @param predictions of each model [n]
 */
export function answersTo(example: number, predictions: readonly ArrayLike<number>[]): Answer[] {
  const counts = new Map<number, number>();
  for (const classes of predictions) counts.set(classes[example]!, (counts.get(classes[example]!) ?? 0) + 1);
  return [...counts]
    .map(([answer, models]) => ({ class: answer, models }))
    .sort((a, b) => b.models - a.models || a.class - b.class);
}
