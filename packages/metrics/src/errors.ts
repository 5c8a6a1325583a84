/** Something the caller gave is wrong; the message says what, where, what was expected and what to do. */
export class InputError extends Error {
  override name = "InputError";
}
