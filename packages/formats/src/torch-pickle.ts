// The globals with which torch pickles tensors: storages, and the functions that lay a tensor over one.

import { InputError } from "./errors.js";
import { type DType, elementCount } from "./ndarray.js";
import { NUMPY_GLOBALS } from "./numpy-pickle.js";
import { Placeholder } from "./pickle-placeholder.js";
import { PickleDict, PickleGlobal, PickleTuple, type PickleValue, pickleFunction, shown } from "./pickle-values.js";
import { TorchStorage, TorchTensor } from "./torch-tensor.js";

/** Element types by the first part of the names of storages and tensors. */
export const STORAGES: Readonly<Record<string, DType>> = {
  Float: "float32",
  Double: "float64",
  Half: "float16",
  BFloat16: "bfloat16",
  Long: "int64",
  Int: "int32",
  Short: "int16",
  Char: "int8",
  Byte: "uint8",
  Bool: "bool",
};

/** Element types that have no storage of their own: their tensors lie over one of bytes and name the type. */
export const DTYPES: Readonly<Record<string, DType>> = {
  uint8: "uint8",
  int8: "int8",
  int16: "int16",
  int32: "int32",
  int64: "int64",
  uint16: "uint16",
  uint32: "uint32",
  uint64: "uint64",
  float16: "float16",
  float32: "float32",
  float64: "float64",
  bfloat16: "bfloat16",
  bool: "bool",
};

/** The type of a storage. */
export class StorageType extends PickleGlobal {
  constructor(
    readonly name: string,
    readonly dtype: DType,
  ) {
    super();
  }
}

class TorchDtype extends StorageType {}

/** A global that may be named and does nothing. */
class Inert extends PickleGlobal {
  constructor(readonly name: string) {
    super();
  }
}

const inert = (name: string): [string, PickleGlobal] => [name, new Inert(name)];

/** `(storage, offset, shape, strides, …)`, in elements of `dtype`, the storage's own where none is given. */
export function rebuildTensor(args: readonly PickleValue[], dtype?: DType): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage)) throw new InputError("torch pickle: a tensor without a storage");
  const extents = naturals(shape, "shape");
  const steps = naturals(strides, "strides");
  if (!isNatural(offset) || extents.length !== steps.length) {
    throw new InputError(`torch pickle: a tensor of shape [${extents.join(", ")}] with strides [${steps.join(", ")}]`);
  }
  return new TorchTensor(storage, dtype ?? storage.dtype, offset, extents, steps);
}

/** Whether a value is a whole number, 0 or more. */
export function isNatural(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function naturals(value: PickleValue | undefined, what: string): number[] {
  const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : undefined;
  if (items === undefined || items.length > 64) throw new InputError(`torch pickle: a tensor without its ${what}`);
  return items.map((item) => {
    if (isNatural(item)) return item;
    throw new InputError(`torch pickle: ${what} of ${shown(item)}; expected whole numbers, 0 or more`);
  });
}

/** One of an element type that is not read, as complex numbers, stays unread. */
function tensorOf(args: readonly PickleValue[], dtype?: DType): PickleValue {
  const [storage] = args;
  return storage instanceof UnreadTensor ? storage : rebuildTensor(args, dtype);
}

function parameter([tensor]: readonly PickleValue[]): PickleValue {
  if (tensor instanceof TorchTensor || tensor instanceof UnreadTensor) return tensor;
  throw new InputError("torch pickle: a parameter without a tensor");
}

/** `Parameter(tensor)`, called or made. */
class ParameterClass extends PickleGlobal {
  readonly name = "torch.nn.parameter.Parameter";
  override call(args: readonly PickleValue[]): PickleValue {
    return parameter(args);
  }
  override make(args: readonly PickleValue[]): PickleValue {
    return parameter(args);
  }
}

/** `(function, type, arguments, state)`: a tensor with attributes, or of a class that may mean something else by its elements. */
class RebuildFromType extends PickleGlobal {
  readonly name = "torch._tensor._rebuild_from_type_v2";
  override call([rebuild, type, args]: readonly PickleValue[]): PickleValue {
    if (!(rebuild instanceof PickleGlobal) || !(type instanceof PickleGlobal) || !(args instanceof PickleTuple)) {
      throw new InputError("torch pickle: a tensor of a class without its function, class and arguments");
    }
    const plain = type instanceof Inert || type instanceof ParameterClass;
    return plain ? rebuild.call(args.items) : new UnreadTensor(type.name, args.items);
  }
}

/** In the place of a tensor, or the elements of one, that only the code of others could read. */
class UnreadTensor extends Placeholder {}

class TorchAlone extends PickleGlobal {
  constructor(readonly name: string) {
    super();
  }
  override call(args: readonly PickleValue[]): PickleValue {
    return new UnreadTensor(this.name, args);
  }
}

const TORCH_ALONE = [
  "_rebuild_sparse_tensor",
  "_rebuild_sparse_csr_tensor",
  "_rebuild_qtensor",
  "_rebuild_nested_tensor",
  "_rebuild_meta_tensor_no_storage",
  "_rebuild_wrapper_subclass",
  "_rebuild_device_tensor_from_numpy",
  "_rebuild_device_tensor_from_cpu_tensor",
  "_rebuild_xla_tensor",
  "_rebuild_mlc_tensor",
];

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

const types = (module: string) => [
  ...Object.entries(STORAGES).map(([name, dtype]): [string, PickleGlobal] => [
    `${module} ${name}Storage`,
    new StorageType(`${module}.${name}Storage`, dtype),
  ]),
  // The tar container names a tensor's type beside its storage's; only its presence counts.
  ...Object.keys(STORAGES).map((name) => inert(`${module} ${name}Tensor`)),
];

/** Everything a state dict may name. */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ...NUMPY_GLOBALS,
  ...types("torch"),
  ...types("torch.cuda"),
  ["torch.storage UntypedStorage", new StorageType("torch.storage.UntypedStorage", "uint8")],
  ["torch UntypedStorage", new StorageType("torch.UntypedStorage", "uint8")],
  ...Object.entries(DTYPES).map(([name, dtype]): [string, PickleGlobal] => [
    `torch ${name}`,
    new TorchDtype(`torch.${name}`, dtype),
  ]),
  pickleFunction("torch._utils _rebuild_tensor", (args) => tensorOf(args)),
  pickleFunction("torch._utils _rebuild_tensor_v2", (args) => tensorOf(args)),
  pickleFunction("torch._utils _rebuild_tensor_v3", (args) => {
    const dtype = args[6];
    if (!(dtype instanceof PickleGlobal)) throw new InputError("torch pickle: a tensor without its dtype");
    return dtype instanceof TorchDtype ? tensorOf(args, dtype.dtype) : new UnreadTensor(dtype.name, args);
  }),
  pickleFunction("torch._utils _rebuild_parameter", parameter),
  pickleFunction("torch._utils _rebuild_parameter_with_state", parameter),
  ["torch.nn.parameter Parameter", new ParameterClass()],
  ["torch._tensor _rebuild_from_type_v2", new RebuildFromType()],
  // Sparse, quantised and nested tensors, those without elements, and whatever else only torch can put together.
  ...TORCH_ALONE.map((name): [string, PickleGlobal] => [
    `torch._utils ${name}`,
    new TorchAlone(`torch._utils.${name}`),
  ]),
  pickleFunction("torch Size", ([items]) => new PickleTuple(naturals(items, "torch.Size"))),
  ...["torch Tensor", "torch._tensor Tensor"].map(inert),
  pickleFunction("torch device", ([name]) => name ?? null),
  pickleFunction("collections OrderedDict", orderedDict),
  pickleFunction("collections defaultdict", () => new PickleDict()),
  // What a learning-rate schedule keeps beside the weights.
  pickleFunction("collections Counter", ([counts]) => (counts instanceof PickleDict ? counts : new PickleDict())),
]);

/** Whether a value is of a tensor, or stands for one that cannot be read: what weights are made of. */
export const isOfTensors = (value: PickleValue) =>
  value instanceof TorchTensor || value instanceof TorchStorage || value instanceof UnreadTensor;

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
    // A class that legacy files carry the source of, unread as all code.
    if (kind === "module" && type instanceof PickleGlobal) return type;
    if (kind === "storage" && type instanceof PickleGlobal && !(type instanceof StorageType)) {
      return new UnreadTensor(type.name, []);
    }
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
    if (!isNatural(offset) || !isNatural(length)) {
      throw new InputError(`torch pickle: a broken view of storage "${root.key}"`);
    }
    const name = storageKey(key);
    const found = this.#views.get(name) ?? new TorchStorage(name, root.dtype, length, offset, root);
    this.#views.set(name, found);
    return found;
  }
}
