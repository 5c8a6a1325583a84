// Opening what is to be a file: a pipe would be waited for, and a device read without an end.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { InputError } from "@er/errors";

/**
 * Opens a file to read it.
 *
 * @throws InputError for a pipe, a device, a socket; what the system says as it is
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await file.stat();
    if (found.isFile() || found.isDirectory()) return file;
    throw new InputError(`${path}: no regular file (a pipe or a device); put a file in its place`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a file whole.
 *
 * @throws as {@link openRegular}
 */
export async function readRegular(path: string): Promise<Uint8Array> {
  const file = await openRegular(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}
