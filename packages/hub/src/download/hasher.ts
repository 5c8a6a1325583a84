// The checksums of a file, made while its bytes go by.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Checksum } from "../registry/entry.js";
import type { Found } from "./remote-file.js";

export class Hasher {
  readonly #sha256 = createHash("sha256");
  readonly #md5: ReturnType<typeof createHash> | undefined;
  #bytes = 0;

  /** @param checksum that is expected; SHA-256 is always made, MD5 only where it is asked for */
  constructor(checksum: Checksum | undefined) {
    this.#md5 = checksum?.algorithm === "md5" ? createHash("md5") : undefined;
  }

  update(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#md5?.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Takes in a file's bytes. */
  async updateFromFile(path: string, signal: AbortSignal | undefined): Promise<void> {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal })) {
      this.update(chunk as Uint8Array);
    }
  }

  found(): Found {
    return { bytes: this.#bytes, sha256: this.#sha256.digest("hex"), md5: this.#md5?.digest("hex") };
  }
}
