// Checksums of what is in memory and of files of any size.
import { createHash } from "node:crypto";
import { fileFailure } from "./file-failure.js";
import { openRegular } from "./open-regular.js";

/** Bytes read at once. */
const PIECE = 1 << 24;

/** The SHA-256 of bytes, or of text as UTF-8, in hexadecimal. */
export function sha256(contents: string | Uint8Array): string {
  return createHash("sha256").update(contents).digest("hex");
}

/**
 * A file's SHA-256, read piece by piece.
 *
 * @throws InputError where it cannot be read
 */
export async function fileSha256(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const file = await openRegular(path);
    try {
      const piece = new Uint8Array(PIECE);
      for (;;) {
        const { bytesRead } = await file.read(piece, 0, PIECE, bytes);
        if (bytesRead === 0) break;
        hash.update(piece.subarray(0, bytesRead));
        bytes += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileFailure(path, "read", cause);
  }
  return { bytes, sha256: hash.digest("hex") };
}
