// A labelled set of images in memory, and what is done with it whatever it came from. Loading is elsewhere, one file a source.
import { createHash } from "node:crypto";
import { InputError } from "@er/formats";
import { areNumbers, twinsAmong } from "./class-names.js";

export interface ImageSet {
  /** The spec string it was loaded from. */
  readonly spec: string;
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 3;
  /** [n, height, width, 3] uint8, row-major, red first. */
  readonly images: Uint8Array;
  /** [n] indices into classNames. */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** Of the pixels and labels, hexadecimal. */
  readonly sha256: string;
  /** Class names are numbers that the user says are indices of a model's outputs, whatever its classes are called. */
  readonly numbersAreOutputs?: true;
  /** What of its source is not in it, with counts and why, in one line; undefined where everything is. */
  readonly leftOut?: string | undefined;
}

/** Bytes handed to the hash at once; it takes less than 2 GiB. */
const PIECE = 1 << 28;

/**
 * Puts a set together and checks it.
 *
 * @throws InputError for an empty set, labels and images of different counts, a label outside the classes, and class names that
 *   cannot be told apart
 */
export function imageSet(parts: Omit<ImageSet, "n" | "channels" | "sha256">): ImageSet {
  const { spec, height, width, images, labels, classNames } = parts;
  const n = images.length / (height * width * 3);
  if (n === 0 || height * width === 0) {
    throw new InputError(`${spec}: no images; check the path and the part after "#"`);
  }
  if (labels.length !== n) {
    throw new InputError(`${spec}: ${n} images but ${labels.length} labels; expected one label an image`);
  }
  const outside = labels.findIndex((label) => label < 0 || label >= classNames.length);
  if (outside >= 0) {
    throw new InputError(
      `${spec}: label ${labels[outside]} of image ${outside} is outside 0 … ${classNames.length - 1}`,
    );
  }
  refuseTwins(spec, classNames);
  const hash = createHash("sha256");
  for (let at = 0; at < images.length; at += PIECE) hash.update(images.subarray(at, at + PIECE));
  hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  return { ...parts, n, channels: 3, sha256: hash.digest("hex") };
}

function refuseTwins(spec: string, classNames: readonly string[]): void {
  const twins =
    twinsAmong(classNames) ??
    (areNumbers(classNames) ? twinsAmong(classNames.map((name) => String(Number(name)))) : undefined);
  if (twins !== undefined) {
    const [a, b] = twins;
    throw new InputError(
      `${spec}: classes "${classNames[a]}" and "${classNames[b]}", which differ in case, encoding or zeros alone; give them one name, or two that differ`,
    );
  }
}

/**
 * Some of a set's images, with all of its classes.
 *
 * @param indices at least one, of images of the set
 */
export function imageSubset(set: ImageSet, indices: Uint32Array): ImageSet {
  const { height, width } = set;
  const size = height * width * 3;
  const images = new Uint8Array(indices.length * size);
  indices.forEach((from, to) => {
    images.set(set.images.subarray(from * size, (from + 1) * size), to * size);
  });
  return imageSet({ ...set, images, labels: Int32Array.from(indices, (i) => set.labels[i]!) });
}
