// A record as it is written: by one process at a time, each file noted in the inventory before it takes its place, and nothing
// ever removed that the inventory does not list.
import { lstat, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "@er/errors";
import {
  appendFile,
  type Contents,
  clearTemporaries,
  fileFailure,
  fileSha256,
  type Lock,
  lockDirectory,
  makeDirectory,
  writeFile,
} from "@er/files";
import { writeNpy } from "@er/formats";
import type { Logits } from "@er/metrics";
import { INVENTORY, Inventory, type RecordKind } from "./inventory.js";
import { logitsFile } from "./logits-file.js";
import { type Evaluation, evaluationLines, METRICS_FILE, RunRecord } from "./record.js";
import { entriesOf, unlistedIn } from "./record-entries.js";
import { asUint16 } from "./uint16-classes.js";

/** How many names a message gives. */
const NAMED = 3;

/**
 * Whether a record may begin in a directory.
 *
 * @throws InputError where anything but such a record is there, and where one is that is not to be replaced
 */
export async function refuseIfTaken(directory: string, kind: RecordKind, overwrite: boolean): Promise<void> {
  const record = new RunRecord(directory);
  const inventory = await record.inventory();
  if (inventory === undefined) {
    const entries = await entriesOf(directory);
    if (entries.length > 0) {
      throw new InputError(
        `${directory}: holds other files (${few(entries)}), no ${kind.word} of er; give a new or an empty directory`,
      );
    }
    return;
  }
  if (inventory.format !== kind.format) {
    throw new InputError(`${directory}: holds a record of another kind (${inventory.format}); give another directory`);
  }
  if (!overwrite) await refuseIfBegun(record, inventory, kind);
  const unlisted = await unlistedIn(directory);
  if (unlisted.length > 0) {
    throw new InputError(
      `${directory}: holds files that the ${kind.word} did not write (${few(unlisted)}), so it is not replaced; move them away, or give another directory`,
    );
  }
}

/** One that was killed before its essential file was there had not begun; one that lost the file had. */
async function refuseIfBegun(record: RunRecord, inventory: Inventory, kind: RecordKind): Promise<void> {
  const { directory } = record;
  if (await record.exists(kind.essential)) {
    throw new InputError(
      `${directory}: holds a ${kind.word} already; give ${kind.goesOn ? "--resume to go on, " : ""}--overwrite to replace it, or another directory`,
    );
  }
  if (inventory.wentPast(kind.essential)) {
    throw new InputError(
      `${directory}: holds a ${kind.word} whose ${kind.essential} is missing; restore that from a copy, give --overwrite to replace the ${kind.word}, or another directory`,
    );
  }
}

function few(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${more}`;
}

export interface OpenOptions {
  /** What writes, for others to read in the lock. */
  readonly command: string;
  /** Told of a lock whose holder is gone. */
  readonly onTakeOver: (text: string) => void;
}

export class OpenRecord extends RunRecord {
  readonly #kind: RecordKind;
  readonly #lock: Lock;
  readonly #options: OpenOptions;
  #own: Inventory | undefined;

  private constructor(directory: string, kind: RecordKind, lock: Lock, options: OpenOptions) {
    super(directory);
    this.#kind = kind;
    this.#lock = lock;
    this.#options = options;
  }

  /**
   * Takes a directory's lock, making the directory where it is not there. Nothing is written yet: {@link begin} or {@link goOn}
   * comes next.
   *
   * @throws InputError where somebody else writes there
   */
  static async lock(directory: string, kind: RecordKind, options: OpenOptions): Promise<OpenRecord> {
    return new OpenRecord(directory, kind, await lockDirectory(directory, options), options);
  }

  /** Gives the lock back. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  /**
   * Begins the record, in the place of one that is here.
   *
   * @throws InputError as {@link refuseIfTaken} with `overwrite`
   */
  async begin(): Promise<void> {
    await this.clear();
    this.#own = new Inventory(this.#kind.format);
    await this.#own.write(this.path(INVENTORY));
  }

  /**
   * Goes on with the record that is here, and clears what a killed writer left.
   *
   * @throws InputError where there is none of this kind
   */
  async goOn(): Promise<void> {
    const inventory = await super.inventory();
    if (inventory?.format !== this.#kind.format) {
      throw new InputError(`${this.directory}: no ${this.#kind.word} of er to go on with; ${INVENTORY} is missing`);
    }
    await clearTemporaries(this.directory);
    await this.#settle(inventory);
    this.#own = inventory;
  }

  override async inventory(): Promise<Inventory | undefined> {
    return this.#own ?? (await super.inventory());
  }

  /**
   * Writes a file whole or not at all, and notes it.
   *
   * @param file below the directory, with "/" between its parts
   * @throws InputError or FileError where it cannot be written; InputError where the lock was lost
   */
  async write(file: string, contents: Contents): Promise<void> {
    const inventory = await this.#writable(file);
    try {
      await writeFile(this.path(file), contents, {
        beforeReplacing: async (written) => {
          await this.#lock.check();
          await inventory.note(this.path(INVENTORY), { file, ...written });
        },
      });
    } catch (error) {
      // The first error is the one to tell; what could not be settled now is by who goes on.
      await this.#settle(inventory).catch(() => undefined);
      throw error;
    }
  }

  async #settle(inventory: Inventory): Promise<void> {
    await inventory.settle(this.path(INVENTORY), async (file) =>
      (await this.exists(file)) ? (await fileSha256(this.path(file))).sha256 : undefined,
    );
  }

  async writeJson(file: string, value: unknown): Promise<void> {
    await this.write(file, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Adds to the end of a log. What was added last may be cut short where the machine stops. */
  async append(file: string, contents: string | Uint8Array): Promise<void> {
    const inventory = await this.#writable(file);
    await this.#noteLog(inventory, file);
    await appendFile(this.path(file), contents);
  }

  /** Replaces a log whole. */
  async writeLog(file: string, contents: Contents): Promise<void> {
    const inventory = await this.#writable(file);
    await this.#noteLog(inventory, file);
    await writeFile(this.path(file), contents);
  }

  /** Removes a file of the record. */
  async remove(file: string): Promise<void> {
    const inventory = await this.#writable(file);
    await rm(this.path(file), { force: true });
    await inventory.note(this.path(INVENTORY), { removed: file });
  }

  /** A record within this one, locked by itself; not begun yet. */
  async within(directory: string, kind: RecordKind): Promise<OpenRecord> {
    const inventory = await this.#writable(directory);
    if (!inventory.records.has(directory)) {
      await inventory.note(this.path(INVENTORY), { record: directory });
    }
    return await OpenRecord.lock(this.path(directory), kind, this.#options);
  }

  async writeEvaluations(evaluations: readonly Evaluation[]): Promise<void> {
    await this.write(METRICS_FILE, evaluationLines(evaluations));
  }

  /**
   * Predicted classes of a split after a step, as uint16 .npy.
   *
   * @throws InputError for a class that uint16 does not hold
   */
  async writePredictions(splitName: string, step: number, predicted: Uint32Array): Promise<void> {
    const array = { dtype: "uint16", shape: [predicted.length], data: asUint16(predicted, splitName) } as const;
    await this.write(predictionsFile(splitName, step), writeNpy(array));
  }

  /** Logits of a split after a step, as float16 .npy [n, classes]. */
  async writeLogits(splitName: string, step: number, logits: Logits): Promise<void> {
    await this.write(`logits/${splitName}/${step}.npy`, logitsFile(logits));
  }

  async #noteLog(inventory: Inventory, file: string): Promise<void> {
    if (!inventory.logs.has(file)) {
      await inventory.note(this.path(INVENTORY), { log: file });
    }
  }

  /** The inventory, where the lock is still ours and the file's directory is one. */
  async #writable(file: string): Promise<Inventory> {
    await this.#lock.check();
    if (this.#own === undefined) {
      throw new Error(`${this.directory}: written to before it was begun`);
    }
    const parts = file.split("/").slice(0, -1);
    for (const [i] of parts.entries()) {
      await this.#refuseLink(parts.slice(0, i + 1).join("/"));
    }
    await makeDirectory(dirname(this.path(file)));
    return this.#own;
  }

  async #refuseLink(directory: string): Promise<void> {
    const path = this.path(directory);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) {
      throw new InputError(`${path}: a symbolic link, which is not written through; put a directory in its place`);
    }
  }

  /**
   * Removes what the inventory lists, the inventory last: what is killed half-way can still be told and cleared again.
   *
   * @throws InputError as {@link refuseIfTaken} with `overwrite`
   */
  async clear(): Promise<void> {
    await refuseIfTaken(this.directory, this.#kind, true);
    await clearTemporaries(this.directory);
    await clearListed(this.directory);
  }
}

async function clearListed(directory: string): Promise<void> {
  const inventory = await new RunRecord(directory).inventory();
  if (inventory === undefined) return;
  for (const record of inventory.records) {
    await clearListed(join(directory, record));
    await removeEmptyAbove(directory, `${record}/x`);
  }
  for (const file of [...inventory.files.keys(), ...inventory.logs]) {
    try {
      await rm(join(directory, file), { force: true });
    } catch (cause) {
      throw fileFailure(join(directory, file), "removed", cause);
    }
    await removeEmptyAbove(directory, file);
  }
  await rm(join(directory, INVENTORY), { force: true });
}

/** Removes the directories between a record's and a file's that are empty now. */
async function removeEmptyAbove(directory: string, file: string): Promise<void> {
  for (let at = dirname(file); at !== "."; at = dirname(at)) {
    try {
      await rmdir(join(directory, at));
    } catch {
      // It still holds something, or is gone already.
      return;
    }
  }
}

export const predictionsFile = (split: string, step: number) => `predictions/${split}/${step}.npy`;
