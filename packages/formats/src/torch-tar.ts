// What torch.save wrote before 0.1.10: a tar archive of `sys_info`, `storages`, `tensors` and `pickle`, in which objects
// are called by numbers. Semantics: torch/serialization.py, `legacy_load`.

import type { ByteSource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { itemBytes } from "./ndarray.js";
import type { UnpickleOptions } from "./pickle.js";
import { Placeholders } from "./pickle-placeholder.js";
import { unpickleAt } from "./pickle-source.js";
import { PickleDict, PickleTuple, type PickleValue, shown } from "./pickle-values.js";
import { findStateDict } from "./state-dict.js";
import { indexTar } from "./tar-index.js";
import type { Opener } from "./tensor-file.js";
import { countedElements, int64 } from "./torch-legacy.js";
import { isNatural, rebuildTensor, StorageType, TORCH_GLOBALS } from "./torch-pickle.js";
import { TorchStorage, type TorchTensor } from "./torch-tensor.js";
import { storedTensors } from "./torch-weights.js";

/** Axes of a tensor; what a file says is read only up to it. */
const AXES_LIMIT = 64;

/** Opens a tar archive of torch.save. */
export const openTorchTar: Opener = async (source, what) => {
  const members = await indexTar(source, what);
  const member = (name: string) => {
    const found = members.get(name);
    if (found === undefined) {
      const names = [...members.keys()].slice(0, 4).join(", ");
      throw new InputError(`${what}: a tar archive without "${name}" (it holds: ${names}); expected one of torch.save`);
    }
    return found;
  };
  const system = await new Member(member("sys_info"), `${what}: sys_info`).pickle();
  if (system instanceof PickleDict && system.get("little_endian") === false) {
    throw new InputError(`${what}: saved on a big-endian machine, which is not read`);
  }
  const storages = await readStorages(new Member(member("storages"), `${what}: storages`));
  const described = await readTensors(new Member(member("tensors"), `${what}: tensors`), storages);
  const placeholders = new Placeholders();
  const resolve = (id: PickleValue) => {
    const object = typeof id === "string" || typeof id === "number" ? described.get(Number(id)) : undefined;
    const storage = typeof id === "string" || typeof id === "number" ? storages.get(Number(id)) : undefined;
    if (object === undefined && storage === undefined) {
      throw new InputError(`${shown(id)} stands for no tensor of the file; save model.state_dict()`);
    }
    return object ?? storage!;
  };
  const root = await new Member(member("pickle"), `${what}: pickle`, resolve, placeholders.of).pickle();
  const { tensors, ...found } = findStateDict(root, what);
  return { container: "torch tar", tensors: storedTensors(tensors, what), ...found, foreign: placeholders.names };
};

/** A member that is read from its beginning on, pickles and numbers in turn. */
class Member {
  at = 0;

  constructor(
    readonly source: ByteSource,
    readonly what: string,
    readonly persistent?: UnpickleOptions["persistent"],
    readonly fallback?: UnpickleOptions["fallback"],
  ) {}

  async pickle(): Promise<PickleValue> {
    const { persistent, fallback, what } = this;
    const options = { what, globals: TORCH_GLOBALS, ...(persistent && { persistent }), ...(fallback && { fallback }) };
    const { value, end } = await unpickleAt(this.source, this.at, () => options);
    this.at = end;
    return value;
  }

  /** How many of something follow. */
  async count(): Promise<number> {
    const value = await this.pickle();
    if (!isNatural(value)) throw this.refuse(`${shown(value)}; expected how many follow`);
    return value;
  }

  /** A tuple or list of so many values. */
  async fields(length: number): Promise<readonly PickleValue[]> {
    const value = await this.pickle();
    const items = value instanceof PickleTuple ? value.items : value;
    if (!Array.isArray(items) || items.length !== length)
      throw this.refuse(`${shown(value)}; expected ${length} values`);
    return items;
  }

  async bytes(length: number): Promise<Uint8Array> {
    if (this.at + length > this.source.size) throw this.refuse(`the end at byte ${this.source.size}; is it truncated?`);
    const bytes = await this.source.read(this.at, length);
    this.at += length;
    return bytes;
  }

  refuse(why: string): InputError {
    return new InputError(`${this.what}: at byte ${this.at} is ${why}`);
  }
}

/** Storages by number; a view lies in the storage that it views. */
async function readStorages(member: Member): Promise<Map<number, TorchStorage>> {
  const storages = new Map<number, TorchStorage>();
  const count = await member.count();
  for (let i = 0; i < count; i++) {
    const [key, , type] = await member.fields(3);
    if (!(type instanceof StorageType)) throw member.refuse(`a storage of type ${shown(type)}`);
    const size = itemBytes(type.dtype);
    const { elements, end } = await countedElements(member.source, member.at, size, `${member.what}: ${shown(key)}`);
    member.at = end;
    const storage = new TorchStorage(shown(key), type.dtype, elements.size / size);
    storage.lieAt(elements, member.what);
    add(storages, key, storage, member);
  }
  const views = await member.pickle();
  if (!Array.isArray(views)) throw member.refuse(`${shown(views)}; expected the list of views`);
  for (const view of views) {
    const [key, rootKey, offset, length] = view instanceof PickleTuple ? view.items : Array.isArray(view) ? view : [];
    const root = isNatural(rootKey) ? storages.get(rootKey) : undefined;
    if (root === undefined || !isNatural(offset) || !isNatural(length)) throw member.refuse("a view of no storage");
    const whole = root.root ?? root;
    add(storages, key, new TorchStorage(shown(key), root.dtype, length, root.viewOffset + offset, whole), member);
  }
  return storages;
}

/** Tensors by number: a pickle each, then axes, extents, strides and the offset in the storage. */
async function readTensors(
  member: Member,
  storages: ReadonlyMap<number, TorchStorage>,
): Promise<Map<number, TorchTensor>> {
  const tensors = new Map<number, TorchTensor>();
  const count = await member.count();
  for (let i = 0; i < count; i++) {
    const [key, storageKey] = await member.fields(3);
    const storage = isNatural(storageKey) ? storages.get(storageKey) : undefined;
    if (storage === undefined) throw member.refuse(`a tensor over storage ${shown(storageKey)}, which is missing`);
    const head = await member.bytes(8);
    // Eight bytes, of which torch itself reads only the first four.
    const axes = new DataView(head.buffer, head.byteOffset).getInt32(0, true);
    if (!(axes >= 0 && axes <= AXES_LIMIT))
      throw member.refuse(`a tensor of ${axes} axes; expected at most ${AXES_LIMIT}`);
    const numbers = await member.bytes(16 * axes + 8);
    const number = (index: number) => Number(int64(numbers, 8 * index));
    const extents = Array.from({ length: axes }, (_, axis) => number(axis));
    const strides = Array.from({ length: axes }, (_, axis) => number(axes + axis));
    add(tensors, key, rebuildTensor([storage, number(2 * axes), extents, strides]), member);
  }
  return tensors;
}

function add<T>(map: Map<number, T>, key: PickleValue | undefined, value: T, member: Member): void {
  if (!isNatural(key) || map.has(key))
    throw member.refuse(`an object numbered ${shown(key)}; expected a number of its own`);
  map.set(key, value);
}
