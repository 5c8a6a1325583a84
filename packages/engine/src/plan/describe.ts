// How a node is named to people.
import type { Shape } from "../graph/tensor.js";

export const shapeText = (shape: Shape) => `[${shape.join(", ")}]`;

/** A node's place, op and shapes, such as `layer1.0.conv1 conv2d of [2, 8, 8, 16] and [3, 3, 16, 16]`. */
export function describe({ scope, op, inputs }: { scope: string; op: string; inputs: readonly Shape[] }): string {
  const place = scope === "" ? op : `${scope} ${op}`;
  return inputs.length === 0 ? place : `${place} of ${inputs.map(shapeText).join(" and ")}`;
}
