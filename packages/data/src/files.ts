// Reading files a user named: what is missing is said in one line.
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { fileFailure } from "@er/files";
import { InputError } from "@er/formats";

/**
 * A file's bytes.
 *
 * @throws InputError where it cannot be read, or has 2 GiB or more
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_FS_FILE_TOO_LARGE") {
      throw new InputError(`${path}: over 2 GiB, more than is read at once; expected a smaller file`, { cause });
    }
    throw fileFailure(path, "read", cause);
  }
}

/** @throws InputError where there is nothing at the path, or it may not be looked at */
export async function statInput(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    throw fileFailure(path, "read", cause);
  }
}
