// NumPy's .npz: a zip archive of .npy files, an array a file.

import { commentOf } from "./archive-metadata.js";
import { memorySource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { itemBytes, type NdArray, toBytes } from "./ndarray.js";
import { NPY_HEAD, type NpyHeader, npyArray, npyHeader, readNpyHeader } from "./npy.js";
import { readAll, type StoredTensor, type WeightFileWriter } from "./tensor-file.js";
import { openZip, type ZipEntry } from "./zip.js";
import { joined, ZipWriter } from "./zip-writer.js";

const SUFFIX = ".npy";

/**
 * The arrays of an opened .npz archive (`savez` or `savez_compressed`) by their key, read when asked for.
 *
 * @throws InputError where an array's header is broken or of a type that is not read
 */
export async function openNpz(
  entries: ReadonlyMap<string, ZipEntry>,
  what: string,
): Promise<Map<string, StoredTensor>> {
  const arrays = new Map<string, StoredTensor>();
  for (const [name, entry] of entries) {
    if (!name.endsWith(SUFFIX)) continue;
    const key = name.slice(0, -SUFFIX.length);
    const where = `${what}[${key}]`;
    const header = readNpyHeader(await entry.head(NPY_HEAD), where);
    const { dtype, shape } = header;
    const needed = shape.reduce((product, extent) => product * extent, itemBytes(dtype));
    if (header.end + needed > entry.size) {
      throw new InputError(
        `${where}: ${dtype} [${shape.join(", ")}] needs ${needed} bytes of ${entry.size}; is the file truncated?`,
      );
    }
    arrays.set(key, { dtype, shape, read: () => readArray(entry, header, where) });
  }
  return arrays;
}

async function readArray(entry: ZipEntry, header: NpyHeader, where: string): Promise<NdArray> {
  const bytes = await entry.bytes();
  if (!entry.matches(bytes)) throw new InputError(`${where}: its checksum differs; fetch the file again`);
  return npyArray(header, bytes.subarray(header.end), where);
}

/**
 * Reads all arrays of a .npz archive (`savez` or `savez_compressed`) by their key.
 *
 * @param what how messages name the file
 * @throws InputError where the archive or one of its arrays is broken or of a type that is not read
 */
export async function readNpz(bytes: Uint8Array, what = "npz"): Promise<Map<string, NdArray>> {
  return readAll(await openNpz((await openZip(memorySource(bytes), what)).entries, what));
}

/** Writes .npz piece by piece, uncompressed as `numpy.savez` does; the same arrays give the same bytes. */
export const npzWriter: WeightFileWriter = async function* (tensors, metadata) {
  const zip = new ZipWriter();
  for (const [key, tensor] of tensors) yield* addArray(zip, key, await tensor.read());
  yield zip.end(commentOf(metadata));
};

/**
 * Writes arrays as .npz, uncompressed as `numpy.savez` does; the same arrays give the same bytes.
 *
 * @throws InputError for bfloat16, which NumPy does not have
 */
export function writeNpz(arrays: ReadonlyMap<string, NdArray>): Uint8Array {
  const zip = new ZipWriter();
  const parts = [...arrays].flatMap(([key, array]) => addArray(zip, key, array));
  return joined([...parts, zip.end()]);
}

function addArray(zip: ZipWriter, key: string, array: NdArray): Uint8Array[] {
  return zip.add(key + SUFFIX, [npyHeader(array.dtype, array.shape, key), toBytes(array)]);
}
