// What a tar archive holds and where it lies, from its headers alone; of files nothing is read. Format: POSIX ustar and pax,
// with GNU's long names.

import { type ByteSource, partOf } from "./byte-source.js";
import { InputError } from "./errors.js";
import { latin1 } from "./pickle-values.js";

const BLOCK = 512;

/** The containers of weights that are read so have four members. */
const MEMBERS_LIMIT = 64;

/** Bytes of a long name or of pax records; a path has at most 4,096. */
const RECORDS_LIMIT = 1 << 20;

/** Linux's PATH_MAX; a longer name cannot be unpacked. */
const NAME_LIMIT = 4096;

/** Bytes that are read at once where headers are asked for: of small files many lie together. */
const WINDOW = 1 << 15;

/** What an archive is read from: pieces at rising places, with fewer bytes than asked for where it ends. */
export interface TarSource {
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface TarEntry {
  /** as it is in the archive */
  readonly name: string;
  /** `other`: a device, a pipe, a sparse file, a part of another volume */
  readonly kind: "file" | "folder" | "hard link" | "symbolic link" | "other";
  /** where its bytes begin in the archive, and how many there are */
  readonly offset: number;
  readonly size: number;
  /** where a link leads, as it is in the archive; empty for all others */
  readonly target: string;
}

/** Whether a block is a header: its checksum, which every tar has, is that of its bytes. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK) return false;
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : block[i]!;
  return sum === octal(block, 148, 8);
}

/**
 * The entries of a tar archive in its order, those of archives joined to it too.
 *
 * @throws InputError where the archive is cut short, is no tar, or has a name over 4,096 characters
 */
export async function* tarEntries(source: TarSource, what: string): AsyncGenerator<TarEntry> {
  const everywhere = new Map<string, string>();
  let next = new Map<string, string>();
  for (let at = 0, ended = false; ; ) {
    const block = await source.read(at, BLOCK);
    if (block.length < BLOCK) {
      if (ended) return;
      throw new InputError(`${what}: the archive is truncated or no tar: it does not end in a block of zeros`);
    }
    if (block.every((byte) => byte === 0)) {
      ended = true;
      at += BLOCK;
      continue;
    }
    if (!isTarHeader(block)) {
      // What follows the end is nobody's.
      if (ended) return;
      throw new InputError(`${what}: the archive is truncated or broken: no tar header at byte ${at}`);
    }
    ended = false;
    const type = String.fromCharCode(block[156]!);
    let start = at + BLOCK;
    // GNU's old sparse files have more of their map behind the header, which their size does not count.
    for (let more = type === "S" && block[482] !== 0; more; start += BLOCK) {
      more = (await source.read(start, BLOCK))[504] === 1;
    }
    const size = sizeOf(block, next, everywhere);
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new InputError(`${what}: the archive is broken: the header at byte ${at} has no size`);
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if ("xgLK".includes(type)) {
      if (size > RECORDS_LIMIT) {
        throw new InputError(`${what}: ${size} bytes of names at byte ${start}; expected at most ${RECORDS_LIMIT}`);
      }
      const bytes = await source.read(start, size);
      if (type === "L" || type === "K") next.set(type === "L" ? "path" : "linkpath", textUpToNul(bytes));
      else for (const [key, value] of paxRecords(bytes)) (type === "g" ? everywhere : next).set(key, value);
      continue;
    }
    const records = new Map([...everywhere, ...next]);
    next = new Map();
    const name = records.get("path") ?? ustarName(block);
    const target = records.get("linkpath") ?? textUpToNul(block.subarray(157, 257));
    if (name.length > NAME_LIMIT || target.length > NAME_LIMIT) {
      throw new InputError(`${what}: a name of ${Math.max(name.length, target.length)} characters at byte ${start}`);
    }
    const sparse = [...records.keys()].some((key) => key.startsWith("GNU.sparse."));
    const kind = sparse ? "other" : kindOf(type, name);
    yield { name, kind, offset: start, size, target: kind.endsWith("link") ? target : "" };
  }
}

function sizeOf(block: Uint8Array, next: ReadonlyMap<string, string>, everywhere: ReadonlyMap<string, string>): number {
  const record = next.get("size") ?? everywhere.get("size");
  if (record !== undefined && !"xgLK".includes(String.fromCharCode(block[156]!))) {
    return /^\d+$/.test(record) ? Number(record) : Number.NaN;
  }
  return octal(block, 124, 12);
}

function kindOf(type: string, name: string): TarEntry["kind"] {
  switch (type) {
    case "\0":
    case "0":
    case "7":
      // Before ustar a folder was a file whose name ends so.
      return name.endsWith("/") ? "folder" : "file";
    case "1":
      return "hard link";
    case "2":
      return "symbolic link";
    case "5":
      return "folder";
    default:
      return "other";
  }
}

function ustarName(block: Uint8Array): string {
  const name = textUpToNul(block.subarray(0, 100));
  // GNU tar has other things where ustar has the name's beginning, and another magic.
  const prefix = latin1(block.subarray(257, 263)) === "ustar\0" ? textUpToNul(block.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records `length key=value\n`, whose length counts all of it. */
function paxRecords(bytes: Uint8Array): [string, string][] {
  const records: [string, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = blank < 0 ? Number.NaN : Number(latin1(bytes.subarray(at, blank)));
    if (!(Number.isInteger(length) && length > blank - at && at + length <= bytes.length)) break;
    const record = new TextDecoder().decode(bytes.subarray(blank + 1, at + length - 1));
    const equals = record.indexOf("=");
    if (equals > 0) records.push([record.slice(0, equals), record.slice(equals + 1)]);
    at += length;
  }
  return records;
}

function textUpToNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A source of bytes as what an archive is read from. */
export function tarSource(source: ByteSource): TarSource {
  let window: { start: number; bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  const clamped = (offset: number, length: number) =>
    source.read(offset, Math.max(0, Math.min(length, source.size - offset)));
  return {
    async read(offset, length) {
      if (length > BLOCK) return clamped(offset, length);
      const holds = offset >= window.start && offset + length <= window.start + window.bytes.length;
      const from = holds ? window : { start: offset, bytes: await clamped(offset, WINDOW) };
      window = from;
      return from.bytes.slice(offset - from.start, offset - from.start + length);
    },
  };
}

/**
 * The regular files of a tar archive by name, without a leading `./`.
 *
 * @throws InputError where the archive is cut short, names a file twice, or has over 64 members
 */
export async function indexTar(source: ByteSource, what: string): Promise<Map<string, ByteSource>> {
  const members = new Map<string, ByteSource>();
  let count = 0;
  for await (const { name, kind, offset, size } of tarEntries(tarSource(source), what)) {
    const shown = JSON.stringify(name);
    if (++count > MEMBERS_LIMIT) throw new InputError(`${what}: a tar archive of over ${MEMBERS_LIMIT} members`);
    if (offset + size > source.size) {
      throw new InputError(`${what}: ${shown} reaches past the archive's end; is it truncated?`);
    }
    if (kind !== "file") continue;
    const key = name.replace(/^\.\//, "");
    if (members.has(key)) throw new InputError(`${what}: ${shown} is in the archive twice`);
    members.set(key, partOf(source, offset, size));
  }
  return members;
}

/** A number as octal digits, or, where the first bit is set, in binary, as for sizes past 8 GiB. */
function octal(block: Uint8Array, at: number, length: number): number {
  const field = block.subarray(at, at + length);
  if (field[0]! & 0x80) {
    return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x7f);
  }
  const digits = latin1(field).replace(/\0.*$/s, "").trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
