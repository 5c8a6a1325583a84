// A zip archive in memory, within bounds: what the entries say they unpack to may not be more than deflate could ever have
// packed into so many bytes, so overlapping entries and lies about sizes are refused before anything is unpacked.

import { unzipSync } from "fflate";
import { InputError } from "./errors.js";

/** No deflate stream grows by more than this factor: 258 bytes from two bits (RFC 1951), as zlib's notes work out. */
const DEFLATE_LIMIT = 1032;

/** Whether the bytes begin as a zip archive does (a local file header, or the end record of an empty one). */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * All entries of a zip archive, stored or deflated, by name.
 *
 * @throws InputError where the archive is cut short, broken, or unpacks to more than its size allows
 */
export function readZip(bytes: Uint8Array, what: string): Map<string, Uint8Array> {
  const refuse = (why: string) => new InputError(`${what}: broken zip archive (${why}); is the file truncated?`);
  let stored = 0;
  let unpacked = 0;
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        stored += size;
        unpacked += originalSize;
        if (stored > bytes.length || unpacked > bytes.length * DEFLATE_LIMIT) {
          throw refuse(`entry ${JSON.stringify(name)} overlaps others or claims ${originalSize} bytes`);
        }
        if (compression === 0 && size !== originalSize) {
          throw refuse(`entry ${JSON.stringify(name)} is stored in ${size} bytes and claims ${originalSize}`);
        }
        return !name.endsWith("/");
      },
    });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  return new Map(Object.entries(entries));
}
