// safetensors: eight bytes of header length, a JSON header of names, types, shapes and byte ranges, then the elements.
// Written here in one way only, so that equal tensors give equal bytes. Format: the safetensors README ("Format").

import { z } from "zod";
import { InputError } from "./errors.js";
import { type DType, elementCount, fromBytes, itemBytes, type NdArray, toBytes } from "./ndarray.js";

const CODES = {
  BOOL: "bool",
  U8: "uint8",
  I8: "int8",
  U16: "uint16",
  I16: "int16",
  U32: "uint32",
  I32: "int32",
  U64: "uint64",
  I64: "int64",
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
} as const satisfies Record<string, DType>;

type Code = keyof typeof CODES;

/** The format's own limit on the header. */
const HEADER_LIMIT = 100_000_000;

const natural = z.number().int().nonnegative();
const Entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(natural),
  data_offsets: z.tuple([natural, natural]),
});
const Metadata = z.record(z.string(), z.string());
const Header = z.record(z.string(), z.unknown());

/** The tensors of a file in their order there, and its free-form metadata. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Record<string, string>;
}

/**
 * Reads a safetensors file; the elements are copied out of `bytes`.
 *
 * @param what how messages name the file
 * @throws InputError where the header is no valid header, the byte ranges leave gaps or overlap, or the file is cut short
 */
export function readSafetensors(bytes: Uint8Array, what = "safetensors"): Safetensors {
  if (bytes.length < 8) throw new InputError(`${what}: ${bytes.length} bytes; a safetensors file has at least 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > HEADER_LIMIT || 8 + headerLength > bytes.length) {
    throw new InputError(
      `${what}: header of ${headerLength} bytes in a file of ${bytes.length}; not a safetensors file, or truncated`,
    );
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), what);
  const body = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, NdArray>();
  let metadata: Record<string, string> = {};
  const ranges: [number, number][] = [];
  for (const [name, value] of Object.entries(header)) {
    const where = `${what}[${name}]`;
    if (name === "__metadata__") {
      metadata = check(Metadata, value, where);
      continue;
    }
    const { dtype: code, shape, data_offsets } = check(Entry, value, where);
    const [begin, end] = data_offsets;
    if (!isCode(code)) {
      throw new InputError(`${where}: type ${code}; expected one of ${Object.keys(CODES).join(", ")}`);
    }
    if (begin > end || end > body.length) {
      throw new InputError(`${where}: bytes ${begin} to ${end} of ${body.length}; is the file truncated?`);
    }
    ranges.push([begin, end]);
    // Counted before the copy: a range may be named by one tensor only, so copies never exceed the file.
    if (elementCount(shape, where) * itemBytes(CODES[code]) !== end - begin) {
      throw new InputError(`${where}: ${end - begin} bytes do not fit ${code} [${shape.join(", ")}]`);
    }
  }
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let covered = 0;
  for (const [begin, end] of ranges) {
    if (begin !== covered) throw new InputError(`${what}: tensor data overlap or leave a gap at byte ${covered}`);
    covered = end;
  }
  if (covered !== body.length) {
    throw new InputError(`${what}: tensors cover ${covered} of ${body.length} bytes of data`);
  }
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const where = `${what}[${name}]`;
    const { dtype: code, shape, data_offsets } = check(Entry, value, where);
    if (isCode(code)) tensors.set(name, fromBytes(CODES[code], shape, body.subarray(...data_offsets), where));
  }
  return { tensors, metadata };
}

/**
 * Writes tensors and metadata. Deterministic: wider element types come first, then names in code-unit order, metadata keys
 * sorted, the data aligned to 8 bytes; so the order of the map does not matter.
 *
 * @throws InputError for a tensor named `__metadata__`, or whose data do not fit its shape
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) => itemBytes(b.dtype) - itemBytes(a.dtype) || (nameA < nameB ? -1 : 1),
  );
  const fields: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    fields.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  let offset = 0;
  for (const [name, array] of sorted) {
    const count = elementCount(array.shape, name);
    if (name === "__metadata__" || count !== array.data.length) {
      throw new InputError(
        `safetensors: cannot write "${name}": ${array.data.length} elements for shape [${array.shape.join(", ")}], and __metadata__ is no tensor name`,
      );
    }
    const end = offset + array.data.byteLength;
    const entry = { dtype: codeOf(array.dtype), shape: array.shape, data_offsets: [offset, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    offset = end;
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + offset);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(text, 8);
  let at = 8 + headerLength;
  for (const [, array] of sorted) {
    out.set(toBytes(array), at);
    at += array.data.byteLength;
  }
  return out;
}

function parseHeader(bytes: Uint8Array, what: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new InputError(`${what}: the header is not JSON (${error instanceof Error ? error.message : error})`);
  }
  return check(Header, json, what);
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new InputError(`${where}: bad safetensors header: ${issue?.path.join(".")} ${issue?.message}`);
}

function isCode(code: string): code is Code {
  return Object.hasOwn(CODES, code);
}

function codeOf(dtype: DType): string {
  return Object.entries(CODES).find(([, name]) => name === dtype)![0];
}
