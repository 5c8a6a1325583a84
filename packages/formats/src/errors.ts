// The one class of error that is the reader's own doing: a file that is not what it was said to be, a spec that names
// nothing. Everything else that is thrown here is a bug.

/** Messages quote names out of files, which may be of any length; past this only the two ends are kept. */
const MESSAGE_LIMIT = 1000;

/**
 * A mistake in what was handed in, told in one line: what was wrong, where, what was expected. Control characters and line
 * ends, which only a file's own names bring in, are shown as their escapes.
 */
export class InputError extends Error {
  override name = "InputError";

  constructor(message: string, options?: ErrorOptions) {
    // Escapes are longer than what they stand for, so the line is cut before, where it is far too long, and after.
    super(shortened(shortened(message).replace(/[\p{Cc}\u2028\u2029]/gu, escapeControl)), options);
  }
}

function shortened(text: string): string {
  if (text.length <= MESSAGE_LIMIT) return text;
  return `${text.slice(0, MESSAGE_LIMIT / 2)} … ${text.slice(-MESSAGE_LIMIT / 2)}`;
}

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
