// Where the files of a tar archive lie in it. `tar.ts` streams archives of any size; here a few members are read where they
// are. Format: POSIX ustar.

import { type ByteSource, partOf } from "./byte-source.js";
import { InputError } from "./errors.js";
import { latin1 } from "./pickle-values.js";

const BLOCK = 512;

/** The containers that are read so have four members. */
const MEMBERS_LIMIT = 64;

/** Whether a block is a header: its checksum, which every tar has, is that of its bytes. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK) return false;
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : block[i]!;
  return sum === octal(block, 148, 8);
}

/**
 * The regular files of a tar archive by name, without a leading `./`.
 *
 * @throws InputError where the archive is cut short, names a file twice, or has over 64 members
 */
export async function indexTar(source: ByteSource, what: string): Promise<Map<string, ByteSource>> {
  const members = new Map<string, ByteSource>();
  for (let at = 0, count = 0; ; count++) {
    if (at + BLOCK > source.size)
      throw new InputError(`${what}: the tar archive ends without its end; is it truncated?`);
    const block = await source.read(at, BLOCK);
    if (block.every((byte) => byte === 0)) return members;
    if (!isTarHeader(block)) throw new InputError(`${what}: no tar header at byte ${at}; the archive is broken`);
    if (count >= MEMBERS_LIMIT) throw new InputError(`${what}: a tar archive of over ${MEMBERS_LIMIT} members`);
    const name = latin1(block.subarray(0, 100)).replace(/\0.*$/s, "").replace(/^\.\//, "");
    const size = octal(block, 124, 12);
    const start = at + BLOCK;
    if (!(start + size <= source.size)) {
      throw new InputError(`${what}: ${JSON.stringify(name)} reaches past the archive's end; is it truncated?`);
    }
    const type = block[156];
    if (type === 0 || type === 0x30) {
      if (members.has(name)) throw new InputError(`${what}: ${JSON.stringify(name)} is in the archive twice`);
      members.set(name, partOf(source, start, size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
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
