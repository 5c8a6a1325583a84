// Adding to the end of a log.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { fileFailure } from "./file-failure.js";

export interface AppendOptions {
  /** Whether it is on the disk when this returns. Otherwise what was added last may be missing or cut where the machine stops. */
  readonly sync?: boolean;
}

/**
 * Adds to the end of a file, which is made where there is none. Where not all of it could be written, none of it stays.
 *
 * @param path a symbolic link is refused, never written through
 * @throws InputError where the path cannot be written, FileError where the disk is full or fails
 */
export async function appendFile(
  path: string,
  contents: string | Uint8Array,
  { sync = false }: AppendOptions = {},
): Promise<void> {
  const bytes = Buffer.from(contents);
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW);
    try {
      await appendWhole(file, bytes);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileFailure(path, "written", cause);
  }
}

async function appendWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const { size } = await file.stat();
  try {
    for (let at = 0; at < bytes.length; ) {
      at += (await file.write(bytes.subarray(at))).bytesWritten;
    }
  } catch (error) {
    await file.truncate(size);
    throw error;
  }
}
