// The header of safetensors, read with every check that the format asks for, and written in one way only.

import { z } from "zod";
import { InputError } from "./errors.js";
import { type DType, elementCount, itemBytes } from "./ndarray.js";
import { type Described, tensorBytes } from "./tensor-file.js";

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

/** The format allows 100 MB, whose JSON could take gigabytes once parsed; ten thousand tensors take 1.2 MB. */
export const HEADER_LIMIT = 1 << 24;
/** The header's length stands before it. */
export const LENGTH_BYTES = 8;

const METADATA = "__metadata__";

const natural = z.number().int().nonnegative();
const Entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(natural),
  data_offsets: z.tuple([natural, natural]),
});
const Metadata = z.record(z.string(), z.string());
const Header = z.record(z.string(), z.unknown());

/** Where a tensor's bytes lie, counted from the end of the header. */
interface SafetensorsEntry extends Described {
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: Map<string, SafetensorsEntry>;
  readonly metadata: Record<string, string>;
  /** where the elements begin in the file */
  readonly start: number;
}

/**
 * @param bytes the JSON header
 * @param size bytes of the whole file
 * @throws InputError where it is no valid header, names a tensor twice, or its byte ranges leave gaps or overlap
 */
export function parseHeader(bytes: Uint8Array, size: number, what: string): SafetensorsHeader {
  const start = LENGTH_BYTES + bytes.length;
  const body = size - start;
  const tensors = new Map<string, SafetensorsEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseJson(bytes, what))) {
    const where = `${what}[${name}]`;
    if (name === METADATA) metadata = check(Metadata, value, where);
    else tensors.set(name, parseEntry(value, body, where));
  }
  const ranges = [...tensors.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { begin, end } of ranges) {
    if (begin !== covered) throw new InputError(`${what}: tensor data overlap or leave a gap at byte ${covered}`);
    covered = end;
  }
  if (covered !== body) throw new InputError(`${what}: tensors cover ${covered} of ${body} bytes of data`);
  return { tensors, metadata, start };
}

function parseEntry(value: unknown, body: number, where: string): SafetensorsEntry {
  const { dtype: code, shape, data_offsets } = check(Entry, value, where);
  const [begin, end] = data_offsets;
  if (!isCode(code)) {
    throw new InputError(`${where}: type ${code}; expected one of ${Object.keys(CODES).join(", ")}`);
  }
  if (begin > end || end > body) {
    throw new InputError(`${where}: bytes ${begin} to ${end} of ${body}; is the file truncated?`);
  }
  const dtype = CODES[code];
  if (elementCount(shape, where) * itemBytes(dtype) !== end - begin) {
    throw new InputError(`${where}: ${end - begin} bytes do not fit ${code} [${shape.join(", ")}]`);
  }
  return { dtype, shape, begin, end };
}

function parseJson(bytes: Uint8Array, what: string): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${what}: the header is not JSON (${error instanceof Error ? error.message : error})`);
  }
  const header = check(Header, json, what);
  // Of names that are there twice, JSON.parse keeps the last without a word.
  if (topLevelKeys(text) !== Object.keys(header).length) {
    throw new InputError(`${what}: the header names a tensor twice; expected names that differ`);
  }
  return header;
}

/** Keys of the outermost object of valid JSON, each counted as often as it stands there. */
function topLevelKeys(text: string): number {
  let depth = 0;
  let keys = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quoted) {
      if (character === "\\") i++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === ":" && depth === 1) keys++;
  }
  return keys;
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

/** Tensors in the order in which they are written: wider element types first, then names in code-unit order. */
export function sortedForWriting<T extends Described>(tensors: ReadonlyMap<string, T>): [string, T][] {
  return [...tensors].sort(
    ([nameA, a], [nameB, b]) => itemBytes(b.dtype) - itemBytes(a.dtype) || (nameA < nameB ? -1 : 1),
  );
}

/**
 * The length and the header of tensors that follow in this order, padded to a multiple of 8 bytes.
 *
 * @param metadata "format" is "pt", the layout of PyTorch, where it says nothing else
 * @throws InputError for a tensor named `__metadata__`, and for so many that the header would not be read again
 */
export function writeHeader(
  tensors: readonly (readonly [string, Described])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  // Readers of Hugging Face refuse a file without "format".
  const texts = new Map([["format", "pt"], ...Object.entries(metadata)]);
  const pairs = [...texts.keys()].sort().map((key) => `${JSON.stringify(key)}:${JSON.stringify(texts.get(key))}`);
  const fields = [`"${METADATA}":{${pairs.join(",")}}`];
  let offset = 0;
  for (const [name, tensor] of tensors) {
    if (name === METADATA) throw new InputError(`safetensors: cannot write "${name}", which is no tensor name there`);
    const end = offset + tensorBytes(tensor, name);
    const entry = { dtype: codeOf(tensor.dtype), shape: tensor.shape, data_offsets: [offset, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    offset = end;
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > HEADER_LIMIT) {
    throw new InputError(
      `safetensors: ${tensors.length} tensors need a header of ${length} bytes; expected at most ${HEADER_LIMIT}`,
    );
  }
  const out = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.set(text, LENGTH_BYTES);
  return out;
}

function codeOf(dtype: DType): string {
  return Object.entries(CODES).find(([, name]) => name === dtype)![0];
}
