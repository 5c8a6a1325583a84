// What an accuracy on a split has to be read with.
import { type AlignedClasses, alignClasses } from "@er/data";
import type { Config } from "./config.js";
import type { Sets } from "./load-sets.js";
import { type Watch, warn } from "./progress.js";

/** One phrase; undefined where the set has all of the model's classes, by name. */
export function splitNote({ note }: AlignedClasses, restrictClasses: boolean): string | undefined {
  return note && `${note}, predicted among ${restrictClasses ? "the set's own alone" : "all"}`;
}

/**
 * Holds every split's classes to the training set's, and warns of what changes the meaning of its accuracy.
 *
 * @throws InputError where a split's classes are not the training set's (`alignClasses`)
 */
export function checkClasses({ restrictClasses }: Config, { train, evaluated }: Sets, watch: Watch): void {
  for (const [name, set] of Object.entries(evaluated)) {
    const note = splitNote(alignClasses(set, train.classNames), restrictClasses);
    if (note !== undefined) {
      warn(watch, `${name}: ${note}`);
    }
  }
}
