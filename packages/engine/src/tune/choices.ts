// What was chosen for which op: variants by what identifies the work, its op, shapes and attributes.
import type { Node } from "../graph/graph.js";

/** The variant for each kind of work; see `choiceKey`. */
export type Choices = Map<string, string>;

/** Op, shapes of its inputs and attributes, as in `matmul 64×128 128×256 {"transposeA":false,"transposeB":false}`. */
export function choiceKey({ op, inputs, attributes }: Node): string {
  const shapes = inputs.map(({ shape }) => shape.join("×") || "scalar");
  return [op.name, ...shapes, JSON.stringify(attributes)].join(" ");
}
