// Reading files a user named: what is missing is said in one line.
import { readFile, stat } from "node:fs/promises";
import { InputError } from "@er/formats";

/** A file's bytes. Throws an InputError where it cannot be read. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InputError(`${path}: cannot be read (${(cause as NodeJS.ErrnoException).code}); check the path`, {
      cause,
    });
  }
}

export async function statInput(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw new InputError(`${path}: not found; check the path`, { cause });
  }
}
