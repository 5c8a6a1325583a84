/** Something the caller gave is wrong; the message says what, where, what was expected and what to do. */
export class InputError extends Error {
  override name = "InputError";
}

/** Shapes that do not fit an op. */
export class ShapeError extends InputError {
  override name = "ShapeError";

  /**
   * @param op name of the op that refused its inputs
   * @param got the shapes as given
   * @param expected what the op needs, in words
   */
  constructor(op: string, got: readonly (readonly number[])[], expected: string) {
    super(`${op}: got ${got.map((shape) => `[${shape.join(", ")}]`).join(" and ")}; expected ${expected}`);
  }
}
