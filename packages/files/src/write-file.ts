// The one way in which a file is written: beside it under a temporary name, every byte counted, synced, then put into its place
// and the directory synced. At any moment the path holds the whole old file or the whole new one.
import { createHash } from "node:crypto";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "@er/errors";
import { fileFailure } from "./file-failure.js";
import { syncDirectory } from "./sync-directory.js";
import { temporaryBeside } from "./temporary.js";

/** A file's contents: text as UTF-8, bytes, or pieces of bytes one after another, for what is too large to hold. */
export type Contents = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What was written. */
export interface Written {
  readonly bytes: number;
  /** in hexadecimal */
  readonly sha256: string;
}

export interface WriteOptions {
  /** Awaited when all is on the disk and before it takes the place of what was there; what it throws leaves that as it is. */
  readonly beforeReplacing?: (written: Written) => Promise<void>;
}

/** Bytes handed to the system at once: Linux takes no more than 2 GiB, and what is to be stopped should stop soon. */
const PIECE = 1 << 26;

/**
 * Writes a file whole or not at all; what was there before stays until then.
 *
 * @param path in a directory that is there; a symbolic link, a directory, a device is refused, never written through
 * @throws InputError where the path cannot be written, FileError where the disk is full or fails; both say where and what to do
 */
export async function writeFile(path: string, contents: Contents, options: WriteOptions = {}): Promise<Written> {
  const mode = await modeOf(path);
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, "wx", mode ?? 0o666);
    let written: Written;
    try {
      // The mode asked for is cut by the umask; a file that is replaced keeps its own.
      if (mode !== undefined) await file.chmod(mode);
      written = await writePieces(file, piecesOf(contents));
      await file.sync();
    } finally {
      await file.close();
    }
    await options.beforeReplacing?.(written);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return written;
  } catch (cause) {
    // The disk may be gone; the first error is the one to tell.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileFailure(path, "written", cause);
  }
}

/** The mode of the file that is replaced; undefined where there is none. */
async function modeOf(path: string): Promise<number | undefined> {
  let found: Awaited<ReturnType<typeof lstat>>;
  try {
    found = await lstat(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileFailure(path, "written", cause);
  }
  if (found.isFile()) return found.mode & 0o7777;
  const what = found.isSymbolicLink() ? "a symbolic link" : found.isDirectory() ? "a directory" : "no regular file";
  throw new InputError(`${path}: ${what}, which is not written to; give another path`);
}

function piecesOf(contents: Contents): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof contents === "string") return [Buffer.from(contents)];
  return contents instanceof Uint8Array ? [contents] : contents;
}

async function writePieces(
  file: FileHandle,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Written> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + PIECE);
      const { bytesWritten } = await file.write(part);
      hash.update(part.subarray(0, bytesWritten));
      at += bytesWritten;
      bytes += bytesWritten;
    }
  }
  return { bytes, sha256: hash.digest("hex") };
}
