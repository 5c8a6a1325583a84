// The experiment from end to end: a baseline of ordinary models, pre-training, fine-tuning with its evaluations, the record.
import { InputError, ParameterArena, type Runtime } from "@er/engine";
import { sha256 } from "@er/files";
import type { RunReport } from "@er/report";
import { baselinesOf, buildBaselines, loadFits } from "./baselines.js";
import { checkPrecision } from "./check-precision.js";
import { checkRun } from "./check-run.js";
import {
  type Cursor,
  isPast,
  LATEST_CHECKPOINT,
  type SavedCheckpoint,
  savedCheckpoint,
  writeWeights,
} from "./checkpoint.js";
import { type Config, parseConfig } from "./config.js";
import type { RunContext } from "./context.js";
import { destroyEvaluators, makeEvaluators } from "./evaluators.js";
import { checkExtension } from "./extension.js";
import { fineTune } from "./fine-tune.js";
import { INVENTORY } from "./inventory.js";
import { loadInit, loadPretrained } from "./load-init.js";
import { loadSets } from "./load-sets.js";
import { keptEvaluations } from "./lost-files.js";
import { checkResumed, type Extension, MANIFEST_FILE, manifestOf, readManifest } from "./manifest.js";
import { modelMetadata } from "./model-metadata.js";
import { newModel } from "./new-model.js";
import { OpenRecord, refuseIfTaken } from "./open-record.js";
import { noteAdapter } from "./other-adapters.js";
import { PRETRAINED, pretrain } from "./pretrain.js";
import { probe } from "./probe.js";
import { type Watch, warn } from "./progress.js";
import { CONFIG_FILE, type Evaluation, FINAL_WEIGHTS, RunRecord } from "./record.js";
import { RUN } from "./run-kind.js";
import { RunLog } from "./run-log.js";
import { reportOfRun } from "./run-report-of.js";
import type { JsonObject } from "./set-by-path.js";
import { checkClasses } from "./split-note.js";
import { loadStudy } from "./study.js";
import { setTrainable } from "./trainable.js";
import { trainingLength } from "./training-length.js";
import { trainingsOf } from "./trainings.js";
import { tuneForRun } from "./tune-run.js";
import { writeReport } from "./write-report.js";

export interface RunOptions extends Watch {
  readonly directory: string;
  readonly config: Config;
  /** Go on from the last checkpoint of the directory, with its configuration. */
  readonly resume: boolean;
  /** Go on with a finished run for longer: `config` is the directory's, but for a longer training. */
  readonly extend?: boolean;
  /** Go on though the run began on another adapter, in other bits than on either alone. */
  readonly otherAdapter?: boolean;
  /** Replace what the directory holds, once configuration and data are known to fit. */
  readonly overwrite: boolean;
  /** The command that makes the run again, for the manifest; not looked at on resuming. */
  readonly command: string;
  /** Seconds in which to time variants that nothing was tuned for yet; with their defaults where absent, and on resuming. */
  readonly tune?: number;
}

export interface RunResult {
  readonly directory: string;
  readonly finished: boolean;
  readonly evaluations: readonly Evaluation[];
  readonly report: RunReport;
}

/**
 * Runs, or resumes, an experiment.
 *
 * @throws InputError for configurations and data that do not fit together, and for a directory that holds a run already,
 * before anything is written; for a directory that somebody else writes in; and for a loss that is no number, naming the step, the
 * learning rate and the last good checkpoint
 */
export async function run(runtime: Runtime, options: RunOptions): Promise<RunResult> {
  const { config, directory, overwrite } = options;
  if (config.interpolation !== undefined) {
    throw new InputError(
      `${directory}: a record of er interpolate, which trains nothing; give its command again with --overwrite`,
    );
  }
  if (!goesOn(options)) {
    // Before the lock, so that nothing is put into somebody else's folder.
    await refuseIfTaken(directory, RUN, overwrite);
  }
  const onTakeOver = (text: string) => warn(options, text);
  const record = await OpenRecord.lock(directory, RUN, { command: "er train", onTakeOver });
  try {
    return await runIn(record, runtime, options);
  } finally {
    await record.close();
  }
}

const goesOn = ({ resume, extend = false }: RunOptions) => resume || extend;

async function runIn(record: OpenRecord, runtime: Runtime, options: RunOptions): Promise<RunResult> {
  const { config, directory, otherAdapter = false } = options;
  const resume = goesOn(options);
  checkPrecision(runtime, trainingsOf(config));
  const fits = await loadFits(config);
  const sets = await loadSets(config, options);
  checkRun(config, sets);
  checkClasses(config, sets, options);
  const loaded = fits && baselinesOf(config, sets, fits);
  const begun = { runtime, record, config, sets, watch: options };
  if (resume) {
    await checkResumed(begun, otherAdapter);
  } else if (options.tune !== undefined) {
    await tuneForRun(begun, options.tune);
  }
  const model = newModel(config, sets.train);
  const arena = new ParameterArena(model.module, config.seed);
  for (const training of [config.pretrain?.train, config.train]) {
    // Each training does this for itself; here a part that the model has not is found before anything is written.
    if (training !== undefined) {
      setTrainable(model, arena, training);
    }
  }
  // A run killed before its first checkpoint begins anew, which gives the same bits.
  const going = resume
    ? await whereItStands(record, options, trainingLength(config.train, sets.train.n).totalSteps)
    : undefined;
  const saved = going?.saved;
  if (!isPast(saved?.cursor, "pretrain")) {
    await loadInit(begun, model, arena);
  }
  const evaluators = await makeEvaluators(runtime, model, sets, config, config.eval.predictions === "logits");

  if (going === undefined) {
    // Before clearing, since it reads `init`, which may lie in the run that is replaced.
    const manifest = await manifestOf(begun, options.command);
    await record.begin();
    // The configuration last: where it is, there is a run to resume.
    await record.writeJson(MANIFEST_FILE, manifest);
    await record.writeJson(CONFIG_FILE, config);
  } else {
    await record.goOn();
    await noteAdapter(record, runtime, saved?.cursor ?? beginning(config));
    if (options.extend) {
      await extend(record, going, config, options.command);
    }
  }
  const context: RunContext = { ...begun, settings: await settingsOf(record) };
  const evaluations = resume ? await keptEvaluations(record, saved, options) : [];

  // Whether another adapter is wanted was asked above, for the run and its testbed.
  const baselines = loaded ?? (await buildBaselines(context, { resume, otherAdapter: true }));
  const log = await RunLog.open(record, saved?.cursor, evaluations, options);
  const done = await trainAll();

  if (done) {
    await writeWeights(record, FINAL_WEIGHTS, { runtime, arena }, modelMetadata(config, sets.train.classNames));
    const study = await loadStudy([directory], { ...options, examples: true, sets: sets.evaluated });
    await writeReport(record, "report.html", study);
  }
  const report = await reportOfRun(record, config, evaluations, baselines ?? {});
  destroyEvaluators(evaluators);
  return { directory, finished: done, evaluations, report };

  async function trainAll(): Promise<boolean> {
    if (baselines === undefined || options.signal?.aborted === true || !(await pretrain(context, saved, log))) {
      return false;
    }
    if (config.pretrain !== undefined && !isPast(saved?.cursor, "pretrain")) {
      await loadPretrained(context, model, arena, record.path(PRETRAINED));
    }
    const extendedFrom = going === undefined ? undefined : (await extensionsOf(record)).at(-1)?.step;
    const tuning = { model, arena, evaluators, baselines, saved, log, evaluations, extendedFrom };
    return (await probe(context, { model, arena, saved, log })) && (await fineTune(context, tuning));
  }
}

/** Where a run stands that has no checkpoint. */
function beginning({ pretrain, probe }: Config): Cursor {
  return { phase: pretrain !== undefined ? "pretrain" : probe !== undefined ? "probe" : "train", step: 0 };
}

interface Standing {
  /** Undefined where nothing was trained yet. */
  readonly saved: SavedCheckpoint | undefined;
  /** The configuration's SHA-256 so far. */
  readonly settings: string;
}

async function whereItStands(
  record: OpenRecord,
  { extend = false }: RunOptions,
  totalSteps: number,
): Promise<Standing> {
  const settings = await settingsOf(record);
  const earlier = (await extensionsOf(record)).map((extension) => extension.settings);
  const saved = await savedCheckpoint(record, LATEST_CHECKPOINT, [settings, ...earlier]);
  if (saved === undefined && earlier.length > 0) {
    throw new InputError(
      `${record.path(LATEST_CHECKPOINT)}: missing, and the run was made longer since it began, so it cannot begin anew to the same bits; restore it from a copy, or begin with --overwrite`,
    );
  }
  if (extend) {
    if (saved?.cursor.phase !== "train" || !(await record.exists(FINAL_WEIGHTS))) {
      throw new InputError(`${record.directory}: not finished yet; finish it with --resume before it is made longer`);
    }
    if (totalSteps <= saved.cursor.step) {
      throw new InputError(
        `${record.directory}: ${saved.cursor.step} steps are done already, and --extend asks for ${totalSteps}; give more`,
      );
    }
  }
  return { saved, settings };
}

/** The SHA-256 of config.json, which checkpoints carry. */
async function settingsOf(record: OpenRecord): Promise<string> {
  return sha256((await record.read(CONFIG_FILE)) ?? "");
}

async function extensionsOf(record: OpenRecord): Promise<readonly Extension[]> {
  return (await readManifest(record)).extensions ?? [];
}

/** Notes the longer training, the configuration last: until then the run is as it was. */
async function extend(
  record: OpenRecord,
  { saved, settings }: Standing,
  config: Config,
  command: string,
): Promise<void> {
  const manifest = await readManifest(record);
  const extension: Extension = { step: saved!.cursor.step, settings, command };
  await record.writeJson(MANIFEST_FILE, { ...manifest, extensions: [...(manifest.extensions ?? []), extension] });
  await record.remove(FINAL_WEIGHTS);
  await record.writeJson(CONFIG_FILE, config);
}

/**
 * The configuration that a run directory was made with.
 *
 * @throws InputError where there is none, and where it was edited since
 */
export async function configOf(directory: string): Promise<Config> {
  const record = new RunRecord(directory);
  if ((await record.inventory())?.format !== RUN.format) {
    throw new InputError(`${directory}: no run of er to go on with; ${INVENTORY} is missing`);
  }
  const path = record.path(CONFIG_FILE);
  const config = await configJson(record);
  if (config === undefined) {
    throw new InputError(
      `${path}: missing, so the run had not begun or cannot go on; restore the file from a copy, or give the command that begins it again`,
    );
  }
  return parseConfig(config, path);
}

async function configJson(record: RunRecord): Promise<unknown> {
  try {
    return await record.readJson(CONFIG_FILE);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(
      `${record.path(CONFIG_FILE)}: edited or damaged since the run began, by its SHA-256; an edited configuration is a new run: restore the file, or give er train a copy of it with another --out (--extend makes a finished run longer)`,
      { cause },
    );
  }
}

/**
 * The configuration of a finished run made longer.
 *
 * @param change what the longer training is: changes the JSON of the run's configuration in place
 * @throws InputError as {@link configOf}, and for a change of anything else
 */
export async function extendedConfig(directory: string, change: (config: JsonObject) => void): Promise<Config> {
  const before = await configOf(directory);
  const json = structuredClone(before) as JsonObject;
  change(json);
  const after = parseConfig(json, `${directory} with --extend`);
  checkExtension(before, after);
  return after;
}
