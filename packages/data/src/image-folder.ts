// imagefolder:PATH#sub/folder: a folder a class, in a directory or a .tar / .tar.gz. Classes are the sorted folder names and
// images are sorted by path, so that a set is the same wherever it is read. JPEG and PNG are decoded by sharp.
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { InputError, readTar } from "@er/formats";
import sharp from "sharp";
import { readInput, statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

interface NamedFile {
  /** Path below the sub-folder: class/…/file. */
  readonly name: string;
  readonly read: () => Promise<Uint8Array>;
}

export interface DecodeOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const IMAGE = /\.(jpe?g|png)$/i;

export async function loadImageFolder(
  spec: string,
  path: string,
  sub: string,
  options: DecodeOptions,
): Promise<ImageSet> {
  const isDirectory = (await statInput(path)).isDirectory();
  if (!isDirectory && !/\.(tar|tar\.gz|tgz)$/.test(path)) {
    throw new InputError(`${path}: expected a folder, a .tar or a .tar.gz`);
  }
  const files = isDirectory ? await fromDirectory(join(path, sub)) : await fromArchive(path, sub, options);
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const classOf = ({ name }: NamedFile) => name.slice(0, name.indexOf("/"));
  const classNames = [...new Set(files.map(classOf))].sort();
  const { images, height, width } = await decodeAll(spec, files, options);
  const indices = new Map(classNames.map((name, index) => [name, index]));
  const labels = Int32Array.from(files, (file) => indices.get(classOf(file))!);
  return imageSet({ spec, height, width, images, labels, classNames });
}

async function fromDirectory(directory: string): Promise<NamedFile[]> {
  await statInput(directory);
  const entries = await readdir(directory, { recursive: true });
  return entries
    .map((entry) => entry.split("\\").join("/"))
    .filter((name) => IMAGE.test(name) && name.includes("/"))
    .map((name) => ({ name, read: () => readInput(join(directory, name)) }));
}

async function fromArchive(path: string, sub: string, { signal }: DecodeOptions): Promise<NamedFile[]> {
  const files = new Map<string, NamedFile>();
  const prefix = sub === "" ? "" : `${posix.normalize(sub).replace(/^\.?\/|\/$/g, "")}/`;
  const folders = new Set<string>();
  for await (const { name, bytes } of readTar(createReadStream(path), path)) {
    signal?.throwIfAborted();
    const inside = posix.normalize(name);
    folders.add(inside.split("/", 1)[0]!);
    const below = inside.startsWith(prefix) ? inside.slice(prefix.length) : "";
    // A name that comes twice stands for its last bytes, as it would after unpacking.
    if (IMAGE.test(below) && below.includes("/")) files.set(below, { name: below, read: async () => bytes });
  }
  if (files.size === 0) {
    const found = [...folders].sort().slice(0, 8).join(", ");
    throw new InputError(
      `${path}: no JPEG or PNG in class folders below "${prefix}"; the archive holds ${found || "no files"}`,
    );
  }
  return [...files.values()];
}

/** Images in flight: more than sharp's threads, so that none waits. */
const PARALLEL = 16;

/** Images between two reports of progress. */
const REPORT_EVERY = 1000;

async function decodeAll(
  spec: string,
  files: readonly NamedFile[],
  { onProgress, signal }: DecodeOptions,
): Promise<{ images: Uint8Array; height: number; width: number }> {
  const first = files[0];
  if (first === undefined) {
    throw new InputError(`${spec}: no images in class folders; check the path and the part after "#"`);
  }
  const { height, width } = (await decode(spec, first)).info;
  const bytesPerImage = height * width * 3;
  const images = new Uint8Array(files.length * bytesPerImage);
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < files.length) {
      signal?.throwIfAborted();
      const i = next++;
      const { data, info } = await decode(spec, files[i]!);
      if (info.height !== height || info.width !== width) {
        throw new InputError(
          `${spec}: ${files[i]!.name} is ${info.height}×${info.width}, ${first.name} ${height}×${width}; expected one size`,
        );
      }
      images.set(data, i * bytesPerImage);
      done++;
      if (done % REPORT_EVERY === 0 || done === files.length) onProgress?.(done, files.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, work));
  } finally {
    // After a failure the other workers stop at their next image.
    next = files.length;
  }
  return { images, height, width };
}

async function decode(spec: string, file: NamedFile) {
  const bytes = await file.read();
  try {
    return await sharp(bytes, { failOn: "warning" })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
    throw new InputError(`${spec}: ${file.name} cannot be decoded (${reason}); replace or remove it`, { cause });
  }
}
