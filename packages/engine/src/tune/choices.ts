// What was chosen for which op: variants by what identifies the work, its op, shapes and attributes.
import type { Node } from "../graph/graph.js";

/** The variant for each kind of work; see `choiceKey`. */
export type Choices = Map<string, string>;

/**
 * Op, shapes of its inputs (with their type where it is not f32) and attributes, as in
 * `matmul 64×128:f16 128×256:f16 {"transposeA":false,"transposeB":false}`.
 */
export function choiceKey({ op, inputs, attributes }: Node): string {
  const shapes = inputs.map(({ shape, dtype }) => (shape.join("×") || "scalar") + (dtype === "f32" ? "" : `:${dtype}`));
  return [op.name, ...shapes, JSON.stringify(attributes)].join(" ");
}
