// A tar archive, plain or gzipped, as a stream of its files. Nothing is written anywhere; links and folders are skipped.

import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { InputError } from "./errors.js";

/** One regular file of an archive. */
export interface TarFile {
  /** path in the archive, `/` between its parts, without a leading `./` */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** tar counts in blocks; an archive ends in at least one block of zeros. */
const BLOCK = 512;

/** A file larger than this is no image; what a few bytes of gzip can claim is without limit otherwise. */
const FILE_LIMIT = 1 << 30;

/**
 * The regular files of a .tar or .tar.gz, in the archive's order. Gzip is recognised by its first two bytes.
 *
 * @param chunks the archive's bytes, in pieces of any size
 * @param what how messages name the archive
 * @throws InputError where the archive is cut short, is no tar, or holds a file over 1 GiB
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>, what = "tar"): AsyncGenerator<TarFile> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const gzip = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b;
  const source = Readable.from(rejoin(first, iterator), { objectMode: false });
  const tail = new Tail();
  const files = extract();
  const flow = gzip ? pipeline(source, createGunzip(), tail, files) : pipeline(source, tail, files);
  // The loop below meets the same failure through `files`; this keeps it from being reported as unhandled in between.
  const finished = flow.then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    for await (const entry of files) {
      const { name, type, size } = entry.header;
      if (type !== "file" && type !== "contiguous-file") {
        entry.resume();
        continue;
      }
      if (size !== undefined && size > FILE_LIMIT) {
        throw new InputError(`${what}: ${name} has ${size} bytes; expected at most ${FILE_LIMIT}`);
      }
      const parts: Uint8Array[] = [];
      for await (const part of entry) parts.push(part as Uint8Array);
      yield { name: name.replace(/^(\.?\/)+/, ""), bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts) };
    }
  } catch (error) {
    throw asInputError(error, what);
  } finally {
    files.destroy();
  }
  const failure = await finished;
  if (failure !== undefined) throw asInputError(failure, what);
  if (!tail.endsInZeros()) {
    throw new InputError(`${what}: the archive is truncated or no tar: it does not end in a block of zeros`);
  }
}

async function* rejoin(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** Passes bytes on and counts the zeros at their end, without which a cut between two files would go unseen. */
class Tail extends Transform {
  #zeros = 0;

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: (error: null, chunk: Uint8Array) => void) {
    let zeros = 0;
    while (zeros < chunk.length && zeros < BLOCK && chunk[chunk.length - 1 - zeros] === 0) zeros++;
    this.#zeros = zeros === chunk.length ? this.#zeros + zeros : zeros;
    done(null, chunk);
  }

  endsInZeros(): boolean {
    return this.#zeros >= BLOCK;
  }
}

function asInputError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof InputError) return error;
  const code = "code" in error ? String(error.code) : "";
  const ours = code.startsWith("Z_") || /unexpected end|invalid tar header|premature|closed/i.test(error.message);
  if (!ours) return error;
  return new InputError(`${what}: the archive is truncated or broken (${error.message}); fetch it again`);
}
