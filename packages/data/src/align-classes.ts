// Which of a model's outputs a set's classes are. By name, or by number where both are numbers or the user says that the set's
// are; never by place in a list. A wrong guess here is a wrong accuracy that looks like any other.
import { InputError } from "@er/formats";
import { areNumbers, folded } from "./class-names.js";
import type { ImageSet } from "./image-set.js";

/** A set's labels in a model's classes. */
export interface AlignedClasses {
  /** [n] indices into the model's classes. */
  readonly labels: Int32Array;
  /** [model classes], 1 where the set has the class. */
  readonly mask: Uint32Array;
  /** Model classes that the set does not have. */
  readonly missing: readonly string[];
  /** Whether the classes were found by their names, or as numbers that are the model's outputs. */
  readonly by: "name" | "number";
  /** What an accuracy on the set has to be read with, for every line that carries one; undefined where there is nothing. */
  readonly note: string | undefined;
}

/**
 * Maps a set's classes to a model's: by name; or by number where the names of both are bare numbers, or the set's spec says
 * `?classes=index`. A number means itself, never its place among the names.
 *
 * @param modelClasses by the index of the output; "0", "1", … of a model that names nothing
 * @throws InputError where the set has classes that the model does not know, where one side has names and the other numbers, and
 *   where names differ in case alone
 */
export function alignClasses(set: ImageSet, modelClasses: readonly string[]): AlignedClasses {
  const used = [...new Set(set.labels)];
  const names = used.map((label) => set.classNames[label]!);
  const byNumber = takesNumbers(set, names, modelClasses);
  // What the user says are indices are so whatever the model's classes are called.
  const numbers = modelClasses.map((name, i) => (set.numbersAreOutputs ? i : Number(name)));
  const outputs = byNumber
    ? new Map(numbers.map((number, i) => [String(number), i]))
    : outputsByName(set, names, modelClasses);
  const indexOf = new Map(
    used.map((label, i) => [label, outputs.get(byNumber ? String(Number(names[i])) : names[i]!)]),
  );
  const unknown = used.filter((label) => indexOf.get(label) === undefined).map((label) => set.classNames[label]!);
  if (unknown.length > 0) {
    const has = byNumber ? `${modelClasses.length} outputs, ${range(numbers)}` : some(modelClasses);
    throw new InputError(
      `${set.spec}: ${unknown.length} classes that the model does not know (${some(unknown.sort())}); the model has ${has}`,
    );
  }
  const mask = new Uint32Array(modelClasses.length);
  for (const output of indexOf.values()) mask[output!] = 1;
  const missing = modelClasses.filter((_, i) => mask[i] === 0);
  return {
    labels: set.labels.map((label) => indexOf.get(label)!),
    mask,
    missing,
    by: byNumber ? "number" : "name",
    note: byNumber ? numberNote(names.map(Number), numbers) : absentNote(missing.length, mask.length),
  };
}

function takesNumbers(set: ImageSet, names: readonly string[], modelClasses: readonly string[]): boolean {
  if (set.numbersAreOutputs) return true;
  const [ours, theirs] = [areNumbers(names), areNumbers(modelClasses)];
  if (ours === theirs) return ours;
  throw new InputError(
    ours
      ? `${set.spec}: its classes are numbers (${some(names)}) and the model's are names (${some(modelClasses)}); name them in the spec with ?classes=cifar10, imagenet or FILE (a name a line), or say ?classes=index where they number the model's outputs`
      : `${set.spec}: its classes are names (${some(names)}) and the model's ${modelClasses.length} are numbers; name the model's outputs (er eval --classes cifar10, imagenet, FILE with a name a line, or set for its own, sorted), or the classes of the set it is trained on (?classes= in its spec)`,
  );
}

function outputsByName(set: ImageSet, names: readonly string[], modelClasses: readonly string[]): Map<string, number> {
  const alike = new Map<string, number[]>();
  for (const [i, name] of modelClasses.entries()) {
    const key = folded(name);
    alike.set(key, [...(alike.get(key) ?? []), i]);
  }
  for (const name of names) {
    const found = alike.get(folded(name)) ?? [];
    const other = found.find((i) => modelClasses[i] !== name);
    if (other !== undefined) {
      throw new InputError(
        `${set.spec}: class "${name}", and the model's "${modelClasses[other]}" (output ${other}), which differs in case or encoding alone; give them one name`,
      );
    }
    if (found.length > 1) {
      throw new InputError(
        `${set.spec}: class "${name}" is the name of the model's outputs ${found[0]} and ${found[1]}; expected names that differ`,
      );
    }
  }
  return new Map(modelClasses.map((name, i) => [name, i]));
}

function absentNote(missing: number, classes: number): string | undefined {
  return missing === 0 ? undefined : `${missing} of the model's ${classes} classes are absent`;
}

function numberNote(ours: readonly number[], theirs: readonly number[]): string | undefined {
  if (largestOf(ours) === largestOf(theirs)) return absentNote(theirs.length - ours.length, theirs.length);
  return `labels by number: the set has ${range(ours)} of the model's ${theirs.length} outputs`;
}

const largestOf = (numbers: readonly number[]) => numbers.reduce((most, number) => Math.max(most, number), 0);

/** `0 to 9`, and how many where some are left out between. */
function range(numbers: readonly number[]): string {
  const largest = largestOf(numbers);
  const least = numbers.reduce((before, number) => Math.min(before, number), largest);
  return `${least} to ${largest}${numbers.length < largest - least + 1 ? ` (${numbers.length} of these)` : ""}`;
}

/** The first of some names, for a message. */
function some(names: readonly string[]): string {
  return `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`;
}
