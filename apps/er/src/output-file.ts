// Files that options ask for: what would fail only once everything is computed is told before it begins.
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { InputError } from "@er/engine";

/**
 * @param files by option; those that are not given are passed over
 * @throws InputError for two options that name one file, for a directory, and for a folder that is not there
 */
export async function refuseUnwritable(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  const taken = new Map<string, string>();
  for (const [option, file] of Object.entries(files)) {
    if (file === undefined) continue;
    const path = resolve(file);
    const other = taken.get(path);
    if (other !== undefined) {
      throw new InputError(`${option} ${file}: the file that ${other} names; give each its own`);
    }
    taken.set(path, option);
    if (await isDirectory(path)) {
      throw new InputError(`${option} ${file}: a directory; expected the name of a file`);
    }
    if (!(await isDirectory(dirname(path)))) {
      throw new InputError(`${option} ${file}: the folder ${dirname(path)} is not there; make it first`);
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
