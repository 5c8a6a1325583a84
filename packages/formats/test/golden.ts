// Files and values that test/golden/formats_arrays.py made with torch, numpy and safetensors.

import { readFileSync } from "node:fs";

interface Golden {
  readonly torch: {
    readonly values: Record<string, { readonly shape: number[]; readonly values: number[] }>;
    readonly zip: string;
    readonly legacy: string;
    readonly module: string;
    readonly harmfulZip: string;
    readonly harmfulLegacy: string;
    readonly wholeModule: string;
  };
  readonly numpy: Record<"fortran" | "bigEndian" | "half" | "object" | "c" | "npz" | "npzCompressed", string>;
  readonly safetensors: { readonly file: string };
  readonly cifar: Record<"python2" | "python3" | "binary" | "images", string>;
}

export const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/formats_arrays.json", import.meta.url), "utf8"),
);

export const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
