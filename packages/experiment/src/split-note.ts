// What an accuracy on a split has to be read with.
import { type AlignedClasses, alignClasses } from "@er/data";
import type { Config } from "./config.js";
import type { Sets } from "./load-sets.js";
import { type Watch, warn } from "./progress.js";

/**
 * One phrase; undefined where the set has all of the model's classes, by name, and nothing else is to be said.
 *
 * @param also what else is known of the set
 */
export function splitNote(
  { note }: Pick<AlignedClasses, "note">,
  restrictClasses: boolean,
  also?: string,
): string | undefined {
  const classes = note && `${note}, predicted among ${restrictClasses ? "the set's own alone" : "all"}`;
  return [classes, also].filter((each) => each !== undefined).join("; ") || undefined;
}

/** What a split shares with another set: an accuracy on it says less than it seems to, or nothing new. */
export function sharedNote(name: string, { train, pretrain, evaluated }: Sets): string | undefined {
  const { sha256 } = evaluated[name]!;
  if (sha256 === train.sha256 || sha256 === pretrain?.sha256) return "the very images that are trained on";
  const other = Object.keys(evaluated).find((each) => each !== name && evaluated[each]!.sha256 === sha256);
  return other && `the very images of ${other}`;
}

/**
 * Holds every split's classes to the training set's, and warns of what changes the meaning of its accuracy.
 *
 * @throws InputError where a split's classes are not the training set's (`alignClasses`)
 */
export function checkClasses({ restrictClasses }: Config, sets: Sets, watch: Watch): void {
  for (const [name, set] of Object.entries(sets.evaluated)) {
    const note = splitNote(alignClasses(set, sets.train.classNames), restrictClasses, sharedNote(name, sets));
    if (note !== undefined) {
      warn(watch, `${name}: ${note}`);
    }
  }
}
