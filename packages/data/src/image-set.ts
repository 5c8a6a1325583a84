// A labelled set of images in memory, and what is done with it whatever it came from. Loading is elsewhere, one file a source.
import { createHash } from "node:crypto";
import { InputError } from "@er/formats";

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
}

/**
 * Puts a set together and checks it.
 *
 * @throws InputError for an empty set, labels and images of different counts, or a label outside the classes
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
  const hash = createHash("sha256")
    .update(images)
    .update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
  return { ...parts, n, channels: 3, sha256: hash.digest("hex") };
}

/**
 * Some of a set's images, with all of its classes.
 *
 * @param indices at least one, of images of the set
 */
export function imageSubset(set: ImageSet, indices: Uint32Array): ImageSet {
  const { spec, height, width, classNames } = set;
  const size = height * width * 3;
  const images = new Uint8Array(indices.length * size);
  indices.forEach((from, to) => {
    images.set(set.images.subarray(from * size, (from + 1) * size), to * size);
  });
  return imageSet({ spec, height, width, classNames, images, labels: Int32Array.from(indices, (i) => set.labels[i]!) });
}

/** A set's labels in a model's classes. */
export interface AlignedClasses {
  /** [n] indices into the model's classes. */
  readonly labels: Int32Array;
  /** [model classes], 1 where the set has the class. */
  readonly mask: Uint32Array;
  /** Model classes that the set does not have. */
  readonly missing: readonly string[];
}

/**
 * Maps a set's class names to a model's. Names that are all numbers ("0", "1", …), as of sets without names, stand for the
 * model's indices.
 *
 * @throws InputError naming the classes that the model does not know; a number past the model's last class is one
 */
export function alignClasses(set: ImageSet, modelClasses: readonly string[]): AlignedClasses {
  const numeric = set.classNames.every((name) => /^\d+$/.test(name));
  const indices = set.classNames.map((name) => {
    const index = modelClasses.indexOf(name);
    return index < 0 && numeric && Number(name) < modelClasses.length ? Number(name) : index;
  });
  const unknown = set.classNames.filter((_, i) => indices[i]! < 0);
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 3).join(", ");
    throw new InputError(
      `${set.spec}: ${unknown.length} classes that the model does not know (${shown}${unknown.length > 3 ? ", …" : ""}); the model has ${modelClasses.slice(0, 3).join(", ")}, …`,
    );
  }
  const mask = new Uint32Array(modelClasses.length);
  for (const label of set.labels) {
    mask[indices[label]!] = 1;
  }
  return {
    labels: Int32Array.from(set.labels, (label) => indices[label]!),
    mask,
    missing: modelClasses.filter((_, i) => mask[i] === 0),
  };
}

/** CIFAR-10's classes in the official order (Krizhevsky 2009). */
export const CIFAR10_CLASSES = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;
