// A zip archive (zip64 too) whose entries are read where they lie, within bounds: entries may not overlap, have the same
// name, or unpack to far more than weights ever do. yauzl reads the directory; what is not weights' business is refused.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { type ByteSource, partOf } from "./byte-source.js";
import { InputError } from "./errors.js";

/** Entries may unpack to this many times the archive … */
const UNPACKED_LIMIT = 64;
/** … with this much granted to small archives. */
const UNPACKED_GRANT = 1 << 26;

/** Entries of one archive, each of which takes about a kilobyte here; the largest models have some thousands of tensors. */
export const ENTRIES_LIMIT = 100_000;

/** No deflate stream takes this much more than what it unpacks to, at its beginning (RFC 1951: blocks of 64 KiB). */
const DEFLATE_SLACK = 1 << 16;

/** An entry larger than this is unpacked piece by piece into its place, so that it is held once and may pass 4 GiB packed. */
const AT_ONCE = 1 << 26;

/** Bytes of a piece. */
const PIECE = 1 << 22;

const STORED = 0;
const DEFLATED = 8;

/** One file of an archive. Nothing of it is read before it is asked for. */
export interface ZipEntry {
  readonly name: string;
  /** bytes unpacked */
  readonly size: number;
  readonly deflated: boolean;
  /** All its bytes. @throws InputError where they cannot be unpacked, or are not as many as the directory says */
  bytes(): Promise<Uint8Array>;
  /** Whether these bytes have the checksum of the directory. torch can be told to write none that is true. */
  matches(bytes: Uint8Array): boolean;
  /** At least its first `length` bytes, or all where it has fewer; no checksum is compared. */
  head(length: number): Promise<Uint8Array>;
  /** Its bytes where they lie; only a stored entry has them. */
  stored(): Promise<ByteSource>;
}

export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly comment: string;
}

/**
 * The files of a zip archive by name, in the directory's order, and its comment.
 *
 * @throws InputError where the archive is cut short, broken, encrypted, names two entries alike, or unpacks to more than
 *   64 times its size and 64 MiB
 */
export async function openZip(source: ByteSource, what: string): Promise<ZipArchive> {
  const { zip, found } = await directory(source, what);
  let unpacked = 0;
  const entries = new Map<string, ZipEntry>();
  for (const entry of found) {
    const { fileName: name, compressionMethod: method } = entry;
    const where = `${what}: entry ${JSON.stringify(name)} of the zip archive`;
    if (name.endsWith("/")) continue;
    if (entry.isEncrypted()) throw new InputError(`${where} is encrypted; unpack it with its password first`);
    if (method !== STORED && method !== DEFLATED) {
      throw new InputError(`${where} is packed by method ${method}; expected stored (0) or deflated (8)`);
    }
    if (entries.has(name)) throw new InputError(`${where} is there twice; expected names that differ`);
    unpacked += entry.uncompressedSize;
    if (unpacked > source.size * UNPACKED_LIMIT + UNPACKED_GRANT) {
      throw new InputError(
        `${where} brings it to ${unpacked} bytes unpacked, in a file of ${source.size}; refused as a zip bomb`,
      );
    }
    entries.set(name, new Packed(zip, source, entry, where));
  }
  checkPlaces(found, source, what);
  return { entries, comment: String(zip.comment) };
}

async function directory(source: ByteSource, what: string): Promise<{ zip: ZipFile; found: Entry[] }> {
  const found: Entry[] = [];
  try {
    const zip = await fromRandomAccessReaderPromise(new Reader(source), source.size, {
      lazyEntries: true,
      autoClose: false,
    });
    if (zip.entryCount > ENTRIES_LIMIT) {
      throw new InputError(`${what}: a zip archive of ${zip.entryCount} entries; expected at most ${ENTRIES_LIMIT}`);
    }
    for await (const entry of zip.eachEntry()) found.push(entry);
    return { zip, found };
  } catch (error) {
    throw broken(error, what);
  }
}

/** Entries that share bytes would let a small file unpack without end. */
function checkPlaces(found: readonly Entry[], source: ByteSource, what: string): void {
  const LOCAL_HEADER = 30;
  const sorted = [...found].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  for (const [i, entry] of sorted.entries()) {
    const end = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER + entry.compressedSize;
    const limit = sorted[i + 1]?.relativeOffsetOfLocalHeader ?? source.size;
    if (end > limit) {
      throw new InputError(
        `${what}: broken zip archive (entry ${JSON.stringify(entry.fileName)} reaches past byte ${limit}); is the file truncated?`,
      );
    }
  }
}

function broken(error: unknown, what: string): unknown {
  if (error instanceof InputError || !(error instanceof Error)) return error;
  if (error.message.includes("encryption")) {
    return new InputError(`${what}: an encrypted zip archive; unpack it with its password first`);
  }
  return new InputError(`${what}: broken zip archive (${error.message}); is the file truncated?`);
}

/** yauzl's way to read, over ours. */
class Reader extends RandomAccessReader {
  constructor(readonly source: ByteSource) {
    super();
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void) {
    if (!(position >= 0 && position + length <= this.source.size)) {
      done(new Error(`nothing at byte ${position}`));
      return;
    }
    this.source.read(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset);
        done(null);
      },
      (error: Error) => done(error),
    );
  }
}

class Packed implements ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly deflated: boolean;
  #place: Promise<ByteSource> | undefined;

  constructor(
    readonly zip: ZipFile,
    readonly source: ByteSource,
    readonly entry: Entry,
    readonly where: string,
  ) {
    this.name = entry.fileName;
    this.size = entry.uncompressedSize;
    this.deflated = entry.compressionMethod === DEFLATED;
  }

  /** The bytes as they lie in the archive; the local header before them has to be asked where they begin. */
  #packed(): Promise<ByteSource> {
    this.#place ??= this.zip.readLocalFileHeaderPromise(this.entry, { minimal: true }).then(
      ({ fileDataStart }) => partOf(this.source, fileDataStart, this.entry.compressedSize),
      (error: unknown) => {
        throw broken(error, this.where);
      },
    );
    return this.#place;
  }

  stored(): Promise<ByteSource> {
    if (this.deflated) throw new Error(`${this.where} is deflated and does not lie in the file`);
    return this.#packed();
  }

  async bytes(): Promise<Uint8Array> {
    const place = await this.#packed();
    const bytes = !this.deflated
      ? await place.read(0, place.size)
      : this.size > AT_ONCE
        ? await this.#inflatedInPieces(place)
        : this.#inflated(await place.read(0, place.size));
    if (bytes.length !== this.size) {
      throw new InputError(`${this.where} has ${bytes.length} bytes; expected ${this.size}; fetch the file again`);
    }
    return bytes;
  }

  matches(bytes: Uint8Array): boolean {
    return crc32(bytes) === this.entry.crc32;
  }

  #inflated(packed: Uint8Array): Uint8Array {
    try {
      return inflateRawSync(packed, { maxOutputLength: Math.max(1, this.size) });
    } catch (error) {
      throw this.#notUnpacked(error);
    }
  }

  async #inflatedInPieces(place: ByteSource): Promise<Uint8Array> {
    const out = new Uint8Array(this.size);
    let have = 0;
    try {
      await pipeline(Readable.from(piecesOf(place)), createInflateRaw({ chunkSize: PIECE }), async (parts) => {
        for await (const part of parts as AsyncIterable<Uint8Array>) {
          if (have + part.length > this.size) throw new Error("it goes on after them");
          out.set(part, have);
          have += part.length;
        }
      });
    } catch (error) {
      throw this.#notUnpacked(error);
    }
    return out.subarray(0, have);
  }

  #notUnpacked(error: unknown): unknown {
    if (error instanceof InputError) return error;
    const why = error instanceof Error ? error.message : String(error);
    return new InputError(`${this.where} cannot be unpacked to its ${this.size} bytes (${why})`);
  }

  async head(length: number): Promise<Uint8Array> {
    const place = await this.#packed();
    if (!this.deflated) return place.read(0, Math.min(length, place.size));
    const packed = await place.read(0, Math.min(length + DEFLATE_SLACK, place.size));
    const parts: Uint8Array[] = [];
    let have = 0;
    // The packed bytes may end anywhere; what they give so far is enough.
    const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
    inflate.end(packed);
    try {
      for await (const part of inflate) {
        parts.push(part as Uint8Array);
        have += (part as Uint8Array).length;
        if (have >= length) break;
      }
    } catch (error) {
      throw new InputError(`${this.where} cannot be unpacked (${error instanceof Error ? error.message : error})`);
    }
    return Buffer.concat(parts);
  }
}

async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += PIECE) yield source.read(at, Math.min(PIECE, source.size - at));
}
