// NumPy's .npy: a magic, a version, a header that is a Python literal of three keys, then the elements. Structured and
// object types are not read. Format: numpy.lib.format, versions 1.0 to 3.0.

import type { ByteSource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { type DType, elementCount, fromOwnBytes, itemBytes, type NdArray, toBytes } from "./ndarray.js";
import type { StoredTensor } from "./tensor-file.js";

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

/** Whether `dtypeOfNumpyCode` knows it. */
export function isNumpyCode(code: string): boolean {
  return BY_CODE.has(code);
}

/** A .npy of text, objects, records or complex numbers: whole, and of a type that is not read. */
export class UnreadType extends InputError {}

/** What stands before the elements of a .npy file. */
export interface NpyHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bigEndian: boolean;
  /** first index fastest */
  readonly fortran: boolean;
  /** where the elements begin */
  readonly end: number;
}

/** Bytes from the beginning that are enough to read any header of plain numbers. NumPy itself reads none of over 10,000. */
export const NPY_HEAD = 1 << 14;

/**
 * Reads what stands before the elements.
 *
 * @param bytes at least the first `NPY_HEAD` bytes of the file, or all of it
 * @throws InputError where the bytes are not .npy, are cut short, or hold a type other than numbers and bool
 */
export function readNpyHeader(bytes: Uint8Array, what: string): NpyHeader {
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
  if (end > NPY_HEAD) {
    throw new InputError(`${what}: a .npy header of ${end} bytes; expected at most ${NPY_HEAD} for plain numbers`);
  }
  if (end > bytes.length) {
    throw new InputError(`${what}: .npy header of ${end} bytes, of which ${bytes.length} are there; is it truncated?`);
  }
  const header = new TextDecoder().decode(bytes.subarray(start, end));

  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z]\d+)'/.exec(header);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const extents = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header);
  if (!descr || !fortran || !extents || !isNumpyCode(descr[2]!)) {
    const whole = /'descr'\s*:\s*['[]/.test(header) && fortran && extents;
    throw new (whole ? UnreadType : InputError)(
      `${what}: .npy header ${JSON.stringify(header.trim().slice(0, 120))}; expected a plain number type (${[...BY_CODE.keys()].join(", ")}), fortran_order and shape`,
    );
  }
  const dtype = dtypeOfNumpyCode(descr[2]!, what);
  const shape = [...extents[1]!.matchAll(/\d+/g)].map((match) => Number(match[0]));
  elementCount(shape, what);
  return { dtype, shape, bigEndian: descr[1] === ">", fortran: fortran[1] === "True", end };
}

/**
 * The array of a header and the bytes of its elements, which it takes over; Fortran order and big-endian elements are turned into C order and
 * little-endian.
 *
 * @throws InputError where there are fewer bytes than the shape needs
 */
export function npyArray({ dtype, shape, bigEndian, fortran }: NpyHeader, elements: Uint8Array, what: string): NdArray {
  const byteLength = elementCount(shape, what) * itemBytes(dtype);
  let data = elements.subarray(0, byteLength);
  if (data.length < byteLength) {
    throw new InputError(
      `${what}: ${data.length} bytes of data; expected ${byteLength} for ${dtype} [${shape.join(", ")}] (is the file truncated?)`,
    );
  }
  if (bigEndian) data = swapBytes(data, itemBytes(dtype));
  if (fortran) data = fortranToC(data, shape, itemBytes(dtype));
  return fromOwnBytes(dtype, shape, data, what);
}

/**
 * Reads one .npy file; Fortran order and big-endian elements are turned into C order and little-endian.
 *
 * @param what how messages name the file
 * @throws InputError where the bytes are not .npy, are cut short, or hold a type other than numbers and bool
 */
export function readNpy(bytes: Uint8Array, what = "npy"): NdArray {
  const header = readNpyHeader(bytes, what);
  return npyArray(header, new Uint8Array(bytes.subarray(header.end)), what);
}

/**
 * Opens a .npy file over its bytes, whatever its size: what it holds is known at once, the elements are read when asked for.
 *
 * @param what how messages name the file
 * @throws InputError as `readNpy`, before any element is read
 */
export async function openNpy(source: ByteSource, what: string): Promise<StoredTensor> {
  const header = readNpyHeader(await source.read(0, Math.min(NPY_HEAD, source.size)), what);
  const { dtype, shape, end } = header;
  const needed = elementCount(shape, what) * itemBytes(dtype);
  if (end + needed > source.size) {
    throw new InputError(
      `${what}: ${source.size - end} bytes of data; expected ${needed} for ${dtype} [${shape.join(", ")}] (is the file truncated?)`,
    );
  }
  return { dtype, shape, read: async () => npyArray(header, await source.read(end, needed), what) };
}

/**
 * What stands before the elements in .npy version 1.0, C order, little-endian, of a multiple of 64 bytes.
 *
 * @throws InputError for bfloat16, which NumPy does not have
 */
export function npyHeader(dtype: DType, shape: readonly number[], what = "npy"): Uint8Array {
  const code = [...BY_CODE].find(([, known]) => known === dtype)?.[0];
  if (code === undefined)
    throw new InputError(`${what}: NumPy has no type ${dtype}; write float32, or .safetensors or .pth`);
  const order = itemBytes(dtype) === 1 ? "|" : "<";
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${extents}), }`;
  // The last byte is a line end.
  const length = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const out = new Uint8Array(length);
  out.set(MAGIC);
  out[6] = 1;
  new DataView(out.buffer).setUint16(8, length - 10, true);
  out.set(new TextEncoder().encode(`${literal.padEnd(length - 11)}\n`), 10);
  return out;
}

/**
 * Writes one array as .npy version 1.0, C order, little-endian.
 *
 * @throws InputError for bfloat16, which NumPy does not have
 */
export function writeNpy(array: NdArray): Uint8Array {
  const header = npyHeader(array.dtype, array.shape);
  const out = new Uint8Array(header.length + array.data.byteLength);
  out.set(header);
  out.set(toBytes(array), header.length);
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
