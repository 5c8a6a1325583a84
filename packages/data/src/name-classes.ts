// What a spec's ?classes= says of a set whose classes are bare numbers: which names they have, or that they are a model's outputs.
import { InputError } from "@er/formats";
import { areNumbers, classList, MOST_CLASSES } from "./class-names.js";
import { type ImageSet, imageSet } from "./image-set.js";

/** The value that makes a set's numbers the indices of a model's outputs. */
export const INDEX = "index";

/**
 * The set with its numbers as places in a list of names, all of which become its classes, or as indices of a model's outputs.
 *
 * @param classes `index`, or what `classList` takes
 * @throws InputError where the set's classes have names already, or one of its numbers is past the end of the list
 */
export async function nameClasses(set: ImageSet, classes: string): Promise<ImageSet> {
  const { spec } = set;
  if (!areNumbers(set.classNames)) {
    const shown = set.classNames.slice(0, 3).join(", ");
    throw new InputError(
      `${spec}: its classes have names (${shown}, …); ?classes= is for sets whose classes are numbers`,
    );
  }
  const numbers = set.classNames.map(Number);
  const largest = set.labels.reduce((most, label) => Math.max(most, numbers[label]!), 0);
  if (classes === INDEX && largest >= MOST_CLASSES) {
    throw new InputError(`${spec}: class ${largest}; expected numbers below ${MOST_CLASSES} with ?classes=${INDEX}`);
  }
  // Such a number wraps where labels have 32 bits, so it is looked at before they are made.
  const labels = () => set.labels.map((label) => numbers[label]!);
  if (classes === INDEX) {
    const classNames = Array.from({ length: largest + 1 }, (_, i) => String(i));
    return imageSet({ ...set, labels: labels(), classNames, numbersAreOutputs: true });
  }
  const classNames = await classList(classes);
  if (largest >= classNames.length) {
    throw new InputError(
      `${spec}: class ${largest} has no name in ${classes}, which has ${classNames.length}; expected numbers from 0 to ${classNames.length - 1}`,
    );
  }
  return imageSet({ ...set, labels: labels(), classNames });
}
