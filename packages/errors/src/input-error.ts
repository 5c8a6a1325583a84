// The error that is the user's own doing: a file that is not what it was said to be, a name that there is not, shapes that do not
// fit. One class for every package, so that whoever catches one catches them all. Everything else that is thrown is a failure of
// the system or a bug of ours.
import { printable } from "./printable.js";

/** Messages quote names out of files, which may be of any length; past this only the two ends are kept. */
const MESSAGE_LIMIT = 1000;

/**
 * Something the caller gave is wrong, told in one line: what was wrong, where, what was expected and what to do. Control
 * characters and line ends, which only names out of files bring in, are shown as their escapes.
 */
export class InputError extends Error {
  override name = "InputError";

  constructor(message: string, options?: ErrorOptions) {
    // Escapes are longer than what they stand for, so the line is cut before, where it is far too long, and after.
    super(shortened(printable(shortened(message))), options);
  }
}

function shortened(text: string): string {
  if (text.length <= MESSAGE_LIMIT) return text;
  return `${text.slice(0, MESSAGE_LIMIT / 2)} … ${text.slice(-MESSAGE_LIMIT / 2)}`;
}
