// npz:FILE and npy:IMAGES,LABELS: uint8 images [n, h, w, 3] and integer labels, as CIFAR-10.1 and CIFAR-10-Neg come. Such
// files name no classes, so the classes are called by their numbers, which alignClasses maps to a model's by index.
import { InputError, type NdArray, readNpy, readNpz } from "@er/formats";
import { readInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

/** More classes than any image classification set has; a label past this is no label. */
const MOST_CLASSES = 65_536;

export async function loadNpz(spec: string, file: string): Promise<ImageSet> {
  const arrays = await readNpz(await readInput(file), file);
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

function fromArrays(spec: string, images: NdArray, labels: NdArray): ImageSet {
  const [, height, width, channels] = images.shape;
  if (images.dtype !== "uint8" || images.shape.length !== 4 || channels !== 3) {
    throw new InputError(
      `${spec}: images are ${images.dtype} [${images.shape.join(", ")}]; expected uint8 [n, height, width, 3]`,
    );
  }
  if (labels.shape.length !== 1 || !/^u?int/.test(labels.dtype)) {
    throw new InputError(`${spec}: labels are ${labels.dtype} [${labels.shape.join(", ")}]; expected integers [n]`);
  }
  const integers = new Int32Array(labels.data.length);
  let classes = 0;
  for (let i = 0; i < integers.length; i++) {
    const label = Number(labels.data[i]!);
    if (label < 0 || label >= MOST_CLASSES) {
      throw new InputError(`${spec}: label ${label} of image ${i} is outside 0 … ${MOST_CLASSES - 1}`);
    }
    integers[i] = label;
    classes = Math.max(classes, label + 1);
  }
  const classNames = Array.from({ length: classes }, (_, i) => String(i));
  return imageSet({ spec, height: height!, width: width!, images: images.data, labels: integers, classNames });
}
