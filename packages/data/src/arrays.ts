// npz:FILE and npy:IMAGES,LABELS: uint8 images [n, h, w, 3] and integer labels, as CIFAR-10.1 and CIFAR-10-Neg come. Such
// files name no classes, so the classes are called by their numbers. What the arrays are is known before they are read.
import { InputError, type NdArray, openFile, openNpy, openNpzFile, type StoredTensor } from "@er/formats";
import { MOST_CLASSES } from "./class-names.js";
import { checkDataSize } from "./data-limit.js";
import { type ImageSet, imageSet } from "./image-set.js";

export async function loadNpz(spec: string, file: string): Promise<ImageSet> {
  const source = await openFile(file);
  try {
    const npz = await openNpzFile(source, file);
    if (npz.keys.includes("data") && npz.keys.includes("images")) {
      throw new InputError(`${file}: both "data" and "images", and which is meant is not known; leave one out`);
    }
    const images = (await npz.array("data")) ?? (await npz.array("images"));
    const labels = await npz.array("labels");
    if (images === undefined || labels === undefined) {
      throw new InputError(`${file}: keys ${npz.keys.join(", ") || "none"}; expected "data" or "images", and "labels"`);
    }
    return await fromArrays(spec, images, labels);
  } finally {
    await source.close();
  }
}

export async function loadNpy(spec: string, imageFile: string, labelFile: string): Promise<ImageSet> {
  const images = await openFile(imageFile);
  try {
    const labels = await openFile(labelFile);
    try {
      return await fromArrays(spec, await openNpy(images, imageFile), await openNpy(labels, labelFile));
    } finally {
      await labels.close();
    }
  } finally {
    await images.close();
  }
}

async function fromArrays(spec: string, images: StoredTensor, labels: StoredTensor): Promise<ImageSet> {
  const [n, height, width, channels] = images.shape;
  if (images.dtype !== "uint8" || images.shape.length !== 4 || channels !== 3) {
    throw new InputError(
      `${spec}: images are ${images.dtype} [${images.shape.join(", ")}]; expected uint8 [n, height, width, 3]`,
    );
  }
  if (labels.shape.length !== 1 || !/^u?int/.test(labels.dtype)) {
    throw new InputError(`${spec}: labels are ${labels.dtype} [${labels.shape.join(", ")}]; expected integers [n]`);
  }
  if (labels.shape[0] !== n) {
    throw new InputError(`${spec}: ${n} images but ${labels.shape[0]} labels; expected one label an image`);
  }
  checkDataSize(spec, n!, { height: height!, width: width! });
  const { integers, classes } = labelsOf(spec, await labels.read());
  const pixels = (await images.read()) as NdArray<"uint8">;
  const classNames = Array.from({ length: classes }, (_, i) => String(i));
  return imageSet({ spec, height: height!, width: width!, images: pixels.data, labels: integers, classNames });
}

function labelsOf(spec: string, { data }: NdArray): { integers: Int32Array; classes: number } {
  const integers = new Int32Array(data.length);
  let classes = 0;
  for (let i = 0; i < integers.length; i++) {
    const label = Number(data[i]!);
    if (label < 0 || label >= MOST_CLASSES) {
      throw new InputError(`${spec}: label ${label} of image ${i} is outside 0 … ${MOST_CLASSES - 1}`);
    }
    integers[i] = label;
    classes = Math.max(classes, label + 1);
  }
  return { integers, classes };
}
