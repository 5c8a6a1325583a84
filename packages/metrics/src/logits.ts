// What a model's logits say beyond its first choice: whether the true class is among the first k, and what it would predict
// among some of its classes alone.

import { InputError } from "./errors.js";
import { type RightAnswers, rightWhere } from "./right-answers.js";

/** Logits, or any scores that rank classes, an example a row. */
export interface Logits {
  /** [n, classes] row-major */
  readonly values: ArrayLike<number>;
  readonly classes: number;
}

/**
 * Which examples have their true class among the k of largest logit. Of equal logits the lower class counts as the larger,
 * so that k = 1 is what argmax predicts.
 *
 * @param labels [n] the true class of every example
 * @param k whole number, 1 to the number of classes
 * @param among the classes that may be predicted, all where left out; a true class that is not among them is wrong
 * @throws InputError where logits and labels do not fit together, a logit is NaN, or k is out of range
 */
export function topKRight(
  labels: ArrayLike<number>,
  logits: Logits,
  k: number,
  among?: readonly number[],
): RightAnswers {
  checkLogits("topKRight", labels, logits);
  const { values, classes } = logits;
  const allowed = allowedClasses("topKRight", classes, among);
  if (!(Number.isInteger(k) && k >= 1 && k <= allowed.length)) {
    throw new InputError(
      `topKRight: got k = ${k} of ${allowed.length} classes; expected a whole number from 1 to that`,
    );
  }
  return rightWhere(labels.length, (i) => {
    const own = labels[i]!;
    const value = values[i * classes + own]!;
    let before = 0;
    let found = false;
    for (const other of allowed) {
      const rival = values[i * classes + other]!;
      if (Number.isNaN(rival)) throw new InputError(`topKRight: the logit of class ${other} for example ${i} is NaN`);
      if (other === own) found = true;
      else if (rival > value || (rival === value && other < own)) before++;
    }
    return found && before < k;
  });
}

/**
 * What would be predicted among some classes alone: the one of largest logit, of equals the first.
 *
 * @param among the classes that may be predicted, at least one
 * @returns [n]
 * @throws InputError where the logits are no whole rows, or a class is not among theirs
 */
export function predictAmong(logits: Logits, among: readonly number[]): Uint16Array {
  const { values, classes } = logits;
  checkRows("predictAmong", logits);
  const allowed = allowedClasses("predictAmong", classes, among);
  const predicted = new Uint16Array(values.length / classes);
  for (let i = 0; i < predicted.length; i++) {
    let best = allowed[0]!;
    for (const other of allowed) if (values[i * classes + other]! > values[i * classes + best]!) best = other;
    predicted[i] = best;
  }
  return predicted;
}

/** @throws InputError where there are not as many rows as labels, or a label is no class of theirs */
function checkLogits(where: string, labels: ArrayLike<number>, logits: Logits): void {
  checkRows(where, logits);
  const { values, classes } = logits;
  if (values.length !== labels.length * classes) {
    throw new InputError(
      `${where}: got logits [${values.length / classes}, ${classes}] for ${labels.length} labels; expected a row a label`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    if (!(labels[i]! >= 0 && labels[i]! < classes)) {
      throw new InputError(
        `${where}: label ${labels[i]} of example ${i} is outside the logits' classes, 0 to ${classes - 1}`,
      );
    }
  }
}

function checkRows(where: string, { values, classes }: Logits): void {
  if (!(Number.isInteger(classes) && classes >= 1 && values.length > 0 && values.length % classes === 0)) {
    throw new InputError(`${where}: got ${values.length} logits for ${classes} classes; expected whole rows of them`);
  }
}

function allowedClasses(where: string, classes: number, among: readonly number[] | undefined): readonly number[] {
  if (among === undefined) return Array.from({ length: classes }, (_, i) => i);
  const allowed = [...new Set(among)].sort((a, b) => a - b);
  if (allowed.length === 0) throw new InputError(`${where}: got no classes to predict; name at least one`);
  const outside = allowed.find((each) => !(Number.isInteger(each) && each >= 0 && each < classes));
  if (outside !== undefined) {
    throw new InputError(`${where}: class ${outside} is outside the logits' classes, 0 to ${classes - 1}`);
  }
  return allowed;
}
