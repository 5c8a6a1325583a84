// Reading files a user named: what is missing is said in one line.
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { InputError } from "@er/formats";

/**
 * A file's bytes.
 *
 * @throws InputError where it cannot be read
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new InputError(`${path}: cannot be read (${reason(cause)}); check the path`, { cause });
  }
}

/** @throws InputError where there is nothing at the path, or it may not be looked at */
export async function statInput(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    const code = reason(cause);
    throw new InputError(`${path}: ${code === "ENOENT" ? "not found" : code}; check the path`, { cause });
  }
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause ? String(cause.code) : cause.message;
}
