// cifar10:DIR#train|test: the official CIFAR-10 in its binary or its python version, whichever the folder holds.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, readCifarBinary, readCifarPython } from "@er/formats";
import { CIFAR10_CLASSES } from "./class-names.js";
import { readInput, statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

export async function loadCifar10(spec: string, directory: string, split: string): Promise<ImageSet> {
  if (split !== "train" && split !== "test") {
    throw new InputError(`${spec}: part "${split}"; expected #train or #test`);
  }
  if (!(await statInput(directory)).isDirectory()) {
    throw new InputError(`${directory}: a file; expected the folder with CIFAR-10's batches`);
  }
  const batches = split === "test" ? ["test_batch"] : [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`);
  const binary = (await readdir(directory)).includes(`${batches[0]}.bin`);
  const parts = [];
  for (const batch of batches) {
    const file = join(directory, binary ? `${batch}.bin` : batch);
    const bytes = await readInput(file);
    parts.push(binary ? readCifarBinary(bytes, file) : readCifarPython(bytes, file));
  }
  const images = Buffer.concat(parts.map((part) => part.images));
  const labels = Int32Array.from(parts.flatMap((part) => [...part.labels]));
  return imageSet({ spec, height: 32, width: 32, images, labels, classNames: CIFAR10_CLASSES });
}
