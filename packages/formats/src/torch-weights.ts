// Tensors as a torch file describes them, into tensors that can be read: checked against the storages that are there, and
// against what so large a file may ask to be written out.

import { InputError } from "./errors.js";
import { type StoredTensor, tensorBytes } from "./tensor-file.js";
import type { TorchTensor } from "./torch-tensor.js";

/** Tensors may share storages, but written out they may not take more than this many times the storages, */
const EXPANSION_LIMIT = 16;
/** … with this much granted to small files, which are the ones with expanded tensors. */
const EXPANSION_GRANT = 1 << 20;
/** What is read for them, which for a column of a matrix is the whole matrix, may be more, as it is not kept. */
const SPAN_LIMIT = 1024;

/**
 * @param tensors by name
 * @param what how messages name the file
 * @throws InputError where a storage is missing, a tensor reaches outside its own, or all together would take far more than
 *   the storages hold
 */
export function storedTensors(tensors: ReadonlyMap<string, TorchTensor>, what: string): Map<string, StoredTensor> {
  const stored = new Map<string, StoredTensor>();
  const places = new Map<object, number>();
  let written = 0;
  let spanned = 0;
  let last: object | undefined;
  for (const [name, tensor] of tensors) {
    const where = `${what}[${name}]`;
    const { length, place } = tensor.span(where);
    if (place !== undefined) places.set(place, place.size);
    written += tensorBytes(tensor, where);
    // A deflated storage is unpacked whole, and kept while the next tensor lies in the same.
    spanned += place === last ? length : (place?.size ?? 0);
    last = place;
    stored.set(name, { dtype: tensor.dtype, shape: tensor.shape, read: () => tensor.read(where) });
  }
  let held = 0;
  for (const size of places.values()) held += size;
  if (written > held * EXPANSION_LIMIT + EXPANSION_GRANT || spanned > held * SPAN_LIMIT + EXPANSION_GRANT) {
    throw new InputError(
      `${what}: its tensors take ${written} bytes written out (and ${spanned} read), in storages of ${held}; refused`,
    );
  }
  return stored;
}
