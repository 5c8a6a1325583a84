// A run's directory: readable without us, written atomically, one writer at a time.
import { appendFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "@er/engine";
import { writeNpy } from "@er/formats";
import type { Logits } from "@er/metrics";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { logitsFile } from "./logits-file.js";

/** A split's result: right answers of n, and their share; as fractions, what logits say beside where they are kept. */
export const splitResultSchema = z.object({
  n: z.number(),
  correct: z.number(),
  accuracy: z.number(),
  top5: z.number().optional(),
  macroF1: z.number().optional(),
});
const robustness = z.object({
  er: z.number(),
  low: z.number(),
  high: z.number(),
  predicted: z.number(),
  extrapolated: z.boolean(),
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

/** A kind of record, so that nothing else is ever taken for one and cleared. */
export interface RecordKind {
  readonly word: string;
  /** The files that every such record has, in the order in which they are written. */
  readonly markers: readonly string[];
}

/** A configuration alone marks no run: people keep a config.json of their own where they work. */
export const RUN: RecordKind = { word: "run", markers: ["manifest.json", "config.json"] };

/** What a start that was killed before its last marker may leave: its first, and the writer's temporary files. */
const BEGUN = /^(manifest\.json|(manifest|config|testbed)\.json\.\d+)$/;

export class RunRecord {
  constructor(readonly directory: string) {}

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  async writeJson(file: string, value: unknown): Promise<void> {
    await this.write(file, `${JSON.stringify(value, null, 2)}\n`);
  }

  async write(file: string, contents: string | Uint8Array): Promise<void> {
    const path = this.path(file);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, typeof contents === "string" ? contents : Buffer.from(contents));
  }

  /** Adds to the end of a file. What was added last may be cut short where the machine stops. */
  async append(file: string, contents: string | Uint8Array): Promise<void> {
    await appendFile(this.path(file), contents);
  }

  /** A file of the record; undefined where there is none. */
  async readText(file: string): Promise<string | undefined> {
    return await readText(this.path(file));
  }

  /** A JSON file of the record; undefined where there is none. */
  async readJson(file: string): Promise<unknown> {
    const text = await this.readText(file);
    return text === undefined ? undefined : parseJson(text, this.path(file));
  }

  async readEvaluations(): Promise<Evaluation[]> {
    const text = (await this.readText("metrics.jsonl")) ?? "";
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line, i) => {
      const where = `${this.path("metrics.jsonl")}:${i + 1}`;
      const result = evaluationSchema.safeParse(parseJson(line, where));
      if (!result.success) {
        throw new InputError(`${where}: not an evaluation (${result.error.issues[0]!.message})`);
      }
      return result.data;
    });
  }

  async writeEvaluations(evaluations: readonly Evaluation[]): Promise<void> {
    await this.write("metrics.jsonl", evaluations.map((evaluation) => `${JSON.stringify(evaluation)}\n`).join(""));
  }

  /** Predicted classes of a split after a step, as uint16 .npy. */
  async writePredictions(splitName: string, step: number, predicted: Uint32Array): Promise<void> {
    const array = { dtype: "uint16", shape: [predicted.length], data: Uint16Array.from(predicted) } as const;
    await this.write(join("predictions", splitName, `${step}.npy`), writeNpy(array));
  }

  /** Logits of a split after a step, as float16 .npy [n, classes]. */
  async writeLogits(splitName: string, step: number, logits: Logits): Promise<void> {
    await this.write(join("logits", splitName, `${step}.npy`), logitsFile(logits));
  }

  /** @throws InputError where a record is here already and is not to be replaced, or where anything else is */
  async refuseIfTaken(kind: RecordKind, overwrite: boolean): Promise<void> {
    if (await this.#isA(kind)) {
      if (!overwrite) {
        throw new InputError(
          `${this.directory}: holds a ${kind.word} already; give --resume to go on, --overwrite to replace it, or another --out`,
        );
      }
    } else if ((await this.#entries()).some((name) => !BEGUN.test(name))) {
      throw new InputError(
        `${this.directory}: holds other files, no ${kind.word}; give a new or an empty directory with --out`,
      );
    }
  }

  /**
   * Empties the directory, its markers last: what is killed half-way can still be told and cleared again.
   *
   * @throws InputError where it holds anything but such a record
   */
  async clear(kind: RecordKind): Promise<void> {
    await this.refuseIfTaken(kind, true);
    const markers = [...kind.markers].reverse();
    const others = (await this.#entries()).filter((name) => !markers.includes(name));
    for (const name of [...others, ...markers]) {
      await rm(this.path(name), { recursive: true, force: true });
    }
  }

  async #isA({ markers }: RecordKind): Promise<boolean> {
    for (const marker of markers) {
      if (!(await this.exists(marker))) {
        return false;
      }
    }
    return true;
  }

  async #entries(): Promise<string[]> {
    try {
      return await readdir(this.directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") {
        return [];
      }
      if (code === "ENOTDIR") {
        throw new InputError(`${this.directory}: a file; give a new or an empty directory with --out`);
      }
      throw error;
    }
  }

  async exists(file: string): Promise<boolean> {
    try {
      await stat(this.path(file));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // ENOTDIR: the directory itself is a file.
      if (code === "ENOENT" || code === "ENOTDIR") {
        return false;
      }
      throw error;
    }
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Throws an InputError that says where, for text that is not JSON. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${where}: not JSON (${(cause as Error).message})`, { cause });
  }
}
