// Testbeds from where they lie: a built-in table, a CSV, a directory of predictions, or the record of `er testbed build`.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@er/engine";
import { readNpy } from "@er/formats";
import {
  namedTestbed,
  parseTestbedCsv,
  type SplitPredictions,
  type TestbedModel,
  testbedFromPredictions,
} from "@er/metrics";
import { z } from "zod";
import { readInput } from "./weights.js";

export interface TestbedOptions {
  /** A CSV's column, or a directory's split, of accuracies in distribution. */
  readonly id?: string;
  /** Likewise out of distribution. */
  readonly ood?: string;
  /** Label files (.npy) of a directory's splits. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Loads a testbed.
 *
 * @param source a built-in name, a FILE.csv, or a DIR with `<split>_predictions/<model>_predictions.json`
 * @throws InputError with what is missing
 */
export async function loadTestbed(source: string, options: TestbedOptions = {}): Promise<TestbedModel[]> {
  if (source.endsWith(".csv")) {
    const { id, ood } = options;
    if (id === undefined || ood === undefined) {
      throw new InputError(`${source}: which columns? give --id COLUMN and --ood COLUMN`);
    }
    const text = new TextDecoder().decode(await readInput(source));
    return [...parseTestbedCsv(text, { id, ood, unit: "auto" }).models];
  }
  if (await isDirectory(source)) {
    return await fromDirectory(source, options);
  }
  return [...namedTestbed(source)];
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return false;
    }
    throw error;
  }
}

const classes = z.array(z.number().int().min(0));

async function fromDirectory(
  directory: string,
  { id = "original", ood, labels = {} }: TestbedOptions,
): Promise<TestbedModel[]> {
  const splits = (await readdir(directory))
    .filter((name) => name.endsWith("_predictions"))
    .map((name) => name.slice(0, -"_predictions".length));
  if (ood === undefined || !splits.includes(ood) || !splits.includes(id)) {
    throw new InputError(
      `${directory}: splits ${id} and ${ood ?? "(none given)"}; give --id and --ood out of ${splits.join(", ") || "none"}`,
    );
  }
  const truth = { id: await readLabels(id, labels, directory), ood: await readLabels(ood, labels, directory) };
  const files = (await readdir(join(directory, `${id}_predictions`)))
    .filter((name) => name.endsWith("_predictions.json"))
    .sort();
  const entries = await Promise.all(
    files.map(async (file) => ({
      model: file.slice(0, -"_predictions.json".length),
      id: { labels: truth.id, predictions: await readPredictions(join(directory, `${id}_predictions`, file)) },
      ood: { labels: truth.ood, predictions: await readPredictions(join(directory, `${ood}_predictions`, file)) },
    })),
  );
  return [...testbedFromPredictions(entries)];
}

async function readLabels(
  split: string,
  given: Readonly<Record<string, string>>,
  directory: string,
): Promise<SplitPredictions["labels"]> {
  const file = given[split];
  if (file === undefined) {
    throw new InputError(`${directory}: no labels for the split "${split}"; give --labels ${split}=FILE.npy`);
  }
  return Array.from(readNpy(await readInput(file), file).data as ArrayLike<number | bigint>, Number);
}

async function readPredictions(file: string): Promise<number[]> {
  const result = classes.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!result.success) {
    throw new InputError(`${file}: expected a JSON list of class numbers (${result.error.issues[0]!.message})`);
  }
  return result.data;
}
