// A file held to what its record says was written.
import { InputError } from "@er/errors";
import { fileSha256, type Written } from "@er/files";

/**
 * What is wrong with a file.
 *
 * @param written what was written last, and before that: the newest line may tell of a file that did not take its place
 * @returns in words; undefined where it is whole
 */
export async function flawOf(path: string, written: readonly Written[]): Promise<string | undefined> {
  try {
    const found = await fileSha256(path);
    if (written.some((each) => each.sha256 === found.sha256)) return undefined;
    const expected = written.at(-1)!;
    return found.bytes === expected.bytes
      ? `other bytes than were written (SHA-256 ${found.sha256}, expected ${expected.sha256})`
      : `${found.bytes} bytes, ${expected.bytes} were written`;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT" ? "missing" : error.message;
  }
}
