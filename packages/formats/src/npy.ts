// NumPy's .npy: a magic, a version, a header that is a Python literal of three keys, then the elements. Structured and
// object types are not read. Format: numpy.lib.format, versions 1.0 to 3.0.

import { InputError } from "./errors.js";
import { type DType, elementCount, fromBytes, itemBytes, type NdArray, toBytes } from "./ndarray.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const BY_CODE: ReadonlyMap<string, DType> = new Map([
  ["b1", "bool"],
  ["u1", "uint8"],
  ["i1", "int8"],
  ["u2", "uint16"],
  ["i2", "int16"],
  ["u4", "uint32"],
  ["i4", "int32"],
  ["u8", "uint64"],
  ["i8", "int64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
]);

/**
 * The element type of a NumPy type code without its byte order, such as `f4` or `u1`.
 *
 * @throws InputError for structured, string, object and complex types
 */
export function dtypeOfNumpyCode(code: string, what: string): DType {
  const dtype = BY_CODE.get(code);
  if (dtype === undefined) {
    throw new InputError(`${what}: NumPy type "${code}"; expected one of ${[...BY_CODE.keys()].join(", ")}`);
  }
  return dtype;
}

/**
 * Reads one .npy file; Fortran order and big-endian elements are turned into C order and little-endian.
 *
 * @param what how messages name the file
 * @throws InputError where the bytes are not .npy, are cut short, or hold a type other than numbers and bool
 */
export function readNpy(bytes: Uint8Array, what = "npy"): NdArray {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new InputError(`${what}: not a .npy file (it does not begin with \\x93NUMPY)`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw new InputError(`${what}: .npy version ${version}; expected 1, 2 or 3`);
  const wide = version > 1;
  if (wide && bytes.length < 12) throw new InputError(`${what}: .npy header is cut short`);
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw new InputError(`${what}: .npy header is cut short`);
  const header = new TextDecoder().decode(bytes.subarray(start, end));

  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z]\d+)'/.exec(header);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const extents = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header);
  if (!descr || !fortran || !extents) {
    throw new InputError(
      `${what}: .npy header ${JSON.stringify(header.trim().slice(0, 120))}; expected a plain number type, fortran_order and shape`,
    );
  }
  const dtype = dtypeOfNumpyCode(descr[2]!, what);
  const shape = [...extents[1]!.matchAll(/\d+/g)].map((match) => Number(match[0]));
  const byteLength = elementCount(shape, what) * itemBytes(dtype);
  let data = bytes.subarray(end, end + byteLength);
  if (data.length < byteLength) {
    throw new InputError(
      `${what}: ${data.length} bytes of data; expected ${byteLength} for ${dtype} [${shape.join(", ")}] (is the file truncated?)`,
    );
  }
  if (descr[1] === ">") data = swapBytes(data, itemBytes(dtype));
  if (fortran[1] === "True") data = fortranToC(data, shape, itemBytes(dtype));
  return fromBytes(dtype, shape, data, what);
}

/**
 * Writes one array as .npy version 1.0, C order, little-endian.
 *
 * @throws InputError for bfloat16, which NumPy does not have
 */
export function writeNpy(array: NdArray): Uint8Array {
  const code = [...BY_CODE].find(([, dtype]) => dtype === array.dtype)?.[0];
  if (code === undefined) throw new InputError(`npy: NumPy has no type ${array.dtype}; widen it to float32 first`);
  const order = itemBytes(array.dtype) === 1 ? "|" : "<";
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(", ");
  const literal = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The elements begin on a multiple of 64 bytes, the last header byte is a line end.
  const padded = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const out = new Uint8Array(padded + array.data.byteLength);
  out.set(MAGIC);
  out[6] = 1;
  new DataView(out.buffer).setUint16(8, padded - 10, true);
  out.set(new TextEncoder().encode(`${literal.padEnd(padded - 11)}\n`), 10);
  out.set(toBytes(array), padded);
  return out;
}

/** Reverses the bytes of each element. */
export function swapBytes(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += size) {
    for (let j = 0; j < size; j++) out[i + j] = bytes[i + size - 1 - j]!;
  }
  return out;
}

/** Reorders elements from first-index-fastest to last-index-fastest. */
export function fortranToC(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const index = shape.map(() => 0);
  const strides: number[] = [];
  let stride = size;
  for (const extent of shape) {
    strides.push(stride);
    stride *= extent;
  }
  let from = 0;
  for (let to = 0; to < bytes.length; to += size) {
    for (let j = 0; j < size; j++) out[to + j] = bytes[from + j]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
