// Bytes that are read where they lie, piece by piece: of a file, of memory, or a part of either. No reader of weights
// holds more of a file than the piece it asks for.

import { type FileHandle, open } from "node:fs/promises";
import { InputError } from "./errors.js";

export interface ByteSource {
  /** bytes in all */
  readonly size: number;
  /**
   * The bytes `offset` to `offset + length`, which must lie inside; the caller's own, to keep and to change.
   *
   * @throws InputError where the file has become shorter than it was
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A file that is read piece by piece; close it when done. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/** Bytes in memory; pieces are copies. */
export function memorySource(bytes: Uint8Array): ByteSource {
  // Not slice(), which of a Buffer is a view.
  return {
    size: bytes.length,
    read: async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
  };
}

/** The part of a source that begins at `start` and has `size` bytes, which must lie inside. */
export function partOf(source: ByteSource, start: number, size: number): ByteSource {
  return { size, read: (offset, length) => source.read(start + offset, length) };
}

/**
 * Opens a file for reading in pieces.
 *
 * @throws InputError where it cannot be read
 */
export async function openFile(path: string): Promise<FileSource> {
  let handle: FileHandle;
  let size: number;
  try {
    handle = await open(path, "r");
    const stats = await handle.stat();
    size = stats.size;
    if (!stats.isFile()) {
      await handle.close();
      throw new InputError(`${path}: not a regular file; expected a file`);
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new InputError(`${path}: cannot be read (${code}); check the path`, { cause });
  }
  return { size, read: (offset, length) => readFully(handle, path, offset, length), close: () => handle.close() };
}

/** One call of the system reads at most 2^31 - 1 bytes. */
const ONE_READ = 1 << 30;

async function readFully(handle: FileHandle, path: string, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(ONE_READ, length - done), offset + done);
    if (bytesRead === 0) throw new InputError(`${path}: became shorter while it was read`);
    done += bytesRead;
  }
  return bytes;
}
