// The one class of error that is the reader's own doing: a file that is not what it was said to be, a spec that names
// nothing. Everything else that is thrown here is a bug.

/** Messages quote names out of files, which may be of any length; past this only the two ends are kept. */
const MESSAGE_LIMIT = 1000;

/**
 * Text that moves no terminal, forges no line and turns no direction of writing, whatever file it came from: control and format
 * characters, line ends too, are shown as their escapes (`\u001b`), as JSON writes them.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/**
 * A mistake in what was handed in, told in one line: what was wrong, where, what was expected. Control characters and line
 * ends, which only a file's own names bring in, are shown as their escapes.
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
