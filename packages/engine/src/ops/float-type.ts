// Which types of tensors an op takes.
import { InputError } from "../errors.js";
import type { TensorSpec } from "../graph/tensor.js";

export type FloatType = "f32" | "f16";

/**
 * The one float type of an op's tensors.
 *
 * @throws InputError unless all are f32 or all are f16
 */
export function floatType(op: string, ...tensors: readonly TensorSpec[]): FloatType {
  const types = tensors.map(({ dtype }) => dtype);
  const first = types[0]!;
  if (first === "u32" || types.some((dtype) => dtype !== first)) {
    throw new InputError(`${op}: got types ${types.join(" and ")}; expected all f32 or all f16: cast what differs`);
  }
  return first;
}

/**
 * Checks a tensor whose type is f32 whatever that of the others.
 *
 * @throws InputError where it is another
 */
export function requireF32(op: string, what: string, { dtype }: TensorSpec): void {
  if (dtype !== "f32") {
    throw new InputError(`${op}: a ${what} of type ${dtype}; expected f32: cast it`);
  }
}
