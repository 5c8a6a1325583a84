// A run's directory: readable without us, written atomically, one writer at a time.
import { appendFile, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "@er/engine";
import { writeNpy } from "@er/formats";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";

/** A split's result: right answers of n, and their share. */
export const splitResultSchema = z.object({ n: z.number(), correct: z.number(), accuracy: z.number() });
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

  /**
   * @param what kind of record, in a word
   * @param marker the file that every such record has
   * @throws InputError where one is here already and is not to be replaced
   */
  async refuseIfTaken(what: string, marker: string, overwrite: boolean): Promise<void> {
    if (!overwrite && (await this.exists(marker))) {
      throw new InputError(
        `${this.directory}: holds a ${what} already; give --resume to go on, --overwrite to replace it, or another --out`,
      );
    }
  }

  /** Whether nothing is here, or not even the directory. */
  async isEmpty(): Promise<boolean> {
    return !(await this.exists("")) || (await readdir(this.directory)).length === 0;
  }

  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async exists(file: string): Promise<boolean> {
    try {
      await stat(this.path(file));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
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
