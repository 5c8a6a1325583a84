// The globals with which NumPy pickles arrays and scalars, as the python version of CIFAR and some checkpoints hold them.

import { InputError } from "./errors.js";
import { elementCount, fromBytes, itemBytes, type NdArray } from "./ndarray.js";
import { dtypeOfNumpyCode, fortranToC, isNumpyCode, swapBytes } from "./npy.js";
import { Placeholder } from "./pickle-placeholder.js";
import {
  latin1,
  type PickleGlobal,
  PickleObject,
  PickleTuple,
  type PickleValue,
  pickleFunction,
  shown,
} from "./pickle-values.js";

class NumpyDtype extends PickleObject {
  bigEndian = false;
  structured = false;
  constructor(readonly code: string) {
    super();
  }
  override build(state: PickleValue): void {
    const fields = state instanceof PickleTuple ? state.items : [];
    this.bigEndian = fields[1] === ">";
    this.structured = fields[3] != null;
  }
}

/** An array that BUILD fills. What it holds is looked at when it is asked for: one that nobody needs may hold anything. */
export class NumpyArray extends PickleObject {
  #state: PickleValue | undefined;

  override build(state: PickleValue): void {
    this.#state = state;
  }

  /** @throws InputError where the pickle never filled it, or with other things than plain numbers */
  get array(): NdArray {
    const state = this.#state;
    if (state === undefined) throw new InputError("numpy pickle: an array without its data");
    if (!(state instanceof PickleTuple)) throw new InputError("numpy pickle: an array's state that is no tuple");
    const [, shape, dtype, fortran, raw] = state.items;
    if (!(shape instanceof PickleTuple) || !(dtype instanceof NumpyDtype)) {
      throw new InputError("numpy pickle: an array's state without shape and dtype");
    }
    if (dtype.structured) throw new InputError("numpy pickle: a structured dtype; expected a plain number type");
    const extents = shape.items.map((extent) => (typeof extent === "number" ? extent : Number.NaN));
    const type = dtypeOfNumpyCode(dtype.code, "numpy pickle");
    let bytes = asBytes(raw);
    const expected = elementCount(extents, "numpy pickle") * itemBytes(type);
    if (bytes.length !== expected) {
      throw new InputError(
        `numpy pickle: ${bytes.length} bytes; expected ${expected} for ${type} [${extents.join(", ")}]`,
      );
    }
    if (dtype.bigEndian) bytes = swapBytes(bytes, itemBytes(type));
    if (fortran === true || fortran === 1) bytes = fortranToC(bytes, extents, itemBytes(type));
    return fromBytes(type, extents, bytes, "numpy pickle");
  }
}

function asBytes(value: PickleValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value, "latin1");
  throw new InputError("numpy pickle: data that are no bytes");
}

function scalar(args: readonly PickleValue[]): PickleValue {
  const [dtype, raw] = args;
  if (!(dtype instanceof NumpyDtype)) throw new InputError("numpy pickle: a scalar without its dtype");
  // Text, dates and complex numbers, which nothing here asks for.
  if (dtype.structured || !isNumpyCode(dtype.code)) return new Placeholder("numpy.generic", args);
  const type = dtypeOfNumpyCode(dtype.code, "numpy pickle");
  const bytes = asBytes(raw);
  const array = fromBytes(type, [], dtype.bigEndian ? swapBytes(bytes, itemBytes(type)) : bytes, "numpy pickle");
  const value = array.data[0]!;
  // A label of int64 is a number like any other.
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** An array as protocol 5 pickles it: bytes, dtype, shape and order at once. */
function fromBuffer([bytes, dtype, shape, order]: readonly PickleValue[]): PickleValue {
  const array = new NumpyArray();
  array.build(new PickleTuple([1, shape ?? null, dtype ?? null, order === "F", bytes ?? null]));
  return array;
}

const both = (name: string, apply: (args: readonly PickleValue[]) => PickleValue) => [
  pickleFunction(`numpy.core.multiarray ${name}`, apply),
  // NumPy 2 renamed its inner package.
  pickleFunction(`numpy._core.multiarray ${name}`, apply),
];

/** The allowed globals: arrays, scalars, their types, and the `bytes` of protocol 2. */
export const NUMPY_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ...both("_reconstruct", () => new NumpyArray()),
  ...both("scalar", scalar),
  pickleFunction("numpy.core.numeric _frombuffer", fromBuffer),
  pickleFunction("numpy._core.numeric _frombuffer", fromBuffer),
  pickleFunction("numpy ndarray", () => new NumpyArray()),
  pickleFunction("numpy dtype", ([code]) => {
    if (typeof code !== "string") throw new InputError("numpy pickle: a dtype without its code");
    return new NumpyDtype(code);
  }),
  pickleFunction("_codecs encode", ([text, encoding]) => {
    if (typeof text !== "string" || encoding !== "latin1") {
      throw new InputError(`pickle: _codecs.encode to ${shown(encoding)}; expected text to latin1`);
    }
    const bytes = Buffer.from(text, "latin1");
    if (latin1(bytes) !== text) throw new InputError("pickle: _codecs.encode of text outside latin1");
    return bytes;
  }),
]);
