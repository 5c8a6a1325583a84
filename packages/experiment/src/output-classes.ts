// What the outputs of weights are called, and who says so.
import { CIFAR10_CLASSES, classList, type ImageSet } from "@er/data";
import { InputError } from "@er/engine";
import { classDifference } from "./class-difference.js";
import type { WeightsFacts } from "./weights-facts.js";

/** The option's word for the set's own names. */
const SET = "set";

/** Names that the user gives, or `set`: the set's own in sorted order, as who trains on folders has them. */
export type GivenClasses = readonly string[] | typeof SET;

export interface OutputClasses {
  /** By the index of the output; "0", "1", … where nobody names them. */
  readonly names: readonly string[];
  readonly from: "option" | "file" | "registry" | "assumed" | "nobody";
  /** What the user should know beside an accuracy. */
  readonly notes: readonly string[];
}

/**
 * Reads the value of `--classes`.
 *
 * @param text `cifar10`, `imagenet`, a file with a name a line, or `set`
 * @throws InputError where it is none of these
 */
export async function givenClasses(text: string): Promise<GivenClasses> {
  return text === SET ? SET : await classList(text);
}

/**
 * Refuses names that are not as many as the outputs: what can be told before a set is loaded.
 *
 * @param source how messages name the weights
 */
export function refuseOtherCount(
  count: number,
  source: string,
  given: GivenClasses | undefined,
  { classNames }: WeightsFacts,
): void {
  if (given !== undefined && given !== SET && given.length !== count) {
    throw new InputError(`--classes: ${given.length} names for the ${count} outputs of ${source}; expected as many`);
  }
  if (classNames !== undefined && classNames.length !== count) {
    throw new InputError(`${source}: names ${classNames.length} classes for ${count} outputs; expected as many`);
  }
}

/**
 * The classes of a model's outputs: as the user says, or the file, or the registry; else numbers, but for ten outputs and a set with
 * a name of CIFAR-10's they are CIFAR-10's in their official order. Never by place in the set's list.
 *
 * @param count outputs
 * @param set that the model is evaluated on
 * @throws InputError where the set's own names are asked for and are not as many
 */
export function outputClasses(
  count: number,
  given: GivenClasses | undefined,
  { classNames: said, by }: WeightsFacts,
  set: Pick<ImageSet, "spec" | "classNames">,
): OutputClasses {
  if (given !== undefined) {
    const names = given === SET ? sorted(set, count) : given;
    const other = said && classDifference(names, said);
    const notes = other === undefined ? [] : [`--classes has ${other.ours}, where the ${by} has ${other.theirs}`];
    return { names, from: "option", notes };
  }
  if (said !== undefined) {
    return { names: said, from: by!, notes: [] };
  }
  const known: readonly string[] = CIFAR10_CLASSES;
  if (count === known.length && set.classNames.some((name) => known.includes(name))) {
    const note = "outputs taken as CIFAR-10's classes in their official order, since the file names none (--classes)";
    return { names: known, from: "assumed", notes: [note] };
  }
  return { names: Array.from({ length: count }, (_, i) => String(i)), from: "nobody", notes: [] };
}

function sorted({ spec, classNames }: Pick<ImageSet, "spec" | "classNames">, count: number): string[] {
  if (classNames.length !== count) {
    throw new InputError(
      `--classes set: ${spec} has ${classNames.length} classes and the model ${count} outputs; expected as many`,
    );
  }
  // By code points, as Python sorts; of UTF-8 the bytes are in their order.
  return [...classNames].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
