// Metadata in archives, which neither torch nor NumPy asks for. Of .npz it is the zip archive's comment, since an entry would be one
// more array; of torch's it is the extra file of `torch.jit.save(_extra_files)`, which torch.load passes over, since torch's reader
// gives up on long comments.

import { z } from "zod";
import { InputError } from "./errors.js";

/** What a comment begins with that is ours. */
const MARK = "metadata ";
/** Bytes of a comment (APPNOTE 4.4.12). */
const LIMIT = 0xffff;

/** Of torch's archives, beside data.pkl. */
export const EXTRA_METADATA = "extra/er.metadata.json";

const Metadata = z.record(z.string(), z.string());

/** As JSON of ASCII alone, since archives say nothing of a comment's encoding; undefined where there is nothing to keep. */
export function metadataJson({ format: _, ...metadata }: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(metadata).sort();
  if (keys.length === 0) return undefined;
  const json = JSON.stringify(Object.fromEntries(keys.map((key) => [key, metadata[key]])));
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * The comment that keeps metadata.
 *
 * @returns no bytes where there is nothing to keep; undefined where it is too long for an archive
 */
export function commentOf(metadata: Readonly<Record<string, string>>): Uint8Array | undefined {
  const json = metadataJson(metadata);
  const bytes = new TextEncoder().encode(json === undefined ? "" : MARK + json);
  return bytes.length > LIMIT ? undefined : bytes;
}

/** @throws InputError for a comment that begins as ours and goes on otherwise */
export function metadataOfComment(comment: string, what: string): Record<string, string> {
  return comment.startsWith(MARK) ? parseMetadata(comment.slice(MARK.length), what) : {};
}

/** @throws InputError where the text is no object of texts */
export function parseMetadata(json: string, what: string): Record<string, string> {
  try {
    return Metadata.parse(JSON.parse(json));
  } catch (cause) {
    throw new InputError(`${what}: the archive's metadata are broken; write the file anew`, { cause });
  }
}
