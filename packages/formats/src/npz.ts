// NumPy's .npz: a zip archive of .npy files, an array a file.

import type { NdArray } from "./ndarray.js";
import { readNpy } from "./npy.js";
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
