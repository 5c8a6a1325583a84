// Values between the host, which computes with f32 and u32, and buffers of the adapter, which hold f16 too. Copies to and from
// a buffer are in whole words of four bytes.
import { bytesPerElement, type DType, sizeOf, type TensorSpec } from "../graph/tensor.js";
import { fromHalf, toHalf } from "../half.js";

/** The bytes that hold `values` in a buffer; f16 is rounded to, and its last word filled up with zero. */
export function hostBytes(values: Float32Array | Uint32Array, dtype: DType): ArrayBufferView<ArrayBuffer> {
  if (dtype !== "f16") {
    return values as Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  }
  const words = new Uint16Array(2 * Math.ceil(values.length / 2));
  words.set(toHalf(values));
  return words;
}

/** How many bytes to copy from a buffer for a tensor's values. */
export function hostByteLength({ shape, dtype }: TensorSpec): number {
  return Math.ceil((sizeOf(shape) * bytesPerElement(dtype)) / 4) * 4;
}

/** The values that so many bytes hold; f16 is widened to f32. */
export function hostValues(bytes: ArrayBuffer, { shape, dtype }: TensorSpec): Float32Array | Uint32Array {
  const length = sizeOf(shape);
  switch (dtype) {
    case "f32":
      return new Float32Array(bytes, 0, length);
    case "u32":
      return new Uint32Array(bytes, 0, length);
    case "f16":
      return fromHalf(new Uint16Array(bytes, 0, length));
    default:
      return dtype satisfies never;
  }
}
