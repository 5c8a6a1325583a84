import { InputError } from "@er/errors";

export { InputError };

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
