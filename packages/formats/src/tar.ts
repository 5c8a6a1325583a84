// A tar archive, plain or gzipped, whose files are read where they lie. Nothing is written anywhere and nothing is kept: of a
// plain one any file is read at any time, a gzipped one is unpacked anew from its beginning as often as it is gone through.

import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type ByteSource, openFile } from "./byte-source.js";
import { InputError } from "./errors.js";
import { isTarHeader, type TarEntry, type TarSource, tarEntries, tarSource } from "./tar-index.js";

/** Gzip holds no more than about a thousand bytes in one; archives of images hold hardly more than they unpack to. */
const UNPACKED_LIMIT = 100;
/** … with this much granted to small ones. */
const UNPACKED_GRANT = 1 << 30;

/** Bytes of a file read at once. */
const PIECE = 1 << 20;

const HEADER = 512;

export interface TarArchive {
  /**
   * What it holds, in its order.
   *
   * @throws InputError where the archive is cut short, is no tar, or unpacks to far more than it is
   */
  entries(): AsyncGenerator<TarEntry>;
  /** Reads entries: gzipped, at places that rise; plain, in any order. Close it when done. */
  contents(): TarContents;
  /** Whether entries are read in the archive's order alone. */
  readonly inOrder: boolean;
  close(): Promise<void>;
}

export interface TarContents {
  /** @throws InputError where the archive ends before */
  read(entry: Pick<TarEntry, "offset" | "size">): Promise<Uint8Array>;
  close(): void;
}

/**
 * Opens a .tar or .tar.gz, known by its content.
 *
 * @returns undefined where it is neither
 * @throws InputError where it cannot be read
 */
export async function openTar(path: string): Promise<TarArchive | undefined> {
  const source = await openFile(path);
  const head = await source.read(0, Math.min(HEADER, source.size));
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  // One that is cut in its first header is an archive by its name alone.
  if (!gzip && !isTarHeader(head) && !/\.tar$/i.test(path)) {
    await source.close();
    return undefined;
  }
  const begin = () => (gzip ? new Gunzipped(source, path) : plain(source));
  return {
    inOrder: gzip,
    async *entries() {
      const from = begin();
      try {
        yield* tarEntries(from, path);
      } finally {
        from.close();
      }
    },
    contents: () => {
      const from = begin();
      return {
        close: () => from.close(),
        async read({ offset, size }) {
          const bytes = await from.read(offset, size);
          if (bytes.length < size) throw new InputError(`${path}: the archive is truncated; fetch it again`);
          return bytes;
        },
      };
    },
    close: () => source.close(),
  };
}

function plain(source: ByteSource): TarSource & { close(): void } {
  return { ...tarSource(source), close: () => undefined };
}

/** The bytes that a gzip file unpacks to, read forwards. */
class Gunzipped implements TarSource {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #what: string;
  readonly #limit: number;
  /** The piece at hand, and where it lies. */
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(source: ByteSource, what: string) {
    const gunzip = createGunzip({ chunkSize: PIECE });
    const packed = Readable.from(piecesOf(source));
    // The error is met where the unpacked bytes are asked for.
    packed.on("error", (error) => gunzip.destroy(error));
    this.#stream = packed.pipe(gunzip);
    this.#chunks = this.#stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#what = what;
    this.#limit = source.size * UNPACKED_LIMIT + UNPACKED_GRANT;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#at) throw new Error(`byte ${offset} is asked for after byte ${this.#at}`);
    const parts: Uint8Array[] = [];
    let have = 0;
    while (have < length) {
      const from = offset + have - this.#at;
      if (from < this.#piece.length) {
        const part = this.#piece.subarray(from, from + length - have);
        parts.push(part);
        have += part.length;
        continue;
      }
      const next = await this.#next();
      if (next === undefined) break;
      this.#at += this.#piece.length;
      this.#piece = next;
      if (this.#at + next.length > this.#limit) {
        throw new InputError(`${this.#what}: unpacks to over ${this.#limit} bytes; refused as a gzip bomb`);
      }
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#chunks.next();
      return done ? undefined : value;
    } catch (error) {
      const zlib = error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
      if (!zlib) throw error;
      throw new InputError(`${this.#what}: the archive is truncated or broken (${error.message}); fetch it again`);
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}

async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += PIECE) yield source.read(at, Math.min(PIECE, source.size - at));
}
