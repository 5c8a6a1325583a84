// The two official forms of a CIFAR-10 batch, binary and python, to NHWC bytes and labels. Both keep an image as three
// planes of 1,024 bytes: red, green, blue (cs.toronto.edu/~kriz/cifar.html).

import { InputError } from "./errors.js";
import { NUMPY_GLOBALS, NumpyArray } from "./numpy-pickle.js";
import { unpickle } from "./pickle.js";
import { PickleDict, type PickleValue, shown } from "./pickle-values.js";

const PLANE = 32 * 32;
const IMAGE = 3 * PLANE;
const CLASSES = 10;

/** Bytes of a record of the binary version: a label and the pixels. */
export const CIFAR_RECORD = 1 + IMAGE;

/** A batch of 32×32 colour images. */
export interface CifarBatch {
  readonly n: number;
  /** n × 32 × 32 × 3, NHWC */
  readonly images: Uint8Array;
  /** n classes, 0 to 9 */
  readonly labels: Uint8Array;
}

/**
 * Reads a batch of the binary version: records of a label byte and 3,072 pixel bytes.
 *
 * @throws InputError where the length is no multiple of a record, or a label is over 9
 */
export function readCifarBinary(bytes: Uint8Array, what = "cifar10"): CifarBatch {
  const record = CIFAR_RECORD;
  const n = bytes.length / record;
  if (!Number.isInteger(n) || n === 0) {
    throw new InputError(`${what}: ${bytes.length} bytes; expected a multiple of ${record} (is the file truncated?)`);
  }
  const images = new Uint8Array(n * IMAGE);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    labels[i] = checkLabel(bytes[i * record]!, i, what);
    interleave(bytes, i * record + 1, images, i * IMAGE);
  }
  return { n, images, labels };
}

/**
 * Reads a batch of the python version: a pickled dict with `data` (n × 3072 uint8) and `labels`.
 *
 * @throws InputError where the pickle is broken or names anything but NumPy arrays, or data and labels do not agree
 */
export function readCifarPython(bytes: Uint8Array, what = "cifar10"): CifarBatch {
  const { value } = unpickle(bytes, { what, globals: NUMPY_GLOBALS });
  if (!(value instanceof PickleDict)) throw new InputError(`${what}: the pickle is no dict; expected a CIFAR-10 batch`);
  const data = value.get("data");
  const list = listOf(value.get("labels"));
  if (!(data instanceof NumpyArray) || list === undefined) {
    throw new InputError(`${what}: no "data" array and "labels" list; expected a CIFAR-10 batch`);
  }
  const planes = data.array;
  const n = list.length;
  if (planes.dtype !== "uint8" || planes.shape.length !== 2 || planes.shape[1] !== IMAGE || planes.shape[0] !== n) {
    throw new InputError(
      `${what}: data ${planes.dtype} [${planes.shape.join(", ")}] and ${n} labels; expected uint8 [n, ${IMAGE}] and n labels`,
    );
  }
  const images = new Uint8Array(n * IMAGE);
  const labels = Uint8Array.from(list, (label: PickleValue, i) => checkLabel(label, i, what));
  for (let i = 0; i < n; i++) interleave(planes.data, i * IMAGE, images, i * IMAGE);
  return { n, images, labels };
}

/** A list, or an array of one axis, as those have labels who made a batch of their own. */
function listOf(value: PickleValue | undefined): PickleValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (!(value instanceof NumpyArray) || value.array.shape.length !== 1) return undefined;
  return Array.from(value.array.data, Number);
}

function checkLabel(label: PickleValue, i: number, what: string): number {
  if (typeof label === "number" && Number.isInteger(label) && label >= 0 && label < CLASSES) return label;
  throw new InputError(`${what}: label ${shown(label)} of image ${i}; expected 0 to ${CLASSES - 1}`);
}

function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let p = 0; p < PLANE; p++) {
    pixels[to + 3 * p] = planes[from + p]!;
    pixels[to + 3 * p + 1] = planes[from + PLANE + p]!;
    pixels[to + 3 * p + 2] = planes[from + 2 * PLANE + p]!;
  }
}
