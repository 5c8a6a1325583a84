// The one class of error that is the reader's own doing: a file that is not what it was said to be, a spec that names
// nothing. Everything else that is thrown here is a bug.

/** A mistake in what was handed in, told in one line: what was wrong, where, what was expected. */
export class InputError extends Error {
  override name = "InputError";
}
