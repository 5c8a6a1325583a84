// The globals with which torch pickles tensors: storages, and the functions that lay a tensor over one. A tensor stays a
// description until its storage's bytes are known, which in the legacy format is after the pickle.

import { InputError } from "./errors.js";
import { type DType, elementCount, fromBytes, itemBytes, type NdArray } from "./ndarray.js";
import { NUMPY_GLOBALS } from "./numpy-pickle.js";
import {
  PickleDict,
  PickleGlobal,
  PickleObject,
  PickleTuple,
  type PickleValue,
  pickleFunction,
  shown,
} from "./pickle-values.js";

const STORAGES: Readonly<Record<string, DType>> = {
  FloatStorage: "float32",
  DoubleStorage: "float64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

class StorageType extends PickleGlobal {
  constructor(
    readonly name: string,
    readonly dtype: DType,
  ) {
    super();
  }
}

/** A run of elements that tensors share. */
export class TorchStorage extends PickleObject {
  bytes: Uint8Array | undefined;
  constructor(
    readonly key: string,
    readonly dtype: DType,
    readonly length: number,
    /** where a legacy view begins in its storage, in elements */
    readonly viewOffset = 0,
    readonly root: TorchStorage | undefined = undefined,
  ) {
    super();
  }
}

/** A tensor as described: where it begins in its storage and how far apart its elements lie, in elements. */
export class TorchTensor extends PickleObject {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }

  override build(): void {
    // Attributes of a tensor hold no weights.
  }

  /** Bytes that its elements take when written out in C order. */
  byteLength(what: string): number {
    return elementCount(this.shape, what) * itemBytes(this.storage.dtype);
  }

  /**
   * The elements in C order, copied.
   *
   * @throws InputError where the tensor reaches outside its storage
   */
  materialise(what: string): NdArray {
    const { dtype, bytes } = this.storage.root ?? this.storage;
    const size = itemBytes(dtype);
    if (bytes === undefined) throw new InputError(`${what}: storage "${this.storage.key}" is missing from the file`);
    const count = elementCount(this.shape, what);
    const offset = this.offset + this.storage.viewOffset;
    let last = offset;
    for (const [axis, extent] of this.shape.entries()) last += Math.max(0, extent - 1) * this.strides[axis]!;
    if (count > 0 && (last + 1) * size > bytes.length) {
      throw new InputError(
        `${what}: [${this.shape.join(", ")}] reaches element ${last} of a storage of ${bytes.length / size}; is the file truncated?`,
      );
    }
    if (this.#contiguous()) {
      return fromBytes(dtype, this.shape, bytes.subarray(offset * size, (offset + count) * size), what);
    }
    return fromBytes(dtype, this.shape, this.#gather(bytes, offset, count, size), what);
  }

  #contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis]!;
    }
    return true;
  }

  #gather(bytes: Uint8Array, offset: number, count: number, size: number): Uint8Array {
    const out = new Uint8Array(count * size);
    const index = this.shape.map(() => 0);
    let from = offset;
    for (let to = 0; to < out.length; to += size) {
      for (let j = 0; j < size; j++) out[to + j] = bytes[from * size + j]!;
      for (let axis = this.shape.length - 1; axis >= 0; axis--) {
        from += this.strides[axis]!;
        index[axis]!++;
        if (index[axis]! < this.shape[axis]!) break;
        from -= this.strides[axis]! * this.shape[axis]!;
        index[axis] = 0;
      }
    }
    return out;
  }
}

function rebuildTensor(args: readonly PickleValue[]): PickleValue {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage)) throw new InputError("torch pickle: a tensor without a storage");
  const extents = naturals(shape, "shape");
  const steps = naturals(strides, "strides");
  if (typeof offset !== "number" || !Number.isSafeInteger(offset) || offset < 0 || extents.length !== steps.length) {
    throw new InputError(`torch pickle: a tensor of shape [${extents.join(", ")}] with strides [${steps.join(", ")}]`);
  }
  return new TorchTensor(storage, offset, extents, steps);
}

function naturals(value: PickleValue | undefined, what: string): number[] {
  const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : undefined;
  if (items === undefined || items.length > 64) throw new InputError(`torch pickle: a tensor without its ${what}`);
  return items.map((item) => {
    if (typeof item === "number" && Number.isSafeInteger(item) && item >= 0) return item;
    throw new InputError(`torch pickle: ${what} of ${shown(item)}; expected whole numbers, 0 or more`);
  });
}

function orderedDict([items]: readonly PickleValue[]): PickleValue {
  const dict = new PickleDict();
  const pairs = items instanceof PickleTuple ? items.items : Array.isArray(items) ? items : [];
  for (const pair of pairs) {
    const [key, value] = pair instanceof PickleTuple ? pair.items : Array.isArray(pair) ? pair : [];
    // A key of bytes is copied into text each time it is met, and pairs may share one.
    if (key === undefined || value === undefined || key instanceof Uint8Array)
      throw new InputError("torch pickle: an OrderedDict of no pairs");
    dict.set(key, value);
  }
  return dict;
}

/** Everything a state dict may name. */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ...NUMPY_GLOBALS,
  ...Object.entries(STORAGES).map(([name, dtype]): [string, PickleGlobal] => [
    `torch ${name}`,
    new StorageType(`torch.${name}`, dtype),
  ]),
  pickleFunction("torch._utils _rebuild_tensor", rebuildTensor),
  pickleFunction("torch._utils _rebuild_tensor_v2", rebuildTensor),
  pickleFunction("torch._utils _rebuild_parameter", ([tensor]) => {
    if (!(tensor instanceof TorchTensor)) throw new InputError("torch pickle: a parameter without a tensor");
    return tensor;
  }),
  pickleFunction("torch Size", ([items]) => new PickleTuple(naturals(items, "torch.Size"))),
  pickleFunction("collections OrderedDict", orderedDict),
]);

function storageKey(key: PickleValue | undefined): string {
  if (typeof key === "string" || typeof key === "number") return String(key);
  throw new InputError(`torch pickle: ${shown(key)} as the key of a storage; expected text`);
}

/**
 * The storages of one file, made as persistent ids name them: `("storage", type, key, location, length)`, and in the
 * legacy format a sixth element `(view key, offset, length)` or None.
 */
export class StorageTable {
  readonly byKey = new Map<string, TorchStorage>();
  readonly #views = new Map<string, TorchStorage>();

  readonly resolve = (id: PickleValue): PickleValue => {
    const [kind, type, key, , length, view] = id instanceof PickleTuple ? id.items : [];
    if (kind !== "storage" || !(type instanceof StorageType) || typeof length !== "number") {
      throw new InputError("torch pickle: a persistent id that names no storage of a known type");
    }
    const name = storageKey(key);
    let storage = this.byKey.get(name);
    if (storage === undefined) {
      storage = new TorchStorage(name, type.dtype, elementCount([length], `storage "${name}"`));
      this.byKey.set(name, storage);
    }
    if (storage.dtype !== type.dtype) {
      throw new InputError(`torch pickle: storage "${name}" is both ${storage.dtype} and ${type.dtype}`);
    }
    if (view == null) return storage;
    return this.#view(storage, view);
  };

  /** The storage of a key as the list after a legacy pickle has it; undefined for anything else. */
  get(key: PickleValue): TorchStorage | undefined {
    return typeof key === "string" || typeof key === "number" ? this.byKey.get(String(key)) : undefined;
  }

  #view(root: TorchStorage, view: PickleValue): TorchStorage {
    const [key, offset, length] = view instanceof PickleTuple ? view.items : [];
    if (typeof offset !== "number" || !(offset >= 0) || !Number.isSafeInteger(offset) || typeof length !== "number") {
      throw new InputError(`torch pickle: a broken view of storage "${root.key}"`);
    }
    const name = storageKey(key);
    const found = this.#views.get(name) ?? new TorchStorage(name, root.dtype, length, offset, root);
    this.#views.set(name, found);
    return found;
  }
}
