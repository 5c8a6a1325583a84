// A tar archive as a folder of images, with its links followed as they would be after unpacking, and never out of it.
import { posix } from "node:path";
import { InputError, type TarArchive, type TarContents, type TarEntry } from "@er/formats";
import { MOST_FILE_BYTES } from "./disk-folder.js";
import type { Folder, FolderEntry, LeftOutReason } from "./image-tree.js";
import { IMAGE_ENDING } from "./images/decode.js";

/** Links that may lead to links, as Linux allows them. */
const MOST_LINKS = 40;

interface FileNode {
  readonly kind: "file";
  readonly offset: number;
  readonly size: number;
}

interface FolderNode {
  readonly kind: "folder";
  readonly children: Map<string, Node>;
}

type Node =
  | FileNode
  | FolderNode
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "left out"; readonly why: LeftOutReason };

/** What stands at a path, with the folders that lead to it from the root, the root first. */
interface Found {
  readonly node: FileNode | FolderNode;
  readonly way: readonly FolderNode[];
}

export interface TarTree {
  /** The root's names, sorted. */
  readonly names: readonly string[];
  /** A folder of the archive; undefined where there is none. */
  folder(path: string): Folder | undefined;
}

/**
 * Goes through an archive's headers.
 *
 * @param contents what files are read from later
 * @throws InputError where the archive is broken
 */
export async function tarTree(
  archive: TarArchive,
  contents: TarContents,
  path: string,
  signal?: AbortSignal,
): Promise<TarTree> {
  const root: FolderNode = { kind: "folder", children: new Map() };
  for await (const entry of archive.entries()) {
    signal?.throwIfAborted();
    insert(root, entry, path);
  }
  return {
    names: [...root.children.keys()].sort(),
    folder(at) {
      const found = resolve([root], partsOf(at), MOST_LINKS);
      return typeof found === "string" || found.node.kind !== "folder"
        ? undefined
        : folderOf(found.node, found.way, contents);
    },
  };
}

/** The parts of a path, without empty ones and dots. */
function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** A name that comes twice stands for its last bytes, as it would after unpacking. */
function insert(root: FolderNode, entry: TarEntry, path: string): void {
  const parts = partsOf(posix.normalize(entry.name));
  const last = parts.pop();
  if (last === undefined) return;
  let folder = root;
  for (const [i, part] of parts.entries()) {
    const child = folder.children.get(part);
    if (part === ".." || (child !== undefined && child.kind !== "folder")) {
      // Above the archive, or below something that is no folder.
      folder.children.set([...parts.slice(i), last].join("/"), { kind: "left out", why: "misplaced" });
      return;
    }
    const next: FolderNode = child ?? { kind: "folder", children: new Map() };
    folder.children.set(part, next);
    folder = next;
  }
  if (last === "..") return;
  if (entry.kind === "folder") {
    if (folder.children.get(last)?.kind !== "folder")
      folder.children.set(last, { kind: "folder", children: new Map() });
    return;
  }
  if (entry.kind === "file" && entry.size > MOST_FILE_BYTES && IMAGE_ENDING.test(last)) {
    throw new InputError(`${path}: ${entry.name} has ${entry.size} bytes; expected at most ${MOST_FILE_BYTES}`);
  }
  folder.children.set(last, nodeOf(root, entry));
}

function nodeOf(root: FolderNode, { kind, offset, size, target }: TarEntry): Node {
  switch (kind) {
    case "file":
      return { kind, offset, size };
    case "symbolic link":
      return { kind: "link", target };
    case "hard link": {
      // To what stood there when it was unpacked, so to what stands there now.
      const found = resolve([root], partsOf(target), 0);
      if (typeof found === "string") return { kind: "left out", why: found };
      return found.node.kind === "file" ? found.node : { kind: "left out", why: "dangling" };
    }
    default:
      return { kind: "left out", why: "special" };
  }
}

/** Goes from a folder along a path, following up to so many links. */
function resolve(from: readonly FolderNode[], parts: readonly string[], links: number): Found | LeftOutReason {
  const way = [...from];
  let left = links;
  const rest = [...parts].reverse();
  let node: FileNode | FolderNode = way.at(-1)!;
  while (rest.length > 0) {
    const part = rest.pop()!;
    if (part === "..") {
      if (way.length === 1) return "leaving";
      way.pop();
      node = way.at(-1)!;
      continue;
    }
    if (node.kind !== "folder") return "dangling";
    const child = node.children.get(part);
    if (child === undefined) return "dangling";
    if (child.kind === "left out") return child.why;
    if (child.kind === "link") {
      if (left-- === 0) return "loop";
      if (child.target.startsWith("/")) return "leaving";
      rest.push(...partsOf(child.target).reverse());
      continue;
    }
    node = child;
    if (node.kind === "folder") way.push(node);
  }
  return { node, way };
}

function folderOf(node: FolderNode, way: readonly FolderNode[], contents: TarContents): Folder {
  return {
    id: node,
    above: way.slice(0, -1),
    entries: async () =>
      [...node.children].map(([name, child]): FolderEntry => {
        if (child.kind === "left out") return { name, ...child };
        const found = resolve(way, [name], MOST_LINKS);
        if (typeof found === "string") return { name, kind: "left out", why: found };
        if (found.node.kind === "folder") {
          return { name, kind: "folder", folder: folderOf(found.node, found.way, contents) };
        }
        const file = found.node;
        return {
          ...{ name, kind: "file" },
          file: { id: file, place: file.offset, size: file.size, read: () => contents.read(file) },
        };
      }),
  };
}
