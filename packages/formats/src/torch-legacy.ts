// What torch.save wrote before 1.6: a stream of pickles (magic number, protocol, system, object, keys of storages), then
// the storages, each its number of elements and the elements. Semantics: torch/serialization.py, `_legacy_load`.

import { type ByteSource, partOf } from "./byte-source.js";
import { InputError } from "./errors.js";
import { itemBytes } from "./ndarray.js";
import { Placeholders } from "./pickle-placeholder.js";
import { unpickleAt } from "./pickle-source.js";
import { PickleDict, shown } from "./pickle-values.js";
import { findStateDict } from "./state-dict.js";
import type { Opener } from "./tensor-file.js";
import { StorageTable, TORCH_GLOBALS } from "./torch-pickle.js";
import { storedTensors } from "./torch-weights.js";

/** First value of a file (torch.serialization.MAGIC_NUMBER). */
const MAGIC = 0x1950a86a20f9469cfc6cn;
/** Second value of a file (torch.serialization.PROTOCOL_VERSION). */
const PROTOCOL = 1001;

/** Opens a stream of torch.save. */
export const openTorchLegacy: Opener = async (source, what) => {
  let at = 0;
  let storages = new StorageTable();
  const placeholders = new Placeholders();
  const next = async () => {
    const { value, end } = await unpickleAt(source, at, () => {
      storages = new StorageTable();
      return { what, globals: TORCH_GLOBALS, fallback: placeholders.of, persistent: storages.resolve };
    });
    at = end;
    return value;
  };
  if ((await next()) !== MAGIC) {
    throw new InputError(`${what}: a pickle without torch's magic number; expected a file of torch.save`);
  }
  const protocol = await next();
  if (protocol !== PROTOCOL) throw new InputError(`${what}: torch protocol ${shown(protocol)}; expected ${PROTOCOL}`);
  const system = await next();
  if (system instanceof PickleDict && system.get("little_endian") === false) {
    throw new InputError(`${what}: saved on a big-endian machine, which is not read`);
  }
  const root = await next();
  const named = storages;
  const keys = await next();
  if (!Array.isArray(keys)) {
    throw new InputError(`${what}: no list of storages after the object; is the file truncated?`);
  }
  for (const key of keys) {
    const storage = named.get(key);
    if (storage === undefined) throw new InputError(`${what}: storage ${shown(key)} is listed but never named`);
    if (storage.place !== undefined) throw new InputError(`${what}: storage ${shown(key)} is listed twice`);
    const place = await countedElements(source, at, itemBytes(storage.dtype), `${what}: storage ${shown(key)}`);
    storage.lieAt(place.elements, what);
    at = place.end;
  }
  const { tensors, ...found } = findStateDict(root, what);
  return { container: "torch legacy", tensors: storedTensors(tensors, what), ...found, foreign: placeholders.names };
};

/**
 * Elements that follow their number, 64 bits, as storages lie in streams.
 *
 * @throws InputError where the source ends before they do
 */
export async function countedElements(
  source: ByteSource,
  at: number,
  size: number,
  what: string,
): Promise<{ elements: ByteSource; end: number }> {
  const start = at + 8;
  const length = start <= source.size ? Number(int64(await source.read(at, 8), 0)) * size : Number.NaN;
  if (!(length >= 0 && start + length <= source.size)) {
    throw new InputError(`${what} at byte ${at} is cut short; is the file truncated?`);
  }
  return { elements: partOf(source, start, length), end: start + length };
}

/** A little-endian integer of 64 bits. */
export function int64(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(at, true);
}
