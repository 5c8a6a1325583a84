// What torch.save writes, both ways: a zip archive (since 1.6) and the legacy stream of pickles and raw storages before
// it. Read into plain arrays by name; the pickle runs nothing (pickle.ts) and names only what torch-pickle.ts lists.

import { InputError } from "./errors.js";
import { itemBytes, type NdArray } from "./ndarray.js";
import { unpickle } from "./pickle.js";
import { PickleDict, type PickleValue, shown } from "./pickle-values.js";
import { StorageTable, TORCH_GLOBALS, TorchTensor } from "./torch-pickle.js";
import { isZip, readZip } from "./zip.js";

/** First value of a legacy file (torch.serialization.MAGIC_NUMBER). */
const MAGIC = 0x1950a86a20f9469cfc6cn;
/** Second value of a legacy file (torch.serialization.PROTOCOL_VERSION). */
const PROTOCOL = 1001;

/** Where a checkpoint keeps its state dict when it is not one itself. */
const WRAPPERS = ["state_dict", "model", "model_state_dict"];

/** `DataParallel` puts this before every name. */
const PARALLEL_PREFIX = "module.";

/** Tensors may share storages, but written out they may not take more than this many times the file. */
const EXPANSION_LIMIT = 16;
/** … with this much granted to small files, which are the ones with expanded tensors. */
const EXPANSION_GRANT = 1 << 20;

/**
 * The state dict of a torch checkpoint: at its top level or under `state_dict`, `model` or `model_state_dict`; entries that
 * are no tensors are left out; `module.` is stripped where every name has it.
 *
 * @param bytes a file of `torch.save`, zip or legacy
 * @param what how messages name the file
 * @returns tensors by name, each a copy of its own in C order
 * @throws InputError where the file is neither, is cut short, names a global that is not allowed, or holds no tensors
 */
export function readTorch(bytes: Uint8Array, what = "torch"): Map<string, NdArray> {
  const root = isZip(bytes) ? readArchive(bytes, what) : readLegacy(bytes, what);
  const dict = stateDict(root, what);
  const named = [...dict.entries].flatMap(([name, value]): [string, TorchTensor][] =>
    typeof name === "string" && value instanceof TorchTensor ? [[name, value]] : [],
  );
  let total = 0;
  for (const [name, tensor] of named) total += tensor.byteLength(`${what}[${name}]`);
  if (total > bytes.length * EXPANSION_LIMIT + EXPANSION_GRANT) {
    throw new InputError(`${what}: its tensors take ${total} bytes written out, in a file of ${bytes.length}; refused`);
  }
  const parallel = named.every(([name]) => name.startsWith(PARALLEL_PREFIX));
  return new Map(
    named.map(([name, tensor]) => [
      parallel ? name.slice(PARALLEL_PREFIX.length) : name,
      tensor.materialise(`${what}[${name}]`),
    ]),
  );
}

function stateDict(root: PickleValue, what: string): PickleDict {
  const hasTensors = (value: PickleValue | undefined): value is PickleDict =>
    value instanceof PickleDict && [...value.entries.values()].some((entry) => entry instanceof TorchTensor);
  if (root instanceof PickleDict) {
    for (const key of WRAPPERS) {
      const inner = root.get(key);
      if (hasTensors(inner)) return inner;
    }
    if (hasTensors(root)) return root;
  }
  const keys = root instanceof PickleDict ? [...root.entries.keys()].slice(0, 8).map(shown).join(", ") : "no dict";
  throw new InputError(
    `${what}: no tensors at the top level or under ${WRAPPERS.join(", ")} (it holds: ${keys}); save model.state_dict()`,
  );
}

function readArchive(bytes: Uint8Array, what: string): PickleValue {
  const entries = readZip(bytes, what);
  const pickle = [...entries.keys()].find((name) => name === "data.pkl" || /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw new InputError(`${what}: a zip archive without data.pkl; expected one of torch.save`);
  const folder = pickle.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== "little") {
    throw new InputError(`${what}: saved on a big-endian machine, which is not read`);
  }
  const storages = new StorageTable();
  const { value } = unpickle(entries.get(pickle)!, { what, globals: TORCH_GLOBALS, persistent: storages.resolve });
  for (const [key, storage] of storages.byKey) {
    const data = entries.get(`${folder}data/${key}`);
    if (data === undefined) continue;
    if (data.length < storage.length * itemBytes(storage.dtype)) {
      throw new InputError(`${what}: storage "${key}" has ${data.length} bytes; expected ${storage.length} elements`);
    }
    storage.bytes = data;
  }
  return value;
}

function readLegacy(bytes: Uint8Array, what: string): PickleValue {
  if (bytes[0] !== 0x80) {
    throw new InputError(`${what}: neither a zip archive nor a pickle stream; expected a file of torch.save`);
  }
  let at = 0;
  const storages = new StorageTable();
  const next = () => {
    const { value, end } = unpickle(bytes, {
      what,
      globals: TORCH_GLOBALS,
      persistent: storages.resolve,
      start: at,
    });
    at = end;
    return value;
  };
  const magic = next();
  if (magic !== MAGIC)
    throw new InputError(`${what}: a pickle without torch's magic number; expected a file of torch.save`);
  const protocol = next();
  if (protocol !== PROTOCOL) throw new InputError(`${what}: torch protocol ${shown(protocol)}; expected ${PROTOCOL}`);
  const system = next();
  if (system instanceof PickleDict && system.get("little_endian") === false) {
    throw new InputError(`${what}: saved on a big-endian machine, which is not read`);
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys))
    throw new InputError(`${what}: no list of storages after the object; is the file truncated?`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined) throw new InputError(`${what}: storage ${shown(key)} is listed but never named`);
    // Each storage is its number of elements, then the elements.
    const length = at + 8 <= bytes.length ? Number(view.getBigInt64(at, true)) : Number.NaN;
    const end = at + 8 + length * itemBytes(storage.dtype);
    if (!(length >= 0 && end <= bytes.length)) {
      throw new InputError(`${what}: storage "${storage.key}" at byte ${at} is cut short; is the file truncated?`);
    }
    storage.bytes = bytes.subarray(at + 8, end);
    at = end;
  }
  return value;
}
