// imagefolder:PATH#sub/folder: a folder a class, in a directory or a .tar / .tar.gz. Classes are the sorted folder names and
// images are sorted by path, so that a set is the same wherever it is read. JPEG and PNG are decoded by sharp.
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { InputError, readTar } from "@er/formats";
import sharp from "sharp";
import { statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

interface NamedFile {
  /** Path below the sub-folder: class/…/file. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const IMAGE = /\.(jpe?g|png)$/i;

export async function loadImageFolder(
  spec: string,
  path: string,
  sub: string,
  onProgress?: (done: number, total: number) => void,
): Promise<ImageSet> {
  const isDirectory = (await statInput(path)).isDirectory();
  if (!isDirectory && !/\.(tar|tar\.gz|tgz)$/.test(path)) {
    throw new InputError(`${path}: expected a folder, a .tar or a .tar.gz`);
  }
  const files = isDirectory ? await fromDirectory(join(path, sub)) : await fromArchive(path, sub);
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const classOf = ({ name }: NamedFile) => name.slice(0, name.indexOf("/"));
  const classNames = [...new Set(files.map(classOf))].sort();
  const { images, height, width } = await decodeAll(spec, files, onProgress);
  const labels = Int32Array.from(files, (file) => classNames.indexOf(classOf(file)));
  return imageSet({ spec, height, width, images, labels, classNames });
}

async function fromDirectory(directory: string): Promise<NamedFile[]> {
  await statInput(directory);
  const entries = await readdir(directory, { recursive: true });
  const names = entries
    .map((entry) => entry.split("\\").join("/"))
    .filter((name) => IMAGE.test(name) && name.includes("/"));
  return await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(directory, name)) })));
}

async function fromArchive(path: string, sub: string): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  const prefix = sub === "" ? "" : `${posix.normalize(sub).replace(/\/$/, "")}/`;
  for await (const { name, bytes } of readTar(createReadStream(path), path)) {
    const inside = posix.normalize(name);
    const below = inside.startsWith(prefix) ? inside.slice(prefix.length) : "";
    if (IMAGE.test(below) && below.includes("/")) {
      files.push({ name: below, bytes });
    }
  }
  return files;
}

/** Images in flight: more than sharp's threads, so that none waits. */
const PARALLEL = 16;

async function decodeAll(
  spec: string,
  files: readonly NamedFile[],
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<{ images: Uint8Array; height: number; width: number }> {
  const first = files[0];
  if (first === undefined) {
    throw new InputError(`${spec}: no images in class folders; check the path and the part after "#"`);
  }
  const { height, width } = (await decode(spec, first)).info;
  const bytesPerImage = height * width * 3;
  const images = new Uint8Array(files.length * bytesPerImage);
  let next = 0;
  const worker = async () => {
    while (next < files.length) {
      const i = next++;
      const { data, info } = await decode(spec, files[i]!);
      if (info.height !== height || info.width !== width) {
        throw new InputError(
          `${spec}: ${files[i]!.name} is ${info.height}×${info.width}, others ${height}×${width}; expected one size`,
        );
      }
      images.set(data, i * bytesPerImage);
      if (i % 1000 === 999) {
        onProgress?.(i + 1, files.length);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return { images, height, width };
}

async function decode(spec: string, { name, bytes }: NamedFile) {
  try {
    return await sharp(bytes).removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw new InputError(`${spec}: ${name} cannot be decoded (${(cause as Error).message}); replace or remove it`, {
      cause,
    });
  }
}
