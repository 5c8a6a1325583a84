// The experiment from end to end: a baseline of ordinary models, pre-training, fine-tuning with its evaluations, the record.
import { InputError, ParameterArena, type Runtime } from "@er/engine";
import type { RunReport } from "@er/report";
import { buildBaselines, loadBaselines } from "./baselines.js";
import { checkPrecision } from "./check-precision.js";
import { checkRun } from "./check-run.js";
import { type Cursor, isPast, LATEST_CHECKPOINT, savedCheckpoint, weightsFile } from "./checkpoint.js";
import { type Config, parseConfig } from "./config.js";
import { destroyEvaluators, makeEvaluators, sayMissingClasses } from "./evaluators.js";
import { fineTune } from "./fine-tune.js";
import { loadInit, loadPretrained } from "./load-init.js";
import { loadSets } from "./load-sets.js";
import { checkResumed, MANIFEST_FILE, manifestOf } from "./manifest.js";
import { modelMetadata } from "./model-metadata.js";
import { newModel } from "./new-model.js";
import { PRETRAINED, pretrain } from "./pretrain.js";
import { probe } from "./probe.js";
import type { Watch } from "./progress.js";
import { type Evaluation, RUN, RunRecord } from "./record.js";
import { RunLog } from "./run-log.js";
import { reportOfRun } from "./run-report-of.js";
import { loadStudy } from "./study.js";
import { setTrainable } from "./trainable.js";
import { trainingsOf } from "./trainings.js";
import { tuneForRun } from "./tune-run.js";
import { writeReport } from "./write-report.js";

export interface RunOptions extends Watch {
  readonly directory: string;
  readonly config: Config;
  /** Go on from the last checkpoint of the directory. */
  readonly resume: boolean;
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
 * before anything is written; and for a loss that is no number, naming the step, the learning rate and the last good checkpoint
 */
export async function run(runtime: Runtime, options: RunOptions): Promise<RunResult> {
  const { config, directory, resume, overwrite } = options;
  if (config.interpolation !== undefined) {
    throw new InputError(`${directory}: a record of er interpolate, which trains nothing; give its command again`);
  }
  const record = new RunRecord(directory);
  if (!resume) {
    await record.refuseIfTaken(RUN, overwrite);
  }
  checkPrecision(runtime, trainingsOf(config));
  const loaded = await loadBaselines(config);
  const sets = await loadSets(config, options);
  checkRun(config, sets);
  const context = { runtime, record, config, sets, watch: options };
  if (resume) {
    await checkResumed(context);
  }
  if (!resume && options.tune !== undefined) {
    await tuneForRun(context, options.tune);
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
  const saved = resume ? await savedCheckpoint(record, LATEST_CHECKPOINT) : undefined;
  if (!isPast(saved?.cursor, "pretrain")) {
    await loadInit(context, model, arena);
  }
  const evaluators = await makeEvaluators(runtime, model, sets, config, config.eval.predictions === "logits");
  sayMissingClasses(evaluators, config, options);

  if (!resume) {
    // Before clearing, since it reads `init`, which may lie in the run that is replaced.
    const manifest = await manifestOf(context, options.command);
    // Another run may have begun here while the data were loaded.
    await record.refuseIfTaken(RUN, overwrite);
    await record.clear(RUN);
    // The configuration last: where it is, there is a run to resume.
    await record.writeJson(MANIFEST_FILE, manifest);
    await record.writeJson("config.json", config);
  }
  const evaluations = await evaluationsUntil(saved?.cursor, record);

  const baselines = loaded ?? (await buildBaselines(context, resume));
  const log = await RunLog.open(record, saved?.cursor, evaluations);
  const done = await trainAll();

  const report = await reportOfRun(record, config, evaluations, baselines ?? {});
  if (done) {
    await record.write(
      "checkpoints/final.safetensors",
      await weightsFile(runtime, arena, modelMetadata(config, sets.train.classNames)),
    );
    const study = await loadStudy([directory], { ...options, examples: true, sets: sets.evaluated });
    await writeReport(record.path("report.html"), study);
  }
  destroyEvaluators(evaluators);
  return { directory, finished: done, evaluations, report };

  async function trainAll(): Promise<boolean> {
    if (baselines === undefined || options.signal?.aborted === true || !(await pretrain(context, saved, log))) {
      return false;
    }
    if (config.pretrain !== undefined && !isPast(saved?.cursor, "pretrain")) {
      await loadPretrained(context, model, arena, record.path(PRETRAINED));
    }
    return (
      (await probe(context, { model, arena, saved, log })) &&
      (await fineTune(context, { model, arena, evaluators, baselines, saved, log, evaluations }))
    );
  }
}

/** The evaluations that a run which goes on keeps. */
async function evaluationsUntil(cursor: Cursor | undefined, record: RunRecord): Promise<Evaluation[]> {
  return cursor?.phase === "train" ? (await record.readEvaluations()).filter(({ step }) => step <= cursor.step) : [];
}

/** The configuration that a run directory was made with. Throws an InputError where there is none. */
export async function configOf(directory: string): Promise<Config> {
  const config = await new RunRecord(directory).readJson("config.json");
  if (config === undefined) {
    throw new InputError(`${directory}: no run to resume; config.json is missing`);
  }
  return parseConfig(config, `${directory}/config.json`);
}
