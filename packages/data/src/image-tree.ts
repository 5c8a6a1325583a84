// Folders of images, wherever they lie: which of their files are images of which class, and what is left out and why.
import { printable } from "@er/errors";
import { InputError } from "@er/formats";
import { IMAGE_ENDING } from "./images/decode.js";

/** Where an image's bytes are. */
export interface ImageBytes {
  /** What is the same for two names of the same bytes. */
  readonly id: unknown;
  /** Where it lies among others, for reading in order. */
  readonly place: number;
  /** Bytes, where they are known beforehand. */
  readonly size: number | undefined;
  read(): Promise<Uint8Array>;
}

/** A folder, of a disk or of an archive. */
export interface Folder {
  /** What is the same for two ways to the same folder. */
  readonly id: unknown;
  /** The ids of the folders that it lies in. */
  readonly above: readonly unknown[];
  entries(): Promise<readonly FolderEntry[]>;
}

/** What a folder holds under a name; links stand for what they lead to. */
export type FolderEntry = { readonly name: string } & (
  | { readonly kind: "file"; readonly file: ImageBytes }
  | { readonly kind: "folder"; readonly folder: Folder }
  | { readonly kind: "left out"; readonly why: LeftOutReason }
);

/** Why something is left out, as a line says it of one and of several. */
const REASONS = {
  hidden: ["hidden name", "hidden names"],
  other: ["file of another kind", "files of other kinds"],
  outside: ["image outside the class folders", "images outside the class folders"],
  dangling: ["link that leads nowhere", "links that lead nowhere"],
  loop: ["link that leads back to where it is", "links that lead back to where they are"],
  leaving: ["link that leaves the archive", "links that leave the archive"],
  special: ["device, pipe or sparse file", "devices, pipes or sparse files"],
  misplaced: ["name that cannot be unpacked", "names that cannot be unpacked"],
  empty: ["folder without images", "folders without images"],
} as const;

export type LeftOutReason = keyof typeof REASONS;

/** An image of a class. */
export interface ClassImage {
  /** Path below the folder of classes: class/…/file. */
  readonly name: string;
  readonly bytes: ImageBytes;
}

/** What a folder of class folders holds. */
export interface ImageTree {
  /** Sorted by name. */
  readonly images: readonly ClassImage[];
  /** One line; undefined where nothing is left out. */
  readonly leftOut: string | undefined;
}

/** Ways that may lead to one folder; links to folders of links would have them without end. */
const MOST_WAYS = 100;

/**
 * The images of a folder of class folders. Names that begin with a dot, and `__MACOSX`, are no data.
 *
 * @throws InputError where the system refuses a folder, and where links lead to one over and over
 */
export async function imageTree(spec: string, root: Folder, signal?: AbortSignal): Promise<ImageTree> {
  const images: ClassImage[] = [];
  const leftOut = new LeftOut();
  const ways = new Map<unknown, number>();

  async function walk(folder: Folder, path: string, above: ReadonlySet<unknown>): Promise<void> {
    signal?.throwIfAborted();
    const times = (ways.get(folder.id) ?? 0) + 1;
    if (times > MOST_WAYS) {
      throw new InputError(`${spec}: over ${MOST_WAYS} ways lead to the folder ${path}; remove links`);
    }
    ways.set(folder.id, times);
    const here = new Set(above).add(folder.id);
    for (const entry of await folder.entries()) {
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.kind === "left out" && entry.why === "misplaced") {
        leftOut.add(entry.why, name);
      } else if (entry.name.startsWith(".") || entry.name === "__MACOSX") {
        leftOut.add("hidden", name);
      } else if (entry.kind === "left out") {
        leftOut.add(entry.why, name);
      } else if (entry.kind === "file") {
        if (!IMAGE_ENDING.test(entry.name)) leftOut.add("other", name);
        else if (path === "") leftOut.add("outside", name);
        else images.push({ name, bytes: entry.file });
      } else if (here.has(entry.folder.id)) {
        leftOut.add("loop", name);
      } else {
        const before = images.length;
        await walk(entry.folder, name, here);
        if (path === "" && images.length === before) leftOut.add("empty", name);
      }
    }
  }

  // A link to what the root lies in leads back to it.
  await walk(root, "", new Set(root.above));
  images.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { images, leftOut: leftOut.line() };
}

/** Names of a reason that a line shows. */
const SHOWN = 2;

class LeftOut {
  readonly #found = new Map<LeftOutReason, { count: number; names: string[] }>();

  add(why: LeftOutReason, name: string): void {
    const found = this.#found.get(why) ?? { count: 0, names: [] };
    found.count++;
    found.names.push(name);
    // The first by name, so that the line does not hang on the order of a disk.
    if (found.names.length > 64) found.names = found.names.sort().slice(0, SHOWN);
    this.#found.set(why, found);
  }

  line(): string | undefined {
    const parts = (Object.keys(REASONS) as LeftOutReason[]).flatMap((why) => {
      const found = this.#found.get(why);
      if (found === undefined) return [];
      const names = found.names.sort().slice(0, SHOWN).map(shortName).join(", ");
      return [
        `${found.count} ${REASONS[why][found.count === 1 ? 0 : 1]} (${names}${found.count > SHOWN ? ", …" : ""})`,
      ];
    });
    return parts.length === 0 ? undefined : `left out: ${parts.join(", ")}`;
  }
}

function shortName(name: string): string {
  return printable(name.length > 60 ? `…${name.slice(-59)}` : name);
}
