// Some classes' examples alone, by their true class. What a model would predict among those classes alone needs its logits:
// see predictAmong.

import { InputError } from "./errors.js";

/**
 * The examples whose true class is one of some.
 *
 * @param labels [n] the true class of every example
 * @param classes at least one
 * @returns their indices, rising
 * @throws InputError where no class is named, or one of them has no example
 */
export function examplesOfClasses(labels: ArrayLike<number>, classes: readonly number[]): Uint32Array {
  if (classes.length === 0) throw new InputError("examplesOfClasses: got no classes; name at least one");
  const wanted = new Set(classes);
  const seen = new Set<number>();
  const indices: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (!wanted.has(labels[i]!)) continue;
    seen.add(labels[i]!);
    indices.push(i);
  }
  const absent = classes.find((each) => !seen.has(each));
  if (absent !== undefined) {
    throw new InputError(
      `examplesOfClasses: none of the ${labels.length} examples is of class ${absent}; leave it out, or check the labels`,
    );
  }
  return Uint32Array.from(indices);
}

/** The classes of certain examples. */
export function takeExamples(classes: ArrayLike<number>, indices: Uint32Array): Uint16Array {
  return Uint16Array.from(indices, (i) => classes[i]!);
}
