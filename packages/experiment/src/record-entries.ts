// What is in a record's directory beside what its inventory lists.
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@er/errors";
import { fileFailure, isLock, isTemporary } from "@er/files";
import { INVENTORY } from "./inventory.js";
import { RunRecord } from "./record.js";

/**
 * Every file below a directory but for locks and temporary files, with "/" between the parts; an empty directory as `name/`.
 * Symbolic links are not followed.
 *
 * @returns nothing for a directory that is not there
 * @throws InputError where it is a file
 */
export async function entriesOf(directory: string): Promise<string[]> {
  let found: string[];
  try {
    found = await readdir(directory);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") {
      throw new InputError(`${directory}: a file; give a new or an empty directory`, { cause });
    }
    throw fileFailure(directory, "read", cause);
  }
  const entries: string[] = [];
  for (const name of found.sort()) {
    if (isLock(name) || isTemporary(name)) continue;
    if (!(await lstat(join(directory, name))).isDirectory()) {
      entries.push(name);
      continue;
    }
    const below = await entriesOf(join(directory, name));
    entries.push(...(below.length === 0 ? [`${name}/`] : below.map((entry) => `${name}/${entry}`)));
  }
  return entries;
}

/**
 * Files in a record's directory that its inventory does not list, empty directories not counted; of a directory without one, all entries.
 *
 * @throws InputError where an inventory is damaged
 */
export async function unlistedIn(directory: string): Promise<string[]> {
  const inventory = await new RunRecord(directory).inventory();
  const entries = await entriesOf(directory);
  if (inventory === undefined) return entries;
  const unlisted: string[] = [];
  const within = [...inventory.records];
  for (const entry of entries) {
    if (entry === INVENTORY || inventory.files.has(entry) || inventory.logs.has(entry)) continue;
    // Left where a writer was stopped between making a directory and the file in it, or anybody's: it holds nothing, and it stays.
    if (entry.endsWith("/")) continue;
    if (!within.some((each) => entry.startsWith(`${each}/`))) unlisted.push(entry);
  }
  for (const each of within) {
    unlisted.push(...(await unlistedIn(join(directory, each))).map((entry) => `${each}/${entry}`));
  }
  return unlisted;
}
