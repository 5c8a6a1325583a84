// Decoded archives, kept in the user's cache folder: decoding 60,000 JPEGs takes longer than many a run's first epoch. A
// cached set is used only where its checksum still holds; a cache that cannot be used costs time, never the run.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { InputError, type NdArray, readSafetensors, writeSafetensors } from "@er/formats";
import { z } from "zod";
import { statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

/** Part of the key; to be raised when decoding changes what comes out. */
const VERSION = 2;

const ClassNames = z.array(z.string());

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
  const { n, height, width, images, labels, classNames, sha256 } = set;
  const tensors = new Map<string, NdArray>([
    ["images", { dtype: "uint8", shape: [n, height, width, 3], data: images }],
    ["labels", { dtype: "int32", shape: [n], data: labels }],
  ]);
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(temporary, writeSafetensors(tensors, { classNames: JSON.stringify(classNames), sha256 }));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    process.emitWarning(`decoded images are not cached: ${messageOf(error)}`);
  }
}

/** The cached set; undefined where there is none or it is not what was written. */
async function read(spec: string, file: string): Promise<ImageSet | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!absent) process.emitWarning(`the cache of decoded images cannot be read: ${messageOf(error)}`);
    return undefined;
  }
  try {
    const { tensors, metadata } = readSafetensors(bytes, file);
    const images = tensors.get("images");
    const labels = tensors.get("labels");
    if (images?.dtype !== "uint8" || images.shape.length !== 4 || labels?.dtype !== "int32") return undefined;
    const [, height, width] = images.shape;
    const classNames = ClassNames.parse(JSON.parse(metadata.classNames ?? "null"));
    const set = imageSet({
      spec,
      height: height!,
      width: width!,
      images: images.data,
      labels: labels.data,
      classNames,
    });
    if (set.sha256 === metadata.sha256) return set;
  } catch (error) {
    if (!(error instanceof InputError || error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
  }
  process.emitWarning(`${file} is damaged; the images are decoded again`);
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
