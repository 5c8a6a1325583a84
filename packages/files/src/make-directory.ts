// A directory that outlives a power cut.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileFailure } from "./file-failure.js";
import { syncDirectory } from "./sync-directory.js";

/**
 * Makes a directory with those above it.
 *
 * @returns the first that had to be made; undefined where all were there
 * @throws InputError or FileError where it cannot be made
 */
export async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    const made = await mkdir(path, { recursive: true });
    if (made !== undefined) await syncDirectory(dirname(made));
    return made;
  } catch (cause) {
    throw fileFailure(path, "made", cause);
  }
}
