// record.jsonl: what a directory is, in its first line, and what was written into it, a line a file with its size and SHA-256. A
// line comes before the file it tells of takes its place, and the next line after it: so a file is whole that is as its last line
// says, and where that is the last of all, also as the one before.
import { InputError } from "@er/errors";
import { appendFile, sha256, type Written, writeFile } from "@er/files";
import { z } from "zod";
import { parseJson } from "./json.js";

export const INVENTORY = "record.jsonl";

/** Raised when what a record is changes so that older programs would misread it. */
const VERSION = 1;

const FORMATS = ["er-run", "er-testbed", "er-estimate"] as const;

/** A kind of record, so that nothing else is ever taken for one, gone on with or removed. */
export interface RecordKind {
  readonly format: (typeof FORMATS)[number];
  /** What people call it. */
  readonly word: string;
  /** Whether --resume goes on with one. */
  readonly goesOn: boolean;
  /** The file without which nothing was begun. */
  readonly essential: string;
}

/** A path below the record's directory: what an inventory lists may be removed, so it never leads out. */
const below = z
  .string()
  .refine(
    (path) => path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
    "a path that leads out",
  );

const markerSchema = z.object({ format: z.enum(FORMATS), version: z.number(), began: z.string() });
const lineSchema = z.union([
  z.object({ file: below, bytes: z.number(), sha256: z.string() }),
  /** A file that is added to, whose sum changes with each line. */
  z.object({ log: below }),
  /** A record within this one, with an inventory of its own. */
  z.object({ record: below }),
  z.object({ removed: below }),
]);
type Line = z.infer<typeof lineSchema>;

/** What a record holds, or says that it holds. */
export class Inventory {
  readonly format: RecordKind["format"];
  readonly #began: string;
  /** By file, what it must be; two where the newer may not have taken its place yet. */
  readonly #files = new Map<string, Written[]>();
  /** The file that the last line tells of. */
  #newest: string | undefined;
  readonly #logs = new Set<string>();
  readonly #records = new Set<string>();

  constructor(format: RecordKind["format"], began = new Date().toISOString()) {
    this.format = format;
    this.#began = began;
  }

  /**
   * Reads an inventory. A last line that was cut off is none: the file it was to tell of did not take its place.
   *
   * @param where how messages name the file
   * @throws InputError for what is no inventory, is damaged, or is of a later version
   */
  static parse(text: string, where: string): Inventory {
    const [first = "", ...lines] = text.split("\n").slice(0, -1);
    const marker = markerSchema.safeParse(parseJson(first, `${where}:1`));
    if (!marker.success) {
      throw new InputError(`${where}: not a record of er (its first line says no format); give another directory`);
    }
    if (marker.data.version !== VERSION) {
      throw new InputError(
        `${where}: version ${marker.data.version} of records; this program knows ${VERSION}: use the one that wrote it`,
      );
    }
    const inventory = new Inventory(marker.data.format, marker.data.began);
    for (const [i, line] of lines.entries()) {
      const parsed = lineSchema.safeParse(parseJson(line, `${where}:${i + 2}`));
      if (!parsed.success) {
        throw new InputError(`${where}:${i + 2}: damaged; restore the file from a copy, or begin anew elsewhere`);
      }
      inventory.#add(parsed.data);
    }
    return inventory;
  }

  /** By file, what it must be; two where the newer may not have taken its place yet. */
  get files(): ReadonlyMap<string, readonly Written[]> {
    return this.#files;
  }

  get logs(): ReadonlySet<string> {
    return this.#logs;
  }

  get records(): ReadonlySet<string> {
    return this.#records;
  }

  /**
   * Whether anything was written after the file without which nothing was begun, which may be lost by now.
   *
   * @param essential as in {@link RecordKind}
   */
  wentPast(essential: string): boolean {
    const files = [...this.#files.keys()];
    const at = files.indexOf(essential);
    return this.#logs.size > 0 || this.#records.size > 0 || (at >= 0 && at < files.length - 1);
  }

  /**
   * Settles whether the file that the last line tells of took its place, which who goes on must know before the next line.
   *
   * @param sum tells the SHA-256 of the file that is there; undefined where there is none
   * @param path where the inventory is, which is written anew
   */
  async settle(path: string, sum: (file: string) => Promise<string | undefined>): Promise<void> {
    const file = this.#newest;
    const written = file === undefined ? undefined : this.#files.get(file);
    if (file !== undefined && written !== undefined && written.length > 1) {
      const found = await sum(file);
      this.#files.set(file, [written.find(({ sha256: each }) => each === found) ?? written.at(-1)!]);
    }
    await this.write(path);
  }

  /** Writes it anew, without what later lines have made void. */
  async write(path: string): Promise<void> {
    const lines: Line[] = [
      ...[...this.#files].flatMap(([file, versions]) => versions.map((written) => ({ file, ...written }))),
      ...[...this.#logs].map((log) => ({ log })),
      ...[...this.#records].map((record) => ({ record })),
    ];
    const marker = { format: this.format, version: VERSION, began: this.#began };
    await writeFile(path, [marker, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  /** Notes a line, on the disk before this returns. */
  async note(path: string, line: Line): Promise<void> {
    await appendFile(path, `${JSON.stringify(line)}\n`, { sync: true });
    this.#add(line);
  }

  /** What the file must be, whole. */
  isWhole(file: string, contents: string | Uint8Array): boolean {
    return this.#files.get(file)?.some((written) => written.sha256 === sha256(contents)) ?? false;
  }

  #add(line: Line): void {
    this.#forgetReplaced();
    if ("log" in line) {
      this.#logs.add(line.log);
    } else if ("record" in line) {
      this.#records.add(line.record);
    } else if ("removed" in line) {
      this.#files.delete(line.removed);
      this.#logs.delete(line.removed);
    } else {
      const { file, ...written } = line;
      this.#files.set(file, [...(this.#files.get(file) ?? []), written]);
      this.#newest = file;
    }
  }

  /** A next line is written only once the file before has taken its place. */
  #forgetReplaced(): void {
    const written = this.#newest === undefined ? undefined : this.#files.get(this.#newest);
    if (written !== undefined) this.#files.set(this.#newest!, written.slice(-1));
    this.#newest = undefined;
  }
}
