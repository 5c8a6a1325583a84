// A testbed as a directory: `<split>_predictions/<model>_predictions.json`, a JSON list of class numbers each, and
// `<split>_labels.npy`, the layout in which testbeds are published; and testbed.json, which says how ours was made.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@er/engine";
import { z } from "zod";
import type { RecordKind } from "./inventory.js";
import { RunRecord, splitResultSchema } from "./record.js";

export const TESTBED_FILE = "testbed.json";
export const TESTBED: RecordKind = { format: "er-testbed", word: "testbed", essential: TESTBED_FILE, goesOn: true };
const PREDICTIONS = "_predictions";

export const predictionsFile = (split: string, model: string) => `${split}${PREDICTIONS}/${model}${PREDICTIONS}.json`;
export const labelsFile = (split: string) => `${split}_labels.npy`;

const modelSchema = z.object({
  model: z.string(),
  width: z.number(),
  seed: z.number(),
  step: z.number(),
  adapter: z.string(),
  trainLoss: z.number(),
  splits: z.record(z.string(), splitResultSchema),
});

const testbedSchema = z.object({
  /** Whether every model is there. */
  finished: z.boolean(),
  /** The ID split; every other is an OOD split. */
  id: z.string(),
  config: z.unknown(),
  /** The SHA-256 of configuration and data, which its checkpoints carry. */
  settings: z.string().optional(),
  /** What the models predict: their classes in order, and the splits. Of those that others publish nothing is known. */
  data: z
    .object({
      classNames: z.array(z.string()),
      splits: z.record(z.string(), z.object({ spec: z.string(), n: z.number(), sha256: z.string() })),
    })
    .optional(),
  models: z.array(modelSchema),
});

/** One model of a testbed that was built: what it was trained with, training loss in nats, and its results by split. */
export type BuiltModel = z.infer<typeof modelSchema>;

/** What testbed.json holds. */
export type BuiltTestbed = z.infer<typeof testbedSchema>;

/**
 * Reads testbed.json; undefined where the directory has none, as those that others publish.
 *
 * @throws InputError where it is damaged
 */
export async function readTestbedFile(directory: string): Promise<BuiltTestbed | undefined> {
  const record = new RunRecord(directory);
  const value = await record.readJson(TESTBED_FILE);
  if (value === undefined) {
    return undefined;
  }
  const result = testbedSchema.safeParse(value);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new InputError(`${record.path(TESTBED_FILE)}: not a testbed ("${path.join(".")}": ${message})`);
  }
  return result.data;
}

/** The published testbeds' name for the ID split. */
const PUBLISHED_ID = "original";

/**
 * The ID split that testbed.json names, else the published testbeds' name for it, which may not be there.
 *
 * @throws InputError where the testbed is damaged or unfinished
 */
export async function defaultIdSplit(directory: string): Promise<string> {
  return (await finishedTestbedFile(directory))?.id ?? PUBLISHED_ID;
}

/**
 * Reads testbed.json as {@link readTestbedFile} does, for who needs every model.
 *
 * @throws InputError where the testbed is damaged or unfinished
 */
export async function finishedTestbedFile(directory: string): Promise<BuiltTestbed | undefined> {
  const built = await readTestbedFile(directory);
  if (built?.finished === false) {
    throw new InputError(
      `${directory}: unfinished, ${built.models.length} models so far; finish it with the command that builds it and --resume`,
    );
  }
  return built;
}

/** The splits of a directory, sorted. */
export async function splitsOf(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => name.endsWith(PREDICTIONS))
    .map((name) => name.slice(0, -PREDICTIONS.length))
    .sort();
}

/** The models of a split, sorted. */
export async function modelsOf(directory: string, split: string): Promise<string[]> {
  const end = `${PREDICTIONS}.json`;
  const names = await readdir(join(directory, `${split}${PREDICTIONS}`));
  return names
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .sort();
}

/**
 * The labels of a split: `<split>_labels.npy`, or the one file whose name ends so (`cifar10.1_v4_labels.npy` for `v4`).
 *
 * @throws InputError where there is none, or more than one
 */
export async function findLabels(directory: string, split: string): Promise<string> {
  const names = await readdir(directory);
  const exact = labelsFile(split);
  const found = names.includes(exact) ? [exact] : names.filter((name) => name.endsWith(`_${exact}`)).sort();
  if (found.length !== 1) {
    const seen = found.length === 0 ? `no ${exact}` : `${found.join(" and ")} both fit`;
    throw new InputError(
      `${directory}: which labels are those of the split "${split}"? ${seen}; give --labels ${split}=FILE.npy`,
    );
  }
  return join(directory, found[0]!);
}
