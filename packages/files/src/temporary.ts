// The names of files that are being written: known by sight, so that what a killed writer left can be cleared.
import { createHash, randomBytes } from "node:crypto";
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LOCK_NAME } from "./lock-name.js";

const NAME = /^\.er-[0-9a-f]{8}-[0-9a-f]{12}\.tmp$/;

/** The same for every temporary file of one name. */
const beginningFor = (path: string) => `.er-${createHash("sha256").update(basename(path)).digest("hex").slice(0, 8)}-`;

/** A new name beside a file; short, so that it fits wherever the file's own does. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `${beginningFor(path)}${randomBytes(6).toString("hex")}.tmp`);
}

/** Whether a name, without its directory, is one of these. */
export function isTemporary(name: string): boolean {
  return NAME.test(name);
}

/**
 * Removes what killed writers left in a directory and below it. Only for who holds the directory's lock, and what is below must be
 * its own: a directory with a lock of its own is left alone, and symbolic links are not followed.
 *
 * @returns how many files were removed
 */
export async function clearTemporaries(directory: string): Promise<number> {
  let removed = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      const locked = (await readdir(path)).includes(LOCK_NAME);
      removed += locked ? 0 : await clearTemporaries(path);
    } else if (isTemporary(entry.name)) {
      removed += await removeFile(path);
    }
  }
  return removed;
}

/** Removes what killed writers of one file left beside it. Only for who holds the lock that the file is written under. */
export async function clearTemporariesOf(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    if (isTemporary(name) && name.startsWith(beginningFor(path))) await removeFile(join(directory, name));
  }
}

async function removeFile(path: string): Promise<number> {
  if (!(await lstat(path)).isFile()) return 0;
  await rm(path, { force: true });
  return 1;
}
