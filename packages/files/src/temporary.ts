// The names of files that are being written: known by sight, so that what a killed writer left can be cleared.
import { randomBytes } from "node:crypto";
import { lstat, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const NAME = /^\.er-[0-9a-f]{16}\.tmp$/;

/** A new name beside a file; short, so that it fits wherever the file's own does. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.er-${randomBytes(8).toString("hex")}.tmp`);
}

/** Whether a name, without its directory, is one of these. */
export function isTemporary(name: string): boolean {
  return NAME.test(name);
}

/**
 * Removes what killed writers left in a directory and below it. Only for who holds the directory's lock. Symbolic links are not
 * followed.
 *
 * @returns how many files were removed
 */
export async function clearTemporaries(directory: string): Promise<number> {
  let removed = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      removed += await clearTemporaries(path);
    } else if (isTemporary(entry.name) && (await lstat(path)).isFile()) {
      await rm(path, { force: true });
      removed += 1;
    }
  }
  return removed;
}
