// An array as it lies in a file: element type, shape and elements in C order. Not a tensor: nothing here computes beyond
// widening half floats. Little-endian hosts only, as are all that WebGPU runs on.

import { InputError } from "./errors.js";

/** The elements of each type in memory. float16 and bfloat16 are kept as their 16 bits; bool as 0 or 1. */
export interface DTypeArrays {
  bool: Uint8Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  float32: Float32Array;
  float64: Float64Array;
}

export type DType = keyof DTypeArrays;

export type TypedArray = DTypeArrays[DType];

type NdArrayOf<D extends DType> = D extends DType
  ? { readonly dtype: D; readonly shape: readonly number[]; readonly data: DTypeArrays[D] }
  : never;

/** Elements in C order; `data.length` is the product of `shape` (1 for the empty shape). */
export type NdArray<D extends DType = DType> = NdArrayOf<D>;

type Construct = { [D in DType]: new (buffer: ArrayBuffer, byteOffset: number, length: number) => DTypeArrays[D] };

const CONSTRUCT: Construct = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};

const ITEM_BYTES: Record<DType, number> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/** Bytes of one element. */
export function itemBytes(dtype: DType): number {
  return ITEM_BYTES[dtype];
}

/** NumPy's limit since 2.0 (NPY_MAXDIMS), and torch's own; reordering takes time with every axis. */
const AXES_LIMIT = 64;

/**
 * Number of elements of a shape read from a file.
 *
 * @throws InputError where there are over 64 axes, an extent is negative or fractional, or the product is past 2^53
 */
export function elementCount(shape: readonly number[], what: string): number {
  if (shape.length > AXES_LIMIT) {
    throw new InputError(`${what}: a shape of ${shape.length} axes; expected at most ${AXES_LIMIT}`);
  }
  let count = 1;
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new InputError(`${what}: shape [${shape.join(", ")}]; expected whole numbers, 0 or more`);
    }
    count *= extent;
  }
  if (!Number.isSafeInteger(count)) {
    throw new InputError(`${what}: shape [${shape.join(", ")}] has more elements than can be counted`);
  }
  return count;
}

/**
 * The array whose elements are these bytes (little-endian, C order); the bytes are copied.
 *
 * @param bytes exactly `product(shape) * itemBytes(dtype)` bytes
 * @throws InputError where the length does not fit the shape
 */
export function fromBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array, what: string): NdArray {
  return fromOwnBytes(dtype, shape, new Uint8Array(bytes), what);
}

/**
 * As `fromBytes`, but the array takes the bytes over: they are copied only where they do not begin on a multiple of the
 * element's size.
 */
export function fromOwnBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array, what: string): NdArray {
  const count = elementCount(shape, what);
  const expected = count * itemBytes(dtype);
  if (bytes.byteLength !== expected) {
    throw new InputError(
      `${what}: ${bytes.byteLength} bytes of data; expected ${expected} for ${dtype} [${shape.join(", ")}] (is the file truncated?)`,
    );
  }
  const aligned = bytes.byteOffset % itemBytes(dtype) === 0 ? bytes : new Uint8Array(bytes);
  const data = new CONSTRUCT[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
  return { dtype, shape: [...shape], data } as NdArray;
}

/** The elements' bytes, little-endian, C order; a view, not a copy. */
export function toBytes(array: NdArray): Uint8Array {
  return new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
}

/**
 * The elements as float32, rounded to nearest; 64-bit integers past 2^53 lose their low bits first.
 *
 * @returns a new array, except for float32 input, which is returned as it is
 */
export function toFloat32(array: NdArray): Float32Array {
  switch (array.dtype) {
    case "float32":
      return array.data;
    case "float16":
      return Float32Array.from(array.data, halfToNumber);
    case "bfloat16": {
      const bits = Uint32Array.from(array.data, (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    case "int64":
    case "uint64": {
      const out = new Float32Array(array.data.length);
      for (let i = 0; i < out.length; i++) out[i] = Number(array.data[i]!);
      return out;
    }
    case "bool":
    case "uint8":
    case "int8":
    case "uint16":
    case "int16":
    case "uint32":
    case "int32":
    case "float64":
      return new Float32Array(array.data);
    default:
      return array satisfies never;
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
