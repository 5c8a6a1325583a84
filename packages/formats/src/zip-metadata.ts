// Metadata in zip archives, which torch and NumPy have no place for: the archive's comment, which both pass over. An entry of its
// own would be one more array to NumPy.

import { z } from "zod";
import { InputError } from "./errors.js";

/** What a comment begins with that is ours. */
const MARK = "metadata ";
/** Bytes of a comment (APPNOTE 4.4.12). */
const LIMIT = 0xffff;

const Metadata = z.record(z.string(), z.string());

/**
 * The comment that keeps metadata; ASCII alone, since archives say nothing of a comment's encoding.
 *
 * @returns no bytes where there is nothing to keep; undefined where it is too long for an archive
 */
export function commentOf({ format: _, ...metadata }: Readonly<Record<string, string>>): Uint8Array | undefined {
  const keys = Object.keys(metadata).sort();
  if (keys.length === 0) return new Uint8Array(0);
  const json = JSON.stringify(Object.fromEntries(keys.map((key) => [key, metadata[key]])));
  const ascii = json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const bytes = new TextEncoder().encode(MARK + ascii);
  return bytes.length > LIMIT ? undefined : bytes;
}

/** @throws InputError for a comment that begins as ours and goes on otherwise */
export function metadataOfComment(comment: string, what: string): Record<string, string> {
  if (!comment.startsWith(MARK)) return {};
  try {
    return Metadata.parse(JSON.parse(comment.slice(MARK.length)));
  } catch (cause) {
    throw new InputError(`${what}: the metadata in the archive's comment are broken; write the file anew`, { cause });
  }
}
