// What tells whether files have changed, without reading them.
import { stat } from "node:fs/promises";

/** A text that is another whenever one of the files is; files that are not there, or cannot be looked at, count too. */
export async function recordStamp(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map(stampOf))).join("\n");
}

async function stampOf(path: string): Promise<string> {
  try {
    // The inode too: what is written anew within one tick of the clock, and as long as before, has another.
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return `- ${(error as NodeJS.ErrnoException).code}`;
  }
}
