// safetensors: eight bytes of header length, a JSON header of names, types, shapes and byte ranges, then the elements.
// Written here in one way only, so that equal tensors give equal bytes. Format: the safetensors README ("Format").

import { type ByteSource, partOf } from "./byte-source.js";
import { InputError } from "./errors.js";
import { fromBytes, fromOwnBytes, type NdArray, toBytes } from "./ndarray.js";
import {
  HEADER_LIMIT,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsHeader,
  sortedForWriting,
  writeHeader,
} from "./safetensors-header.js";
import { type Opener, type StoredTensor, tensorBytes, type WeightFileWriter } from "./tensor-file.js";

import { joined } from "./zip-writer.js";

/** The tensors of a file in their order there, and its free-form metadata. */
export interface Safetensors {
  readonly tensors: Map<string, NdArray>;
  readonly metadata: Record<string, string>;
}

/** Opens a safetensors file, to read tensor by tensor. */
export const openSafetensors: Opener = async (source, what) => {
  const head = await readHeader(source, what);
  const body = partOf(source, head.start, source.size - head.start);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of head.tensors) {
    const read = async () => fromOwnBytes(dtype, shape, await body.read(begin, end - begin), `${what}[${name}]`);
    tensors.set(name, { dtype, shape, read });
  }
  return { container: "safetensors", tensors, metadata: head.metadata };
};

async function readHeader(source: ByteSource, what: string): Promise<SafetensorsHeader> {
  const length = headerLength(await source.read(0, Math.min(LENGTH_BYTES, source.size)), source.size, what);
  return parseHeader(await source.read(LENGTH_BYTES, length), source.size, what);
}

function headerLength(first: Uint8Array, size: number, what: string): number {
  if (first.length < LENGTH_BYTES) {
    throw new InputError(`${what}: ${first.length} bytes; a safetensors file has at least ${LENGTH_BYTES}`);
  }
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (LENGTH_BYTES + length <= size && length > HEADER_LIMIT) {
    throw new InputError(`${what}: a safetensors header of ${length} bytes; expected at most ${HEADER_LIMIT}`);
  }
  if (LENGTH_BYTES + length > size) {
    throw new InputError(
      `${what}: header of ${length} bytes in a file of ${size}; not a safetensors file, or truncated`,
    );
  }
  return length;
}

/**
 * Reads a safetensors file; the elements are copied out of `bytes`.
 *
 * @param what how messages name the file
 * @throws InputError where the header is no valid header, the byte ranges leave gaps or overlap, or the file is cut short
 */
export function readSafetensors(bytes: Uint8Array, what = "safetensors"): Safetensors {
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length, what);
  const head = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), bytes.length, what);
  const body = bytes.subarray(head.start);
  const tensors = new Map<string, NdArray>();
  for (const [name, { dtype, shape, begin, end }] of head.tensors) {
    tensors.set(name, fromBytes(dtype, shape, body.subarray(begin, end), `${what}[${name}]`));
  }
  return { tensors, metadata: head.metadata };
}

/**
 * Writes tensors and metadata. Deterministic: wider element types come first, then names in code-unit order, metadata keys
 * sorted, the data aligned to 8 bytes; so the order of the map does not matter.
 *
 * @throws InputError for a tensor named `__metadata__`, or whose data do not fit its shape
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = sortedForWriting(tensors);
  return joined([writeHeader(sorted, metadata), ...sorted.map(([name, array]) => elements(name, array))]);
}

/**
 * A safetensors file piece by piece, in the same bytes as `writeSafetensors`: each tensor is read when its turn comes, so that files
 * of any size are written with one tensor held.
 *
 * @returns bytes of the whole file, and its pieces, which can be gone through once
 * @throws InputError as {@link writeSafetensors}; where a tensor reads as other than described, when its turn comes
 */
export function safetensorsPieces(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): { readonly bytes: number; readonly pieces: AsyncIterable<Uint8Array> } {
  const sorted = sortedForWriting(tensors);
  const header = writeHeader(sorted, metadata);
  const bytes = sorted.reduce((sum, [name, tensor]) => sum + tensorBytes(tensor, name), header.length);
  return { bytes, pieces: pieces() };

  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield header;
    for (const [name, tensor] of sorted) yield elements(name, await tensor.read());
  }
}

export const safetensorsWriter: WeightFileWriter = (tensors, metadata) => safetensorsPieces(tensors, metadata).pieces;

function elements(name: string, array: NdArray): Uint8Array {
  const bytes = toBytes(array);
  if (bytes.byteLength !== tensorBytes(array, name)) {
    throw new InputError(
      `safetensors: cannot write "${name}": ${array.data.length} elements for shape [${array.shape.join(", ")}]`,
    );
  }
  return bytes;
}
