// Which examples a model gets right, a bit each: what models have in common is then counted 32 examples at a time, and a
// thousand models on ten thousand examples fit in a megabyte.

import { InputError } from "./errors.js";

/** Which of `n` examples are right. */
export interface RightAnswers {
  /** number of examples */
  readonly n: number;
  /** number of those that are right */
  readonly correct: number;
  /** [⌈n / 32⌉]; bit i mod 32 of word ⌊i / 32⌋ is 1 where example i is right, and every bit past the last is 0 */
  readonly words: Uint32Array;
}

/**
 * Compares predictions with labels.
 *
 * @param labels [n] the true class of every example
 * @param predictions [n] what a model predicted, in the same order
 * @param where the model and split, for the error
 * @throws InputError where they differ in length, or there are none
 */
export function rightAnswers(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  where = "rightAnswers",
): RightAnswers {
  checkLengths(labels, predictions, where);
  return rightWhere(labels.length, (i) => labels[i] === predictions[i]);
}

/** The examples for which `right` holds, of `n`. */
export function rightWhere(n: number, right: (example: number) => boolean): RightAnswers {
  const words = new Uint32Array(Math.ceil(n / 32));
  for (let i = 0; i < n; i++) if (right(i)) words[i >>> 5]! |= 1 << (i & 31);
  let correct = 0;
  for (const word of words) correct += ones(word);
  return { n, correct, words };
}

/** Whether example `i` is right. */
export function isRight({ words }: RightAnswers, i: number): boolean {
  return ((words[i >>> 5]! >>> (i & 31)) & 1) === 1;
}

/** Number of examples that both get right. Of one set of examples, as {@link checkSameExamples} checks. */
export function bothRight({ words: a }: RightAnswers, { words: b }: RightAnswers): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) count += ones(a[i]! & b[i]!);
  return count;
}

/** @throws InputError where two models were not asked about as many examples */
export function checkSameExamples(where: string, a: RightAnswers, b: RightAnswers): void {
  if (a.n !== b.n) {
    throw new InputError(
      `${where}: got ${a.n} examples of one model and ${b.n} of another; expected one set of examples`,
    );
  }
}

/** @throws InputError where labels and predictions differ in length, or there are none */
export function checkLengths(labels: ArrayLike<number>, predictions: ArrayLike<number>, where: string): void {
  if (labels.length !== predictions.length) {
    throw new InputError(
      `${where}: got ${predictions.length} predictions for ${labels.length} labels; expected one prediction a label, ` +
        "so check that both are of the same split",
    );
  }
  if (labels.length === 0) throw new InputError(`${where}: got no examples; expected at least one`);
}

/** Number of bits that are 1 (Warren, Hacker's Delight, 5-1). */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
