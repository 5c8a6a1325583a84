// Files changed at random, by a seed: bytes, cuts and pieces of others, and lies in the fields that containers steer by.

import { joined, ZipWriter } from "../src/zip-writer.js";

export interface Random {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Marsaglia's xorshift of 32 bits. */
export function randomOf(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b9) | 1;
  const below = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, limit);
  };
  return { below, pick: (items) => items[below(items.length)]! };
}

type Mutation = (bytes: Buffer, random: Random, others: readonly Uint8Array[]) => Buffer;

/** What lengths, counts and offsets are lied to be. */
const lies = (bytes: Buffer, random: Random): bigint =>
  random.pick([
    ...[0n, 1n, 2n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 40n, 1n << 53n],
    ...[(1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, BigInt(bytes.length), BigInt(bytes.length) - 1n],
    ...[BigInt(bytes.length) * 2n, BigInt(random.below(bytes.length + 1)), BigInt(random.below(1 << 30))],
  ]);

function put(bytes: Buffer, at: number, width: number, value: bigint): Buffer {
  for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

function placesOf(bytes: Buffer, pattern: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(pattern, 0, "latin1"); at >= 0; at = bytes.indexOf(pattern, at + 1, "latin1")) {
    places.push(at);
  }
  return places;
}

const flip: Mutation = (bytes, random) => {
  for (let i = random.below(8); i >= 0; i--) {
    const at = random.below(bytes.length);
    bytes[at] = random.below(2) === 0 ? bytes[at]! ^ (1 << random.below(8)) : random.below(256);
  }
  return bytes;
};

const cut: Mutation = (bytes, random) => {
  const from = random.below(bytes.length);
  const to = from + random.below(bytes.length - from);
  return random.pick([
    () => bytes.subarray(0, from),
    () => bytes.subarray(from),
    () => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
    () => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
  ])();
};

const splice: Mutation = (bytes, random, others) => {
  const other = random.pick(others);
  const from = random.below(other.length);
  const piece = other.subarray(from, from + random.below(random.pick([16, 256, other.length])));
  const at = random.below(bytes.length);
  const rest = random.below(2) === 0 ? at : at + piece.length;
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(rest)]);
};

const lie: Mutation = (bytes, random) =>
  put(bytes, random.below(bytes.length), random.pick([1, 2, 4, 8]), lies(bytes, random));

/** Places and widths of the fields behind each of zip's signatures. */
const ZIP_FIELDS: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  "PK\x03\x04": [
    [6, 2],
    [8, 2],
    [14, 4],
    [18, 4],
    [22, 4],
    [26, 2],
    [28, 2],
  ],
  "PK\x01\x02": [
    [8, 2],
    [10, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
    [42, 4],
  ],
  "PK\x05\x06": [
    [4, 2],
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 2],
  ],
  "PK\x06\x06": [
    [24, 8],
    [32, 8],
    [40, 8],
    [48, 8],
  ],
  "PK\x06\x07": [[8, 8]],
};

const zip: Mutation = (bytes, random) => {
  const signature = random.pick(Object.keys(ZIP_FIELDS));
  const places = placesOf(bytes, signature);
  if (places.length === 0) return lie(bytes, random, []);
  const [offset, width] = random.pick(ZIP_FIELDS[signature]!);
  return put(bytes, random.pick(places) + offset, width, lies(bytes, random));
};

/** Every opcode of pickle, allowed or not. */
const OPCODES =
  "(.012FIJKLMNPQRSTUVX]abcdeghijlopqrstu})\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98BC";

const pickle: Mutation = (bytes, random) => {
  const starts = placesOf(bytes, "\x80\x02");
  if (starts.length === 0) return flip(bytes, random, []);
  const at = random.pick(starts) + random.below(random.pick([16, 128, 1024]));
  const code = Buffer.from(
    Array.from({ length: 1 + random.below(6) }, () => random.pick([...OPCODES])).join(""),
    "latin1",
  );
  const rest = random.below(2) === 0 ? at : at + code.length;
  return Buffer.concat([bytes.subarray(0, at), code, bytes.subarray(rest)]);
};

/** A number of a pickle of a tensor: extents, strides, offsets, lengths are mostly one-byte integers. */
const pickledNumber: Mutation = (bytes, random) => {
  const places = placesOf(bytes, "K");
  if (places.length === 0) return lie(bytes, random, []);
  const at = random.pick(places);
  const long = put(Buffer.from("\x8a\x08________", "latin1"), 2, 8, lies(bytes, random));
  const int = put(Buffer.from("J____", "latin1"), 1, 4, lies(bytes, random));
  return Buffer.concat([bytes.subarray(0, at), random.pick([long, int]), bytes.subarray(at + 2)]);
};

/** A size or type of a tar header, its checksum put right. */
const tar: Mutation = (bytes, random) => {
  const places = placesOf(bytes, "ustar")
    .map((at) => at - 257)
    .filter((at) => at >= 0 && at + 512 <= bytes.length);
  if (places.length === 0) return splice(bytes, random, [bytes]);
  const at = random.pick(places);
  const octal = lies(bytes, random).toString(8).slice(-11).padStart(11, "0");
  random.pick([
    () => bytes.writeUInt8(random.pick([0x30, 0x31, 0x35, 0x67, 0x78, 0]), at + 156),
    () => bytes.write(random.pick(["pickle", "tensors", "storages", "sys_info"]), at, "latin1"),
    () => bytes.write(octal, at + 124, "latin1"),
  ])();
  bytes.fill(0x20, at + 148, at + 156);
  const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
  return bytes;
};

/** A number or a name of safetensors' header, the header's length kept true. */
const header: Mutation = (bytes, random) => {
  const length = bytes.length > 8 && bytes[8] === 0x7b ? Number(bytes.readBigUInt64LE(0)) : Number.NaN;
  if (!(8 + length <= bytes.length)) return lie(bytes, random, []);
  const text = bytes.toString("latin1", 8, 8 + length);
  const pieces = [...text.matchAll(random.pick([/\d+/g, /"[^"]*"/g, /[[\]{},:]/g]))];
  if (pieces.length === 0) return lie(bytes, random, []);
  const found = random.pick(pieces);
  const other = random.pick([
    String(lies(bytes, random)),
    random.pick(pieces)[0],
    "[".repeat(100),
    '"F64"',
    "-1",
    "1e999",
  ]);
  const changed = text.slice(0, found.index) + other + text.slice(found.index + found[0].length);
  const start = put(Buffer.alloc(8), 0, 8, BigInt(changed.length));
  return Buffer.concat([start, Buffer.from(changed, "latin1"), bytes.subarray(8 + length)]);
};

/** Something nested, or repeated, thousands of times over: marks, lists, tuples, calls, brackets. */
const deep: Mutation = (bytes, random) => {
  const json = bytes.length > 8 && bytes[8] === 0x7b;
  const starts = placesOf(bytes, "\x80\x02").map((at) => at + 2);
  const at = json ? 8 + random.below(100) : starts.length > 0 ? random.pick(starts) : random.below(bytes.length);
  const unit = json
    ? random.pick(["[", '{"a":', "[1],", " "])
    : random.pick([
        "(",
        "]",
        "}",
        ")",
        "N\x85",
        "](K\x01e",
        "2",
        "0",
        "ca\nb\n)R",
        "\x8f(K\x01\x90",
        "q\x00h\x00",
        "h\x00a",
      ]);
  const count = random.pick([10, 999, 1001, 20_000, 300_000]);
  const piece = Buffer.from(unit.repeat(Math.min(count, Math.ceil(1e6 / unit.length))), "latin1");
  const changed = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  if (json && random.below(2) === 0) put(changed, 0, 8, bytes.readBigUInt64LE(0) + BigInt(piece.length));
  return changed;
};

/** Globals of every kind in a pickle: of torch and NumPy, of others, and those that run something. */
const global: Mutation = (bytes, random) => {
  const starts = placesOf(bytes, "\x80\x02").map((at) => at + 2);
  const at =
    starts.length > 0 ? random.pick(starts) + random.below(random.pick([1, 64, 512])) : random.below(bytes.length);
  const name = random.pick([
    ...[
      "argparse Namespace",
      "__builtin__ set",
      "collections defaultdict",
      "torch.nn.modules.linear Linear",
      "os system",
    ],
    ...["torch._utils _rebuild_qtensor", "torch._tensor _rebuild_from_type_v2", "torch.nn.parameter Parameter"],
    ...["numpy.core.multiarray scalar", "numpy dtype", "torch ComplexFloatStorage", "torch.storage UntypedStorage"],
  ]);
  const [module, own] = name.split(" ");
  const use = random.pick([
    ")R",
    ")\x81",
    ")\x81}b",
    ")}\x92",
    "NR",
    "(K\x01K\x02tR",
    "",
    ")R)R",
    ")\x81(K\x01K\x02u",
    "0",
  ]);
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(`c${module}\n${own}\n${use}`, "latin1"),
    bytes.subarray(at),
  ]);
};

const MUTATIONS: readonly Mutation[] = [flip, cut, splice, lie, zip, pickle, pickledNumber, tar, header, deep, global];

/** A file, and what its zip archive holds where it is one. */
export interface Original {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly entries: readonly (readonly [string, Uint8Array])[];
}

/** One to three changes of a copy of a file, or of one entry of its archive, which is then packed anew and true otherwise. */
export function mutated({ bytes, entries }: Original, random: Random, others: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || random.below(2) === 0) return changed(bytes, random, others);
  const zip = new ZipWriter();
  const chosen = random.below(2) === 0 ? random.below(entries.length) : 0;
  const parts = entries.flatMap(([name, content], i) =>
    zip.add(name, [i === chosen ? changed(content, random, others) : content]),
  );
  return joined([...parts, zip.end()]);
}

function changed(file: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let bytes = Buffer.from(file);
  for (let i = random.below(3); i >= 0; i--) {
    if (bytes.length > 0) bytes = Buffer.from(random.pick(MUTATIONS)(bytes, random, others));
  }
  return bytes;
}
