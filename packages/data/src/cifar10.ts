// cifar10:DIR#train|test: the official CIFAR-10 in its binary or its python version, whichever the folder holds.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CIFAR_RECORD, type CifarBatch, InputError, openFile, readCifarBinary, readCifarPython } from "@er/formats";
import { CIFAR10_CLASSES } from "./class-names.js";
import { checkDataSize } from "./data-limit.js";
import { readInput, statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

const SIZE = { height: 32, width: 32 } as const;

/** Records of the binary version that are read at once; an official batch has 10,000. */
const RECORDS_AT_ONCE = 10_000;

export async function loadCifar10(spec: string, directory: string, split: string): Promise<ImageSet> {
  if (split !== "train" && split !== "test") {
    throw new InputError(`${spec}: part "${split}"; expected #train or #test`);
  }
  if (!(await statInput(directory)).isDirectory()) {
    throw new InputError(`${directory}: a file; expected the folder with CIFAR-10's batches`);
  }
  const batches = split === "test" ? ["test_batch"] : [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`);
  const binary = (await readdir(directory)).includes(`${batches[0]}.bin`);
  const files = batches.map((batch) => join(directory, binary ? `${batch}.bin` : batch));
  let bytes = 0;
  for (const file of files) bytes += (await statInput(file)).size;
  // A pickle has other bytes beside the images', so that this is a little more than there are.
  checkDataSize(spec, Math.floor(bytes / CIFAR_RECORD), SIZE);
  const parts: CifarBatch[] = [];
  for (const file of files) {
    parts.push(...(binary ? await readBinary(file) : [readCifarPython(await readInput(file), file)]));
  }
  const images = Buffer.concat(parts.map((part) => part.images));
  const labels = Int32Array.from(Buffer.concat(parts.map((part) => part.labels)));
  return imageSet({ spec, ...SIZE, images, labels, classNames: CIFAR10_CLASSES });
}

async function readBinary(file: string): Promise<CifarBatch[]> {
  const source = await openFile(file);
  try {
    const parts: CifarBatch[] = [];
    const most = RECORDS_AT_ONCE * CIFAR_RECORD;
    for (let at = 0; at < source.size || at === 0; at += most) {
      const what = at === 0 ? file : `${file} from image ${at / CIFAR_RECORD} on`;
      parts.push(readCifarBinary(await source.read(at, Math.min(most, source.size - at)), what));
    }
    return parts;
  } finally {
    await source.close();
  }
}
