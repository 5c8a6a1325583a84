// A run's directory as it is read: readable without us, each file held to what its inventory says was written.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@er/errors";
import { fileFailure, readRegular } from "@er/files";
import { z } from "zod";
import { INVENTORY, Inventory } from "./inventory.js";
import { parseJson } from "./json.js";

/** A split's result: right answers of n, and their share; as fractions, what logits say beside where they are kept; and what they have to be read with. */
export const splitResultSchema = z.object({
  n: z.number(),
  correct: z.number(),
  accuracy: z.number(),
  top5: z.number().optional(),
  macroF1: z.number().optional(),
  note: z.string().optional(),
});
const robustness = z.object({
  er: z.number(),
  low: z.number(),
  high: z.number(),
  predicted: z.number(),
  extrapolated: z.boolean(),
  /** what there is to mind of testbed and run */
  caveats: z.array(z.string()).optional(),
});

const evaluationSchema = z.object({
  step: z.number(),
  epoch: z.number(),
  learningRate: z.number(),
  trainLoss: z.number().nullable(),
  trainAccuracy: z.number().nullable(),
  splits: z.record(z.string(), splitResultSchema),
  er: z.record(z.string(), robustness),
});

/** A line of metrics.jsonl: accuracies and effective robustness as fractions, loss in nats. */
export type Evaluation = z.infer<typeof evaluationSchema>;

export const CONFIG_FILE = "config.json";
export const METRICS_FILE = "metrics.jsonl";
/** What a finished run leaves. */
export const FINAL_WEIGHTS = "checkpoints/final.safetensors";

export class RunRecord {
  #inventory: Promise<Inventory | undefined> | undefined;

  constructor(readonly directory: string) {}

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /**
   * What was written here; undefined for a directory that has no inventory.
   *
   * @throws InputError where it is damaged or of a later version
   */
  async inventory(): Promise<Inventory | undefined> {
    this.#inventory ??= this.#readInventory();
    return await this.#inventory;
  }

  async #readInventory(): Promise<Inventory | undefined> {
    const path = this.path(INVENTORY);
    const bytes = await readIfThere(path);
    return bytes === undefined ? undefined : Inventory.parse(text(bytes), path);
  }

  /**
   * A file of the record, held to its SHA-256 in the inventory.
   *
   * @param file below the directory, with "/" between its parts
   * @returns undefined where there is none
   * @throws InputError where it is not what was written
   */
  async read(file: string): Promise<Uint8Array | undefined> {
    for (let tries = 0; ; tries++) {
      const bytes = await readIfThere(this.path(file));
      const inventory = await this.inventory();
      if (bytes === undefined || inventory === undefined) return bytes;
      if (inventory.isWhole(file, bytes)) return bytes;
      // Whoever writes here may have replaced it, and noted that, since the inventory was read.
      if (tries === 2) throw new InputError(this.otherBytes(file));
      this.#inventory = undefined;
    }
  }

  /** Words for a file that is not what was written. */
  otherBytes(file: string): string {
    return `${this.path(file)}: not what was written, by the SHA-256 in ${INVENTORY}: damaged or edited; restore it from a copy (er verify ${this.directory} tells what is whole)`;
  }

  /** A file of the record as text; undefined where there is none. @throws InputError as {@link read} */
  async readText(file: string): Promise<string | undefined> {
    const bytes = await this.read(file);
    return bytes === undefined ? undefined : text(bytes);
  }

  /** A log of the record as it is, since its sum changes with each line; undefined where there is none. */
  async readLog(file: string): Promise<string | undefined> {
    const bytes = await readIfThere(this.path(file));
    return bytes === undefined ? undefined : text(bytes);
  }

  /** A JSON file of the record; undefined where there is none. @throws InputError as {@link read}, and for no JSON */
  async readJson(file: string): Promise<unknown> {
    const contents = await this.readText(file);
    return contents === undefined ? undefined : parseJson(contents, this.path(file));
  }

  /** @throws InputError as {@link read}, and for a line that is no evaluation */
  async readEvaluations(): Promise<Evaluation[]> {
    return parseEvaluations((await this.readText(METRICS_FILE)) ?? "", this.path(METRICS_FILE));
  }

  /** Whether something is at a path of the record. */
  async exists(file: string): Promise<boolean> {
    try {
      await lstat(this.path(file));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw fileFailure(this.path(file), "read", error);
    }
  }
}

/**
 * Evaluations out of the text of metrics.jsonl, a line each.
 *
 * @param where how messages name it
 * @throws InputError for a line that is none
 */
export function parseEvaluations(lines: string, where: string): Evaluation[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line, i) => {
      const result = evaluationSchema.safeParse(parseJson(line, `${where}:${i + 1}`));
      if (!result.success) {
        throw new InputError(`${where}:${i + 1}: not an evaluation (${result.error.issues[0]!.message})`);
      }
      return result.data;
    });
}

/** The text of metrics.jsonl. */
export function evaluationLines(evaluations: readonly Evaluation[]): string {
  return evaluations.map((evaluation) => `${JSON.stringify(evaluation)}\n`).join("");
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** ENOTDIR: the directory itself is a file. */
function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readRegular(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw fileFailure(path, "read", error);
  }
}
