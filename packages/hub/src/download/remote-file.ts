// What is known of a file before it is here, and what is found once it is.
import type { Checksum, Entry, FileSize } from "../registry/entry.js";

/** A file to fetch: its address, and what its bytes must be as far as that is known. */
export type RemoteFile = Pick<Entry, "url" | "size" | "checksum">;

/** What a file's bytes are. */
export interface Found {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Hex, where the checksum expected is one. */
  readonly md5: string | undefined;
}

/** The most bytes of a file whose size is not published: 8 GiB, twice the largest of the registry. */
const MOST = 8 * 2 ** 30;

export const mostBytes = (size: FileSize | undefined) => (size === undefined ? MOST : size.bytes + size.within);

export const fewestBytes = (size: FileSize | undefined) => (size === undefined ? 1 : size.bytes - size.within);

/** What is wrong with a file's bytes, in words: expected and seen; undefined where they are what they must be. */
export function mismatch(found: Found, { size, checksum }: RemoteFile): string | undefined {
  if (found.bytes > mostBytes(size) || found.bytes < fewestBytes(size)) {
    return `expected ${describeSize(size)}, seen ${found.bytes}`;
  }
  if (checksum === undefined) {
    return undefined;
  }
  const seen = digest(found, checksum);
  return seen.startsWith(checksum.digits)
    ? undefined
    : `expected ${checksum.algorithm} ${checksum.digits}${seen.length > checksum.digits.length ? "…" : ""}, seen ${seen}`;
}

export function describeSize(size: FileSize | undefined): string {
  if (size === undefined) return "at least one byte";
  return size.within === 0 ? `${size.bytes} bytes` : `${size.bytes} bytes (within ${size.within})`;
}

function digest({ sha256, md5 }: Found, { algorithm }: Checksum): string {
  return algorithm === "sha256" ? sha256 : md5!;
}
