// Names of classes: those of well-known sets, lists in files, and what makes two of them too alike to be told apart.
import { InputError } from "@er/formats";
import { readInput, statInput } from "./files.js";
import { IMAGENET_CLASSES } from "./imagenet-classes.js";

/** CIFAR-10's classes in the official order (Krizhevsky 2009). */
export const CIFAR10_CLASSES = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

/** The lists that are known by a word. */
export const CLASS_LISTS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["cifar10", CIFAR10_CLASSES],
  ["imagenet", IMAGENET_CLASSES],
]);

/** More classes than any image classification set has. */
export const MOST_CLASSES = 65_536;

/** A list of names is far smaller, in bytes; what is larger is another file. */
const MOST_BYTES = 1 << 24;

/**
 * Class names in the order of a model's outputs or of a set's numbers.
 *
 * @param nameOrFile `cifar10`, `imagenet` (the 1,000 wnids), or a text file in UTF-8: a name a line, or a JSON list of names
 * @throws InputError where there is no such file, or it is no list of names that can be told apart, with the lines
 */
export async function classList(nameOrFile: string): Promise<readonly string[]> {
  const known = CLASS_LISTS.get(nameOrFile);
  if (known !== undefined) {
    return known;
  }
  if (nameOrFile === "") {
    throw new InputError(
      `no list of classes is named; expected ${[...CLASS_LISTS.keys()].join(", ")} or a file with a name a line`,
    );
  }
  const info = await statInput(nameOrFile).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    const words = [...CLASS_LISTS.keys()].join(", ");
    throw new InputError(`${error.message}; a list of classes is ${words} or a file with a name a line`, {
      cause: error,
    });
  });
  if (info.size > MOST_BYTES) {
    throw new InputError(`${nameOrFile}: ${info.size} bytes; expected a list of class names, a name a line`);
  }
  const names = namesIn(textOf(await readInput(nameOrFile), nameOrFile), nameOrFile);
  if (names.length === 0 || names.length > MOST_CLASSES) {
    throw new InputError(`${nameOrFile}: ${names.length} class names; expected 1 to ${MOST_CLASSES}`);
  }
  const empty = names.indexOf("");
  if (empty >= 0) {
    throw new InputError(`${nameOrFile}: name ${empty + 1} is empty; expected a name for every class, in their order`);
  }
  const twins = twinsAmong(names);
  if (twins !== undefined) {
    const [a, b] = twins;
    throw new InputError(
      `${nameOrFile}: names ${a + 1} and ${b + 1}, "${names[a]}" and "${names[b]}", cannot be told apart; expected names that differ in more than case`,
    );
  }
  return names;
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${file}: no text in UTF-8; expected a list of class names, a name a line`, { cause });
  }
}

function namesIn(text: string, file: string): string[] {
  const start = text.trimStart()[0];
  if (start !== "[" && start !== "{") {
    const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file}: broken JSON (${(cause as Error).message}); expected a list of class names`, {
      cause,
    });
  }
  if (!Array.isArray(value) || !value.every((name) => typeof name === "string")) {
    throw new InputError(`${file}: JSON that is no list of names; expected such as ["cat", "dog"], or a name a line`);
  }
  return value.map((name) => name.trim());
}

/** What names have in common that differ in case alone, or in how an accent is encoded, as file systems change it. */
export function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** The places of two names that are the same or differ only as `folded` does not see; undefined where there are none. */
export function twinsAmong(names: readonly string[]): [number, number] | undefined {
  const places = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const key = folded(name);
    const before = places.get(key);
    if (before !== undefined) return [before, i];
    places.set(key, i);
  }
  return undefined;
}

/** Whether every name is a bare number, as of sets and models that name nothing: "0", "1", …. */
export function areNumbers(names: readonly string[]): boolean {
  return names.length > 0 && names.every((name) => /^\d+$/.test(name));
}
