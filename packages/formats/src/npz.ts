// NumPy's .npz: a zip archive of .npy files, an array a file.

import { zipSync } from "fflate";
import type { NdArray } from "./ndarray.js";
import { readNpy, writeNpy } from "./npy.js";
import { readZip } from "./zip.js";

/**
 * Reads the arrays of a .npz archive (`savez` or `savez_compressed`) by their key.
 *
 * @param what how messages name the file
 * @throws InputError where the archive or one of its arrays is broken or of a type that is not read
 */
export function readNpz(bytes: Uint8Array, what = "npz"): Map<string, NdArray> {
  const arrays = new Map<string, NdArray>();
  for (const [name, entry] of readZip(bytes, what)) {
    if (name.endsWith(".npy")) arrays.set(name.slice(0, -4), readNpy(entry, `${what}[${name.slice(0, -4)}]`));
  }
  return arrays;
}

/** The zip format's first day: entries bear a time, and the same arrays are to give the same bytes. */
const NO_TIME = new Date(1980, 0, 1);

/**
 * Writes arrays as .npz, stored uncompressed as `numpy.savez` does; the same arrays give the same bytes.
 *
 * @throws InputError for bfloat16, which NumPy does not have
 */
export function writeNpz(arrays: ReadonlyMap<string, NdArray>): Uint8Array {
  const entries = [...arrays].map(([key, array]) => [`${key}.npy`, writeNpy(array)] as const);
  return zipSync(Object.fromEntries(entries), { level: 0, mtime: NO_TIME });
}
