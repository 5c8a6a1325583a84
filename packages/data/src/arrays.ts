// npz:FILE and npy:IMAGES,LABELS: uint8 images [n, h, w, 3] and integer labels, as CIFAR-10.1 and CIFAR-10.2 come.
import { InputError, type NdArray, readNpy, readNpz } from "@er/formats";
import { readInput } from "./files.js";
import { CIFAR10_CLASSES, type ImageSet, imageSet } from "./image-set.js";

export async function loadNpz(spec: string, file: string): Promise<ImageSet> {
  const arrays = readNpz(await readInput(file), file);
  const images = arrays.get("data") ?? arrays.get("images");
  const labels = arrays.get("labels");
  if (images === undefined || labels === undefined) {
    throw new InputError(`${file}: keys ${[...arrays.keys()].join(", ")}; expected "data" or "images", and "labels"`);
  }
  return fromArrays(spec, images, labels);
}

export async function loadNpy(spec: string, files: string): Promise<ImageSet> {
  const [imageFile, labelFile, more] = files.split(",");
  if (!imageFile || !labelFile || more !== undefined) {
    throw new InputError(`${spec}: expected npy:IMAGES,LABELS, two files`);
  }
  return fromArrays(
    spec,
    readNpy(await readInput(imageFile), imageFile),
    readNpy(await readInput(labelFile), labelFile),
  );
}

/** Ten classes are taken for CIFAR-10's, as in every published array set of this kind; others are named by number. */
function fromArrays(spec: string, images: NdArray, labels: NdArray): ImageSet {
  const [, height, width, channels] = images.shape;
  if (images.dtype !== "uint8" || images.shape.length !== 4 || channels !== 3) {
    throw new InputError(
      `${spec}: images are ${images.dtype} [${images.shape.join(", ")}]; expected uint8 [n, height, width, 3]`,
    );
  }
  const integers = Int32Array.from(labels.data as ArrayLike<number | bigint>, Number);
  const classes = integers.reduce((most, label) => Math.max(most, label + 1), 0);
  const classNames = classes <= 10 ? CIFAR10_CLASSES : Array.from({ length: classes }, (_, i) => String(i));
  return imageSet({ spec, height: height!, width: width!, images: images.data, labels: integers, classNames });
}
