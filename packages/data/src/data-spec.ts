// Spec strings into their parts. Paths may hold what parts are set off by: of the ways to read a spec, the one whose paths exist.
import { stat } from "node:fs/promises";
import { InputError } from "@er/formats";
import { CLASS_LISTS } from "./class-names.js";
import { INDEX } from "./name-classes.js";

/** A scheme and what follows its colon. */
export interface SchemeSpec {
  readonly scheme: string;
  readonly rest: string;
}

/** Undefined where the text has no scheme. */
export function schemeOf(spec: string): SchemeSpec | undefined {
  const match = /^([a-z0-9]+):(.+)$/s.exec(spec);
  return match === null ? undefined : { scheme: match[1]!, rest: match[2]! };
}

/** A path with what is said about it. */
export interface PathSpec {
  readonly path: string;
  /** What stands after `#`; empty where nothing does. */
  readonly part: string;
  /** The value of `?classes=`. */
  readonly classes: string | undefined;
}

/**
 * Reads `PATH[?classes=X][#part]`.
 *
 * @param exists whether the paths are there that `path` stands for
 * @throws InputError for a query other than `classes`, and where the spec can be read in two ways whose paths all exist
 */
export async function pathSpec(
  spec: string,
  rest: string,
  exists: (path: string) => Promise<boolean> = isThere,
): Promise<PathSpec> {
  const ways = partings(rest, "#").flatMap(([base, part]) => [
    { path: base, part, classes: undefined },
    ...queryPartings(base).map(([path, classes]) => ({ path, part, classes })),
  ]);
  const there: PathSpec[] = [];
  for (const way of ways) {
    if ((await exists(way.path)) && (await namesClasses(way.classes))) there.push(way);
  }
  if (there.length > 1) {
    const [a, b] = there as [PathSpec, PathSpec];
    throw new InputError(`${spec}: may mean "${a.path}" or "${b.path}", and both exist; rename one of them`);
  }
  // Nothing is there: read as most would, so that the message names what they meant.
  const [way] = there.length === 1 ? there : ways.slice(-1);
  const odd = /\?([A-Za-z_]+)=[^?]*$/.exec(way!.path);
  if (there.length === 0 && odd !== null) {
    throw new InputError(`${spec}: no option "${odd[1]}"; there is classes, such as ?classes=cifar10`);
  }
  return way!;
}

/** All ways to part a text in two at a separator, from none and from the last to the first. */
function partings(text: string, separator: string): [string, string][] {
  const ways: [string, string][] = [[text, ""]];
  for (let at = text.lastIndexOf(separator); at > 0; at = text.lastIndexOf(separator, at - 1)) {
    ways.push([text.slice(0, at), text.slice(at + separator.length)]);
  }
  return ways;
}

const queryPartings = (text: string) => partings(text, "?classes=").slice(1);

async function namesClasses(classes: string | undefined): Promise<boolean> {
  return classes === undefined || classes === INDEX || CLASS_LISTS.has(classes) || (await isThere(classes));
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Two paths, and whether both are there. */
export interface PathPair {
  readonly first: string;
  readonly second: string;
  readonly there: boolean;
}

/**
 * Two paths with a comma between them.
 *
 * @returns undefined where no comma parts them into two that exist, and there is not exactly one
 * @throws InputError where there are two ways, and all four exist
 */
export async function pathPair(spec: string, text: string): Promise<PathPair | undefined> {
  const ways: PathPair[] = [];
  for (const [first, second] of partings(text, ",").slice(1)) {
    if (first !== "" && second !== "") {
      ways.push({ first, second, there: (await isThere(first)) && (await isThere(second)) });
    }
  }
  const found = ways.filter(({ there }) => there);
  if (found.length > 1) throw new InputError(`${spec}: can be parted at more than one comma; rename a file`);
  return found[0] ?? (ways.length === 1 ? ways[0] : undefined);
}
