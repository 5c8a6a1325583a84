// Whether a record is whole: every file held to its size and SHA-256, and what belongs together compared.
import { InputError } from "@er/errors";
import { sha256 } from "@er/files";
import { LATEST_CHECKPOINT, savedCheckpoint } from "./checkpoint.js";
import { flawOf } from "./file-flaw.js";
import { INVENTORY, type Inventory } from "./inventory.js";
import { MANIFEST_FILE, type Manifest, readManifest } from "./manifest.js";
import { predictionsFile } from "./open-record.js";
import { adapterCaveat } from "./other-adapters.js";
import { CONFIG_FILE, type Evaluation, FINAL_WEIGHTS, METRICS_FILE, RunRecord } from "./record.js";
import { entriesOf, unlistedIn } from "./record-entries.js";
import { RUN } from "./run-kind.js";
import { predictionsFile as predictionsOfModel, readTestbedFile, TESTBED, TESTBED_FILE } from "./testbed-directory.js";

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
  /** What there is to mind of the adapters that it was made on, in words; absent where there was but one. */
  readonly adapters?: string;
  /** Files that the record did not write; they are nobody's flaw, but keep it from being replaced. */
  readonly unlisted: readonly string[];
}

/** How often a record is looked at that is written into meanwhile. */
const LOOKS = 3;

/**
 * Verifies a record of er train, er interpolate or er testbed build.
 *
 * @throws InputError for a directory that is none, and where its inventory is damaged
 */
export async function verify(directory: string): Promise<Verified> {
  for (let looks = 1; ; looks++) {
    const before = await inventoryText(directory);
    const verified = await verifyOnce(directory);
    // What a writer replaced between two looks at it is no flaw.
    const written = verified.flaws.length > 0 && (await inventoryText(directory)) !== before;
    if (!written || looks === LOOKS) return verified;
  }
}

const inventoryText = (directory: string) => new RunRecord(directory).readLog(INVENTORY);

async function verifyOnce(directory: string): Promise<Verified> {
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
    const verified = await verifyWithin(record, within);
    files += verified.files;
    flaws.push(...verified.flaws);
  }
  const unlisted = await unlistedIn(directory);
  const common = { directory, format: inventory.format, files, unlisted };
  if (inventory.format === TESTBED.format) return { ...common, ...(await verifyTestbed(record, flaws)) };
  if (inventory.format !== RUN.format) return { ...common, finished: flaws.length === 0, flaws };
  const { manifest, ...standing } = await verifyRun(record, flaws);
  const adapters = manifest && adapterCaveat(manifest);
  return { ...common, ...standing, ...(adapters !== undefined && { adapters }) };
}

/** A record within another, which is not there yet where nothing was written after its line. */
async function verifyWithin(record: RunRecord, within: string): Promise<Pick<Verified, "files" | "flaws">> {
  if (!(await record.exists(`${within}/${INVENTORY}`))) {
    const begun = (await record.exists(METRICS_FILE)) || (await entriesOf(record.path(within))).length > 0;
    return { files: 0, flaws: begun ? [{ file: `${within}/${INVENTORY}`, what: "missing" }] : [] };
  }
  try {
    const { files, flaws } = await verify(record.path(within));
    return { files, flaws: flaws.map(({ file, what }) => ({ file: `${within}/${file}`, what })) };
  } catch (error) {
    return { files: 0, flaws: [flawFrom(`${within}/${INVENTORY}`, error)] };
  }
}

/** What cannot be compared is a flaw of the file that it was read from. */
function flawFrom(file: string, error: unknown): Flaw {
  if (error instanceof InputError) return { file, what: error.message };
  throw error;
}

async function verifyTestbed(
  record: RunRecord,
  found: readonly Flaw[],
): Promise<Pick<Verified, "finished" | "flaws" | "adapters">> {
  if (found.some(({ file }) => file === TESTBED_FILE)) return { finished: false, flaws: found };
  try {
    const testbed = await readTestbedFile(record.directory);
    const listed = (await record.inventory())!.files;
    const lacking = (testbed?.models ?? []).flatMap(({ model, splits }) =>
      Object.keys(splits).flatMap((split) => {
        const file = predictionsOfModel(split, model);
        return listed.has(file) ? [] : [{ file, what: `${INVENTORY} lacks it, though ${TESTBED_FILE} has ${model}` }];
      }),
    );
    const drivers = [...new Set(testbed?.models.map(({ adapter }) => adapter))];
    return {
      finished: testbed?.finished === true,
      flaws: [...found, ...lacking],
      ...(drivers.length > 1 && { adapters: `its models were trained on ${drivers.join(", then ")}` }),
    };
  } catch (error) {
    return { finished: false, flaws: [...found, flawFrom(TESTBED_FILE, error)] };
  }
}

interface VerifiedRun extends Pick<Verified, "finished" | "flaws"> {
  /** Undefined where it is damaged. */
  readonly manifest: Manifest | undefined;
}

async function verifyRun(record: RunRecord, found: readonly Flaw[]): Promise<VerifiedRun> {
  const finished = await record.exists(FINAL_WEIGHTS);
  const damaged = (file: string) => found.some((flaw) => flaw.file === file);
  if (damaged(CONFIG_FILE) || damaged(MANIFEST_FILE)) return { finished, flaws: found, manifest: undefined };
  const config = await record.read(CONFIG_FILE);
  if (config === undefined) {
    return {
      finished,
      flaws: [...found, { file: CONFIG_FILE, what: "missing: the run had not begun" }],
      manifest: undefined,
    };
  }
  let manifest: Manifest;
  try {
    manifest = await readManifest(record);
  } catch (error) {
    return { finished, flaws: [...found, flawFrom(MANIFEST_FILE, error)], manifest: undefined };
  }
  const settings = [sha256(config), ...(manifest.extensions ?? []).map((extension) => extension.settings)];
  const flaws = damaged(METRICS_FILE)
    ? []
    : await disagreements(record, damaged(LATEST_CHECKPOINT) ? undefined : settings);
  // Each file is named once, by what is wrong with it itself.
  return { finished, flaws: [...found, ...flaws.filter(({ file }) => !damaged(file))], manifest };
}

/**
 * What each file by itself does not tell: checkpoint, configuration, evaluations and predictions are of one run.
 *
 * @param settings that the checkpoint may be of; undefined where it is damaged
 */
async function disagreements(record: RunRecord, settings: readonly string[] | undefined): Promise<Flaw[]> {
  let evaluations: Evaluation[];
  try {
    evaluations = await record.readEvaluations();
  } catch (error) {
    return [flawFrom(METRICS_FILE, error)];
  }
  const listed = (await record.inventory())!.files;
  const flaws: Flaw[] = [];
  for (const { step, splits } of evaluations) {
    for (const split of Object.keys(splits)) {
      const file = predictionsFile(split, step);
      if (!listed.has(file))
        flaws.push({ file, what: `${INVENTORY} lacks it, though ${METRICS_FILE} has step ${step}` });
    }
  }
  if (settings === undefined) return flaws;
  try {
    const saved = await savedCheckpoint(record, LATEST_CHECKPOINT, settings);
    for (const { step } of saved?.evaluations ?? []) {
      if (!evaluations.some((evaluation) => evaluation.step === step)) {
        flaws.push({ file: METRICS_FILE, what: `lacks step ${step}, which the checkpoint has` });
      }
    }
  } catch (error) {
    flaws.push(flawFrom(LATEST_CHECKPOINT, error));
  }
  return flaws;
}
