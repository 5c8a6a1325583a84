// A zip archive of stored entries, handed out piece by piece: the same entries give the same bytes, their data begin on a
// multiple of 64 where wanted, and zip64 is used where sizes or places pass 32 bits. Format: PKWARE's APPNOTE 6.3.

import { crc32 } from "node:zlib";
import { InputError } from "./errors.js";
import { ENTRIES_LIMIT } from "./zip.js";

/** The format's first day, 1980-01-01: entries bear a time, and the same entries are to give the same bytes. */
const NO_TIME = 0x00210000;

const UTF8_NAMES = 0x0800;
const MAX_32 = 0xffffffff;
/** torch's own mark of the extra field that it pads with ("FB"). */
const PADDING_FIELD = 0x4246;

interface Written {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
  readonly offset: number;
}

/** Call `add` for each entry and `end` once; what they return, one after the other, is the archive. */
export class ZipWriter {
  readonly #alignment: number;
  readonly #written: Written[] = [];
  #offset = 0;

  /** @param alignment the data of each entry begin on a multiple of it; 1 for anywhere */
  constructor(alignment = 1) {
    this.#alignment = alignment;
  }

  /**
   * One entry: its header, and its data as they were given.
   *
   * @throws InputError past as many entries as are read
   */
  add(name: string, parts: readonly Uint8Array[]): Uint8Array[] {
    if (this.#written.length >= ENTRIES_LIMIT) {
      throw new InputError(
        `a zip archive of over ${ENTRIES_LIMIT} entries, which is not read again; write .safetensors`,
      );
    }
    let crc = 0;
    let size = 0;
    for (const part of parts) {
      // zlib takes nothing for a wish to begin anew.
      if (part.length > 0) crc = crc32(part, crc);
      size += part.length;
    }
    const entry = { name: new TextEncoder().encode(name), crc, size, offset: this.#offset };
    const wide = size >= MAX_32 ? wideField([size, size]) : new Uint8Array(0);
    const before = this.#offset + 30 + entry.name.length + wide.length;
    const padding = paddingField(before, this.#alignment);
    const header = joined([record(0x04034b50, entry, wide.length + padding.length), entry.name, wide, padding]);
    this.#written.push(entry);
    this.#offset += header.length + size;
    return [header, ...parts];
  }

  /**
   * The directory, which ends the archive.
   *
   * @param comment of at most 65,535 bytes
   */
  end(comment: Uint8Array = new Uint8Array(0)): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const entry of this.#written) {
      const values = [...(entry.size >= MAX_32 ? [entry.size, entry.size] : [])];
      if (entry.offset >= MAX_32) values.push(entry.offset);
      const wide = values.length > 0 ? wideField(values) : new Uint8Array(0);
      parts.push(record(0x02014b50, entry, wide.length), entry.name, wide);
    }
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const count = this.#written.length;
    if (count >= 0xffff || size >= MAX_32 || this.#offset >= MAX_32) parts.push(wideEnd(count, size, this.#offset));
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(8, Math.min(count, 0xffff), true);
    end.setUint16(10, Math.min(count, 0xffff), true);
    end.setUint32(12, Math.min(size, MAX_32), true);
    end.setUint32(16, Math.min(this.#offset, MAX_32), true);
    end.setUint16(20, comment.length, true);
    parts.push(new Uint8Array(end.buffer), comment);
    return joined(parts);
  }
}

/** A local header (30 bytes) or a directory record (46), which begin alike but for the version that made it. */
function record(signature: number, { name, crc, size, offset }: Written, extra: number): Uint8Array {
  const local = signature === 0x04034b50;
  const shift = local ? 4 : 6;
  const view = new DataView(new ArrayBuffer(local ? 30 : 46));
  const version = size >= MAX_32 || offset >= MAX_32 ? 45 : 20;
  view.setUint32(0, signature, true);
  if (!local) view.setUint16(4, version, true);
  view.setUint16(shift, version, true);
  view.setUint16(shift + 2, UTF8_NAMES, true);
  view.setUint32(shift + 6, NO_TIME, true);
  view.setUint32(shift + 10, crc, true);
  view.setUint32(shift + 14, Math.min(size, MAX_32), true);
  view.setUint32(shift + 18, Math.min(size, MAX_32), true);
  view.setUint16(shift + 22, name.length, true);
  view.setUint16(shift + 24, extra, true);
  if (!local) view.setUint32(42, Math.min(offset, MAX_32), true);
  return new Uint8Array(view.buffer);
}

/** The zip64 field: 64-bit values of those that read 0xffffffff in the record itself. */
function wideField(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 8 * values.length));
  view.setUint16(0, 1, true);
  view.setUint16(2, 8 * values.length, true);
  for (const [i, value] of values.entries()) view.setBigUint64(4 + 8 * i, BigInt(value), true);
  return new Uint8Array(view.buffer);
}

/** A field that moves what follows it to a multiple; a field has at least 4 bytes. */
function paddingField(at: number, alignment: number): Uint8Array {
  if (at % alignment === 0) return new Uint8Array(0);
  const length = 4 + ((alignment - ((at + 4) % alignment)) % alignment);
  const field = new Uint8Array(length).fill(0x5a, 4);
  const view = new DataView(field.buffer);
  view.setUint16(0, PADDING_FIELD, true);
  view.setUint16(2, length - 4, true);
  return field;
}

/** The zip64 end of the directory and its locator. */
function wideEnd(count: number, size: number, offset: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(56 + 20));
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, 44n, true);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(size), true);
  view.setBigUint64(48, BigInt(offset), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(offset + size), true);
  view.setUint32(72, 1, true);
  return new Uint8Array(view.buffer);
}

/** Pieces as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
