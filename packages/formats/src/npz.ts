// NumPy's .npz: a zip archive of .npy files, an array a file.

import { commentOf } from "./archive-metadata.js";
import { type ByteSource, memorySource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { itemBytes, type NdArray, toBytes } from "./ndarray.js";
import { NPY_HEAD, type NpyHeader, npyArray, npyHeader, readNpyHeader, UnreadType } from "./npy.js";
import type { StoredTensor, WeightFileWriter } from "./tensor-file.js";
import { openZip, type ZipEntry } from "./zip.js";
import { joined, ZipWriter } from "./zip-writer.js";

const SUFFIX = ".npy";

/** The arrays of an archive. */
interface OpenedNpz {
  readonly tensors: Map<string, StoredTensor>;
  /** Keys of text and other types that are no weights. */
  readonly leftOut: readonly string[];
}

/**
 * The arrays of numbers of an opened .npz archive (`savez` or `savez_compressed`) by their key, read when asked for.
 *
 * @throws InputError where an array's header is broken
 */
export async function openNpz(entries: ReadonlyMap<string, ZipEntry>, what: string): Promise<OpenedNpz> {
  const tensors = new Map<string, StoredTensor>();
  const leftOut: string[] = [];
  for (const [key, entry] of arrayEntries(entries)) {
    try {
      tensors.set(key, await openArray(entry, `${what}[${key}]`));
    } catch (error) {
      if (!(error instanceof UnreadType)) throw error;
      leftOut.push(key);
    }
  }
  return { tensors, leftOut };
}

/** An .npz archive whose arrays are opened one by one, so that others beside may be of types that are not read, as text is. */
export interface NpzFile {
  /** in the archive's order */
  readonly keys: readonly string[];
  /**
   * An array, its elements read when asked for; undefined where there is no such key.
   *
   * @throws InputError where its header is broken or of a type that is not read
   */
  array(key: string): Promise<StoredTensor | undefined>;
}

/**
 * Opens an .npz archive over its bytes, whatever its size; `source` must stay open while arrays are read.
 *
 * @param what how messages name the file
 * @throws InputError where the archive is broken
 */
export async function openNpzFile(source: ByteSource, what: string): Promise<NpzFile> {
  const entries = arrayEntries((await openZip(source, what)).entries);
  return {
    keys: [...entries.keys()],
    async array(key) {
      const entry = entries.get(key);
      return entry && (await openArray(entry, `${what}[${key}]`));
    },
  };
}

/**
 * Reads one array of an .npz archive, whatever types the others beside it are of.
 *
 * @param what how messages name the file
 * @returns the array, undefined where there is no such key; and the keys that there are
 * @throws InputError where the archive or the array is broken or of a type that is not read
 */
export async function readNpzKey(
  bytes: Uint8Array,
  key: string,
  what: string,
): Promise<{ readonly array: NdArray | undefined; readonly keys: readonly string[] }> {
  const { array, keys } = await openNpzFile(memorySource(bytes), what);
  return { array: await (await array(key))?.read(), keys };
}

function arrayEntries(entries: ReadonlyMap<string, ZipEntry>): Map<string, ZipEntry> {
  const arrays = [...entries].filter(([name]) => name.endsWith(SUFFIX));
  return new Map(arrays.map(([name, entry]) => [name.slice(0, -SUFFIX.length), entry]));
}

async function openArray(entry: ZipEntry, where: string): Promise<StoredTensor> {
  const header = readNpyHeader(await entry.head(NPY_HEAD), where);
  const { dtype, shape } = header;
  const needed = shape.reduce((product, extent) => product * extent, itemBytes(dtype));
  if (header.end + needed > entry.size) {
    throw new InputError(
      `${where}: ${dtype} [${shape.join(", ")}] needs ${needed} bytes of ${entry.size}; is the file truncated?`,
    );
  }
  return { dtype, shape, read: () => readArray(entry, header, where) };
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
  const { keys, array } = await openNpzFile(memorySource(bytes), what);
  const arrays = new Map<string, NdArray>();
  for (const key of keys) arrays.set(key, await (await array(key))!.read());
  return arrays;
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
