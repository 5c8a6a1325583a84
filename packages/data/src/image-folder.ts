// imagefolder:PATH#sub/folder: a folder a class, in a directory or a .tar / .tar.gz. Classes are the sorted folder names (by
// number where all are numbers) and images are sorted by path, so that a set is the same wherever it is read.
import { join } from "node:path";
import { InputError, openTar } from "@er/formats";
import { areNumbers } from "./class-names.js";
import { type DecodeOptions, decodeImages } from "./decode-images.js";
import { diskFolder } from "./disk-folder.js";
import { statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";
import { type ClassImage, type ImageTree, imageTree } from "./image-tree.js";
import { tarTree } from "./tar-folder.js";

export async function loadImageFolder(
  spec: string,
  path: string,
  sub: string,
  options: DecodeOptions,
): Promise<ImageSet> {
  if ((await statInput(path)).isDirectory()) {
    const tree = await imageTree(spec, await diskFolder(join(path, sub)), options.signal);
    return await setOf(spec, tree, options, `check the path and the part after "#"`);
  }
  const archive = await openTar(path);
  if (archive === undefined) throw new InputError(`${path}: expected a folder, a .tar or a .tar.gz`);
  const contents = archive.contents();
  try {
    const files = await tarTree(archive, contents, path, options.signal);
    const folder = files.folder(sub);
    const holds = `the archive holds ${files.names.slice(0, 8).join(", ") || "no files"}`;
    if (folder === undefined) throw new InputError(`${path}: no folder "${sub}"; ${holds}`);
    return await setOf(spec, await imageTree(spec, folder, options.signal), options, holds);
  } finally {
    contents.close();
    await archive.close();
  }
}

/** @param hint what helps where there are no images */
async function setOf(
  spec: string,
  { images, leftOut }: ImageTree,
  options: DecodeOptions,
  hint: string,
): Promise<ImageSet> {
  if (images.length === 0) {
    throw new InputError(`${spec}: no images in class folders; ${hint}${leftOut === undefined ? "" : `; ${leftOut}`}`);
  }
  const classNames = sortedClasses(new Set(images.map(classOf)));
  const indices = new Map(classNames.map((name, index) => [name, index]));
  const labels = Int32Array.from(images, (image) => indices.get(classOf(image))!);
  return imageSet({ spec, ...(await decodeImages(spec, images, options)), labels, classNames, leftOut });
}

const classOf = ({ name }: ClassImage) => name.slice(0, name.indexOf("/"));

function sortedClasses(names: ReadonlySet<string>): string[] {
  const sorted = [...names].sort();
  return areNumbers(sorted) ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted;
}
