// Whether a record is whole: every file held to its size and SHA-256, and what belongs together compared.
import { join } from "node:path";
import { InputError } from "@er/errors";
import { sha256 } from "@er/files";
import { LATEST_CHECKPOINT, savedCheckpoint } from "./checkpoint.js";
import { flawOf } from "./file-flaw.js";
import { INVENTORY, type Inventory } from "./inventory.js";
import { readManifest } from "./manifest.js";
import { predictionsFile } from "./open-record.js";
import { CONFIG_FILE, METRICS_FILE, RunRecord } from "./record.js";
import { unlistedIn } from "./record-entries.js";
import { FINAL_WEIGHTS } from "./run.js";
import { RUN } from "./run-kind.js";

/** What is wrong with a file of a record. */
export interface Flaw {
  /** below the record's directory */
  readonly file: string;
  /** in words */
  readonly what: string;
}

export interface Verified {
  readonly directory: string;
  readonly format: Inventory["format"];
  /** Files that were held to their sums. */
  readonly files: number;
  /** Of a run: whether it came to its end. Of another record: whether it is whole. */
  readonly finished: boolean;
  /** Empty for a record that is whole. */
  readonly flaws: readonly Flaw[];
  /** Files that the record did not write; they are nobody's flaw, but keep it from being replaced. */
  readonly unlisted: readonly string[];
}

/**
 * Verifies a record of er train, er interpolate or er testbed build.
 *
 * @throws InputError for a directory that is none, and where its inventory is damaged
 */
export async function verify(directory: string): Promise<Verified> {
  const record = new RunRecord(directory);
  const inventory = await record.inventory();
  if (inventory === undefined) {
    throw new InputError(
      `${directory}: no record of er, or one from before there were checksums; ${INVENTORY} is missing`,
    );
  }
  const flaws: Flaw[] = [];
  for (const [file, written] of inventory.files) {
    const what = await flawOf(record.path(file), written);
    if (what !== undefined) flaws.push({ file, what });
  }
  for (const log of inventory.logs) {
    if (!(await record.exists(log))) flaws.push({ file: log, what: "missing" });
  }
  let files = inventory.files.size;
  for (const within of inventory.records) {
    const path = join(directory, within);
    if (!(await record.exists(`${within}/${INVENTORY}`))) continue;
    const verified = await verify(path);
    files += verified.files;
    flaws.push(...verified.flaws.map(({ file, what }) => ({ file: `${within}/${file}`, what })));
  }
  const unlisted = await unlistedIn(directory);
  const common = { directory, format: inventory.format, files, unlisted };
  if (inventory.format !== RUN.format) return { ...common, finished: flaws.length === 0, flaws };
  if (flaws.length === 0) flaws.push(...(await disagreements(record)));
  return { ...common, finished: await record.exists(FINAL_WEIGHTS), flaws };
}

/** What each file by itself does not tell: checkpoint, configuration, evaluations and predictions are of one run. */
async function disagreements(record: RunRecord): Promise<Flaw[]> {
  const config = await record.read(CONFIG_FILE);
  if (config === undefined) return [{ file: CONFIG_FILE, what: "missing: the run had not begun" }];
  const extensions = (await readManifest(record)).extensions ?? [];
  const settings = [sha256(config), ...extensions.map((extension) => extension.settings)];
  const evaluations = await record.readEvaluations();
  const flaws: Flaw[] = [];
  for (const { step, splits } of evaluations) {
    for (const split of Object.keys(splits)) {
      const file = predictionsFile(split, step);
      if (!(await record.exists(file))) flaws.push({ file, what: `missing, though ${METRICS_FILE} has step ${step}` });
    }
  }
  try {
    const saved = await savedCheckpoint(record, LATEST_CHECKPOINT, settings);
    for (const { step } of saved?.evaluations ?? []) {
      if (!evaluations.some((evaluation) => evaluation.step === step)) {
        flaws.push({ file: METRICS_FILE, what: `lacks step ${step}, which the checkpoint has` });
      }
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    flaws.push({ file: LATEST_CHECKPOINT, what: error.message });
  }
  return flaws;
}
