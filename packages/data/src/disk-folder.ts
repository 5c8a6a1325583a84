// A directory as a folder of images. Links are followed, as torchvision follows them.
import type { Dirent, Stats } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileFailure } from "@er/files";
import { InputError } from "@er/formats";
import type { Folder, FolderEntry, ImageBytes } from "./image-tree.js";

/** A file larger than this is no image. */
export const MOST_FILE_BYTES = 1 << 30;

/** @throws InputError where it cannot be looked at or is no directory */
export async function diskFolder(path: string): Promise<Folder> {
  let info: Stats;
  try {
    info = await stat(path);
  } catch (cause) {
    throw fileFailure(path, "read", cause);
  }
  if (!info.isDirectory()) throw new InputError(`${path}: a file; expected a folder of class folders`);
  const above: string[] = [];
  try {
    for (let at = await realpath(path); dirname(at) !== at; ) {
      at = dirname(at);
      above.push(idOf(await stat(at)));
    }
  } catch (cause) {
    throw fileFailure(path, "read", cause);
  }
  return folderAt(path, info, above);
}

const idOf = ({ dev, ino }: Stats) => `${dev}:${ino}`;

function folderAt(path: string, info: Stats, above: readonly string[]): Folder {
  const id = idOf(info);
  return { id, above, entries: () => entriesOf(path, [...above, id]) };
}

async function entriesOf(directory: string, above: readonly string[]): Promise<FolderEntry[]> {
  let found: Dirent[];
  try {
    found = await readdir(directory, { withFileTypes: true });
  } catch (cause) {
    throw fileFailure(directory, "read", cause);
  }
  const entries: FolderEntry[] = [];
  for (const entry of found) entries.push(await entryOf(directory, entry, above));
  return entries;
}

async function entryOf(directory: string, entry: Dirent, above: readonly string[]): Promise<FolderEntry> {
  const { name } = entry;
  const path = join(directory, name);
  if (entry.isFile()) return { name, kind: "file", file: fileAt(path) };
  let info: Stats;
  try {
    info = await stat(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return { name, kind: "left out", why: "dangling" };
    if (code === "ELOOP") return { name, kind: "left out", why: "loop" };
    throw fileFailure(path, "read", cause);
  }
  if (info.isDirectory()) return { name, kind: "folder", folder: folderAt(path, info, above) };
  if (info.isFile()) return { name, kind: "file", file: fileAt(path) };
  return { name, kind: "left out", why: "special" };
}

function fileAt(path: string): ImageBytes {
  return { id: path, place: 0, size: undefined, read: () => readImageFile(path) };
}

async function readImageFile(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > MOST_FILE_BYTES) {
        throw new InputError(`${path}: ${size} bytes; expected an image of at most ${MOST_FILE_BYTES}`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileFailure(path, "read", cause);
  }
}
