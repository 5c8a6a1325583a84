// Files to fetch, and folders to fetch them into.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Bytes that repeat nowhere nearby, so that a part in the wrong place is seen. */
export function bytes(n: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: n }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

export const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

const folders: string[] = [];

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "er-hub-"));
  folders.push(path);
  return path;
}

/** Call once in a file of tests that calls {@link folder}. */
export function removeFolders(): void {
  afterAll(() => {
    for (const path of folders) rmSync(path, { recursive: true, force: true });
  });
}
