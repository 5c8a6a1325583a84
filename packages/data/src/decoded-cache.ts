// Decoded archives, kept in the user's cache folder: decoding 60,000 JPEGs takes longer than many a run's first epoch. A
// cached set is used only where its checksum still holds; a cache that cannot be used costs time, never the run.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { makeDirectory, writeFile } from "@er/files";
import {
  InputError,
  type NdArray,
  openFile,
  openTensors,
  type StoredTensor,
  storedInMemory,
  writerFor,
} from "@er/formats";
import { z } from "zod";
import { checkDataSize } from "./data-limit.js";
import { statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

/** Part of the key; to be raised when decoding changes what comes out. */
const VERSION = 4;

const Kept = z.object({ classNames: z.array(z.string()), leftOut: z.string().optional() });

/** The set from the cache where the file is unchanged, else from `load` and into the cache. Folders are not cached. */
export async function cached(
  spec: string,
  path: string,
  part: string,
  load: () => Promise<ImageSet>,
): Promise<ImageSet> {
  const info = await statInput(path);
  if (info.isDirectory()) return await load();
  const key = createHash("sha256")
    .update(JSON.stringify([VERSION, resolve(path), info.size, info.mtimeMs, part]))
    .digest("hex")
    .slice(0, 24);
  const { ER_CACHE, XDG_CACHE_HOME } = process.env;
  const directory = join(ER_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "er"), "decoded");
  const file = join(directory, `${key}.safetensors`);
  const kept = await read(spec, file);
  if (kept !== undefined) return kept;
  const set = await load();
  await write(directory, file, set);
  return set;
}

async function write(directory: string, file: string, set: ImageSet): Promise<void> {
  const { n, height, width, images, labels, classNames, leftOut, sha256 } = set;
  const arrays: [string, NdArray][] = [
    ["images", { dtype: "uint8", shape: [n, height, width, 3], data: images }],
    ["labels", { dtype: "int32", shape: [n], data: labels }],
  ];
  const tensors = new Map<string, StoredTensor>(arrays.map(([name, array]) => [name, storedInMemory(array)]));
  try {
    await makeDirectory(directory);
    const kept: z.infer<typeof Kept> = { classNames: [...classNames], leftOut };
    await writeFile(file, writerFor(file)(tensors, { set: JSON.stringify(kept), sha256 }));
  } catch (error) {
    process.emitWarning(`decoded images are not cached: ${messageOf(error)}`);
  }
}

/** The cached set; undefined where there is none or it is not what was written. */
async function read(spec: string, file: string): Promise<ImageSet | undefined> {
  try {
    await stat(file);
  } catch (error) {
    const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!absent) process.emitWarning(`the cache of decoded images cannot be read: ${messageOf(error)}`);
    return undefined;
  }
  let set: ImageSet | undefined;
  try {
    set = await readSet(spec, file);
  } catch (error) {
    if (!(error instanceof InputError || error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
  }
  if (set === undefined) process.emitWarning(`${file} is damaged; the images are decoded again`);
  return set;
}

async function readSet(spec: string, file: string): Promise<ImageSet | undefined> {
  const source = await openFile(file);
  try {
    const { tensors, metadata } = await openTensors(source, file);
    const [stored, storedLabels] = [tensors.get("images"), tensors.get("labels")];
    const [n, height, width] = stored?.shape ?? [];
    if (stored?.shape.length !== 4 || storedLabels === undefined) return undefined;
    checkDataSize(spec, n!, { height: height!, width: width! });
    const [images, labels] = [await stored.read(), await storedLabels.read()];
    if (images.dtype !== "uint8" || labels.dtype !== "int32") return undefined;
    const { classNames, leftOut } = Kept.parse(JSON.parse(metadata.set ?? "null"));
    const set = imageSet({
      ...{ spec, height: height!, width: width!, classNames, leftOut },
      images: images.data,
      labels: labels.data,
    });
    return set.sha256 === metadata.sha256 ? set : undefined;
  } finally {
    await source.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
