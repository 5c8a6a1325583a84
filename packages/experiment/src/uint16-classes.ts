// Classes as they are kept in files: two bytes each.
import { InputError } from "@er/errors";

/** The largest class that is kept, and so the largest that is read. */
export const LARGEST_CLASS = 65_535;

/**
 * Classes as uint16.
 *
 * @param what of which they are, for messages
 * @throws InputError for one that uint16 does not hold, which would come back as another
 */
export function asUint16(classes: Uint32Array | Int32Array, what: string): Uint16Array {
  const beyond = classes.find((each: number) => each > LARGEST_CLASS);
  if (beyond !== undefined) {
    throw new InputError(`${what}: class ${beyond}; classes are kept of at most ${LARGEST_CLASS + 1}`);
  }
  return Uint16Array.from(classes);
}
