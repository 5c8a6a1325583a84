// What test/golden/data_images.py made with Pillow, NumPy and Python's tarfile.

import { readFileSync } from "node:fs";

interface Golden {
  readonly images: Readonly<
    Record<
      string,
      {
        readonly file: string;
        /** Pillow's pixels; null where it refuses the file. */
        readonly pillow: { readonly height: number; readonly width: number; readonly rgb: string } | null;
      }
    >
  >;
  readonly archives: Readonly<Record<"links" | "long names, GNU" | "long names, pax", string>>;
  readonly numpy: {
    readonly images: string;
    readonly withText: string;
    readonly batch: string;
    readonly batches: Readonly<Record<string, string>>;
  };
}

export const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/data_images.json", import.meta.url), "utf8"),
);

export const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
