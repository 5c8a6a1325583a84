// The experiment: a baseline of models trained from scratch, pre-training, fine-tuning with its evaluations, the record.
import { type ImageSet, loadImageSet } from "@er/data";
import { InputError, ParameterArena, type Runtime } from "@er/engine";
import { type Baseline, effectiveRobustness, fitBaseline, type TestbedModel } from "@er/metrics";
import { createModel, type Model } from "@er/models";
import { accuracyFigure, type RunReport, renderSvg, reportHtml } from "@er/report";
import { type Cursor, checkpointFile, readCursor, restoreCheckpoint, weightsFile } from "./checkpoint.js";
import { type Config, parseConfig, type TrainingConfig } from "./config.js";
import { evaluationSteps } from "./evaluation-steps.js";
import { Evaluator, type SplitResult } from "./evaluator.js";
import { type Evaluation, RunRecord } from "./record.js";
import { loadTestbed } from "./testbed.js";
import { Trainer } from "./trainer.js";
import { loadInto, readInput, readWeights } from "./weights.js";

/** What a run says while it works. */
export type Progress =
  | { readonly kind: "message"; readonly text: string }
  | {
      readonly kind: "step";
      readonly phase: string;
      readonly step: number;
      readonly totalSteps: number;
      readonly imagesPerSecond: number;
      readonly loss: number;
    }
  | { readonly kind: "evaluation"; readonly evaluation: Evaluation };

export interface RunOptions {
  readonly directory: string;
  readonly config: Config;
  /** Go on from the last checkpoint of the directory. */
  readonly resume: boolean;
  /** The command that reproduces the run, for the report. */
  readonly command: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly directory: string;
  readonly finished: boolean;
  readonly evaluations: readonly Evaluation[];
  readonly report: RunReport;
}

type Testbeds = Record<string, { baseline: Baseline; models: TestbedModel[] }>;

/** Steps submitted before the device is waited for: enough to keep it busy, few enough to stop soon. */
const STEPS_IN_FLIGHT = 8;

/**
 * Runs, or resumes, an experiment.
 *
 * @throws InputError for configurations and data that do not fit together, before anything is written; and for a loss that
 * is no number, naming the step, the learning rate and the last good checkpoint
 */
export async function run(runtime: Runtime, options: RunOptions): Promise<RunResult> {
  const { config, directory, onProgress = () => undefined } = options;
  const record = new RunRecord(directory);
  const say = (text: string) => onProgress({ kind: "message", text });
  const sets = await loadSets(config, say);
  const model = createModel(config.model.name, { classes: sets.train.classNames.length, ...width(config) });
  const arena = new ParameterArena(model.module, config.seed);
  const initial = config.init === undefined ? undefined : await readWeights(config.init);
  const evaluators = await makeEvaluators(runtime, model, sets, config);
  for (const [name, { missing }] of Object.entries(evaluators)) {
    if (missing.length > 0) {
      const rule = config.restrictClasses ? "predicting among its own alone" : "predicting among all";
      say(`${name}: ${missing.length} of the model's ${sets.train.classNames.length} classes are absent; ${rule}`);
    }
  }
  const checkpointPath = record.path("checkpoints", "latest.safetensors");
  // A run killed before its first checkpoint begins anew, which gives the same bits.
  const begun = options.resume && (await record.exists("checkpoints/latest.safetensors"));
  const saved = begun ? await readInput(checkpointPath) : undefined;
  const cursor: Cursor = saved === undefined ? { phase: "pretrain", step: 0 } : readCursor(saved, checkpointPath);
  if (saved === undefined) {
    await record.writeJson("config.json", config);
    await record.writeJson("manifest.json", manifest(runtime, sets));
  }

  const testbeds = await makeTestbeds(runtime, config, sets, record, options);
  let stopped = options.signal?.aborted === true;

  if (!stopped && config.pretrain !== undefined && cursor.phase === "pretrain") {
    const pretrainSet = sets.pretrain!;
    const pretrained = createModel(config.model.name, { classes: pretrainSet.classNames.length, ...width(config) });
    const pretrainArena = new ParameterArena(pretrained.module, config.seed);
    const trainer = await Trainer.create(
      runtime,
      pretrained,
      pretrainArena,
      pretrainSet,
      config.pretrain.train,
      config.normalization,
      config.seed + 1,
    );
    if (saved !== undefined) {
      restoreCheckpoint(runtime, pretrainArena, trainer, saved, checkpointPath);
    }
    stopped = await trainPhase({
      runtime,
      record,
      arena: pretrainArena,
      trainer,
      phase: "pretrain",
      from: cursor.step,
      config,
      options,
      batch: config.pretrain.train.batch,
    });
    trainer.destroy();
    if (!stopped) {
      await record.write("checkpoints/pretrained.safetensors", await weightsFile(runtime, pretrainArena));
    }
  }

  let evaluations: Evaluation[] = [];
  if (!stopped) {
    const resumed = cursor.phase === "train" ? cursor.step : 0;
    const trainer = await Trainer.create(
      runtime,
      model,
      arena,
      sets.train,
      config.train,
      config.normalization,
      config.seed,
    );
    if (cursor.phase === "train" && saved !== undefined) {
      restoreCheckpoint(runtime, arena, trainer, saved, checkpointPath);
      evaluations = (await record.readEvaluations()).filter(({ step }) => step <= resumed);
    } else if (config.pretrain !== undefined) {
      const file = record.path("checkpoints", "pretrained.safetensors");
      loadInto(runtime, model, arena, await readWeights(file), file, true);
    } else if (initial !== undefined) {
      const replaced = loadInto(runtime, model, arena, initial, config.init!, true);
      say(replaced ? `${config.init}: another class count; the head starts at random` : `${config.init}: loaded`);
    }
    stopped = await fineTune({
      runtime,
      record,
      arena,
      trainer,
      evaluators,
      testbeds,
      evaluations,
      from: resumed,
      config,
      options,
    });
    trainer.destroy();
  }

  const report: RunReport = {
    title: `${config.model.name} fine-tuned on ${config.data.train}`,
    command: options.command,
    config,
    manifest: await record.readJson("manifest.json"),
    baseline: testbeds,
    evaluations,
    idSplit: config.data.id.name,
    oodSplits: Object.keys(config.data.ood),
  };
  if (!stopped) {
    await record.write("checkpoints/final.safetensors", await weightsFile(runtime, arena));
    if (config.testbed === undefined) {
      say("no testbed is configured: there is no baseline, so neither effective robustness nor a report");
    } else {
      await writeReport(record, report);
    }
  }
  for (const evaluator of Object.values(evaluators)) {
    evaluator.destroy();
  }
  return { directory, finished: !stopped, evaluations, report };
}

async function writeReport(record: RunRecord, report: RunReport): Promise<void> {
  for (const ood of report.oodSplits) {
    const figure = accuracyFigure(report, ood, { theme: "light", width: 680 });
    await record.write(`figures/${ood}.svg`, await renderSvg(figure));
  }
  await record.write("report.html", await reportHtml(report));
}

interface Sets {
  readonly train: ImageSet;
  readonly pretrain: ImageSet | undefined;
  readonly evaluated: Readonly<Record<string, ImageSet>>;
}

const width = ({ model }: Config) => (model.width === undefined ? {} : { width: model.width });

async function loadSets(config: Config, say: (text: string) => void): Promise<Sets> {
  const load = async (spec: string) => {
    const set = await loadImageSet(spec);
    say(`${spec}: ${set.n} images of ${set.height}×${set.width}, ${set.classNames.length} classes`);
    return set;
  };
  const train = await load(config.data.train);
  const pretrain = config.pretrain === undefined ? undefined : await load(config.pretrain.data);
  const evaluated: Record<string, ImageSet> = { [config.data.id.name]: await load(config.data.id.spec) };
  for (const [name, spec] of Object.entries(config.data.ood)) {
    evaluated[name] = await load(spec);
  }
  return { train, pretrain, evaluated };
}

async function makeEvaluators(
  runtime: Runtime,
  model: Model,
  sets: Sets,
  config: Config,
): Promise<Record<string, Evaluator>> {
  const evaluators: Record<string, Evaluator> = {};
  for (const [name, set] of Object.entries(sets.evaluated)) {
    evaluators[name] = await Evaluator.create(runtime, model, set, {
      classNames: sets.train.classNames,
      batch: config.evalBatch,
      normalization: config.normalization,
      restrictClasses: config.restrictClasses,
    });
  }
  return evaluators;
}

function manifest(runtime: Runtime, sets: Sets): unknown {
  const named = { train: sets.train, ...(sets.pretrain && { pretrain: sets.pretrain }), ...sets.evaluated };
  return {
    node: process.version,
    adapter: { id: runtime.info.id, description: runtime.info.description },
    data: Object.fromEntries(Object.entries(named).map(([name, { spec, n, sha256 }]) => [name, { spec, n, sha256 }])),
  };
}

interface Phase {
  readonly runtime: Runtime;
  readonly record: RunRecord;
  readonly arena: ParameterArena;
  readonly trainer: Trainer;
  readonly phase: Cursor["phase"];
  readonly from: number;
  readonly config: Config;
  readonly options: RunOptions;
  readonly batch: number;
  /** Stop after this many steps; the whole phase by default. */
  readonly to?: number;
}

/** Trains from a step to another, with checkpoints. Returns whether it was stopped. */
async function trainPhase(phase: Phase): Promise<boolean> {
  const { runtime, record, arena, trainer, config, options } = phase;
  const to = phase.to ?? trainer.totalSteps;
  const save = async (step: number) => {
    await record.write(
      "checkpoints/latest.safetensors",
      await checkpointFile(runtime, arena, trainer, { phase: phase.phase, step }),
    );
  };
  let since = performance.now();
  let sinceStep = phase.from;
  for (let step = phase.from; step < to; ) {
    trainer.step(step);
    step += 1;
    if (step % STEPS_IN_FLIGHT !== 0 && step !== to) {
      continue;
    }
    const { loss } = await trainer.read();
    if (!Number.isFinite(loss)) {
      const kept = (await record.exists("checkpoints/latest.safetensors"))
        ? record.path("checkpoints/latest.safetensors")
        : "none";
      throw new InputError(
        `the loss is ${loss} by step ${step} of ${phase.phase} at learning rate ${trainer.learningRate(step - 1)}; lower the learning rate (last good checkpoint: ${kept})`,
      );
    }
    const seconds = (performance.now() - since) / 1000;
    const imagesPerSecond = ((step - sinceStep) * phase.batch) / seconds;
    options.onProgress?.({
      kind: "step",
      phase: phase.phase,
      step,
      totalSteps: trainer.totalSteps,
      imagesPerSecond,
      loss,
    });
    since = performance.now();
    sinceStep = step;
    if (options.signal?.aborted) {
      await save(step);
      return true;
    }
    if (
      Math.floor(step / config.checkpointEverySteps) >
      Math.floor((step - STEPS_IN_FLIGHT) / config.checkpointEverySteps)
    ) {
      await save(step);
    }
  }
  return false;
}

interface FineTune {
  readonly runtime: Runtime;
  readonly record: RunRecord;
  readonly arena: ParameterArena;
  readonly trainer: Trainer;
  readonly evaluators: Readonly<Record<string, Evaluator>>;
  readonly testbeds: Testbeds;
  readonly evaluations: Evaluation[];
  readonly from: number;
  readonly config: Config;
  readonly options: RunOptions;
}

async function fineTune(phase: FineTune): Promise<boolean> {
  const { runtime, record, arena, trainer, evaluators, testbeds, evaluations, config, options } = phase;
  const steps = evaluationSteps(config.eval, trainer.totalSteps, trainer.stepsPerEpoch);
  let at = phase.from;
  for (const step of steps) {
    if (evaluations.some((evaluation) => evaluation.step === step)) {
      continue;
    }
    if (step > at) {
      const stopped = await trainPhase({
        runtime,
        record,
        arena,
        trainer,
        phase: "train",
        from: at,
        to: step,
        config,
        options,
        batch: config.train.batch,
      });
      if (stopped) {
        return true;
      }
      at = step;
    }
    const totals = step === 0 ? undefined : await trainer.read();
    const splits: Record<string, SplitResult> = {};
    for (const [name, evaluator] of Object.entries(evaluators)) {
      const predicted = await evaluator.predict();
      splits[name] = evaluator.score(predicted);
      await record.writePredictions(name, step, predicted);
    }
    const evaluation: Evaluation = {
      step,
      epoch: step / trainer.stepsPerEpoch,
      learningRate: trainer.learningRate(Math.min(step, trainer.totalSteps - 1)),
      trainLoss: totals?.loss ?? null,
      trainAccuracy: totals?.accuracy ?? null,
      splits,
      er: robustnessOf(splits, config, testbeds),
    };
    evaluations.push(evaluation);
    trainer.clearTotals();
    await record.writeEvaluations(evaluations);
    await record.write(
      "checkpoints/latest.safetensors",
      await checkpointFile(runtime, arena, trainer, { phase: "train", step }),
    );
    options.onProgress?.({ kind: "evaluation", evaluation });
    if (options.signal?.aborted && step < trainer.totalSteps) {
      return true;
    }
  }
  return false;
}

function robustnessOf(
  splits: Readonly<Record<string, SplitResult>>,
  config: Config,
  testbeds: Testbeds,
): Evaluation["er"] {
  const er: Evaluation["er"] = {};
  for (const [ood, { baseline }] of Object.entries(testbeds)) {
    const {
      er: value,
      low,
      high,
      predicted,
      extrapolated,
    } = effectiveRobustness(baseline, splits[config.data.id.name]!, splits[ood]!);
    er[ood] = { er: value, low, high, predicted, extrapolated };
  }
  return er;
}

/** The baseline for every OOD split: loaded, or built from models trained from scratch and kept in testbed.json. */
async function makeTestbeds(
  runtime: Runtime,
  config: Config,
  sets: Sets,
  record: RunRecord,
  options: RunOptions,
): Promise<Testbeds> {
  if (config.testbed === undefined) {
    return {};
  }
  const models: Record<string, TestbedModel[]> = {};
  if ("from" in config.testbed) {
    for (const ood of Object.keys(config.data.ood)) {
      models[ood] = await loadTestbed(config.testbed.from, { id: config.data.id.name, ood });
    }
  } else {
    const built = await buildTestbed(runtime, config, sets, record, config.testbed.build, options);
    if (built === undefined) {
      return {};
    }
    for (const ood of Object.keys(config.data.ood)) {
      models[ood] = built.map(({ model, splits }) => ({ model, id: splits[config.data.id.name]!, ood: splits[ood]! }));
    }
  }
  return Object.fromEntries(
    Object.entries(models).map(([ood, list]) => [ood, { baseline: fitBaseline(list), models: list }]),
  );
}

interface BuiltModel {
  readonly model: string;
  readonly splits: Record<string, SplitResult>;
}

/**
 * Trains models from scratch on the fine-tuning set alone, at several widths, evaluated at several stops: the ordinary
 * models that the baseline is fitted on. Undefined where it was stopped; a resumed run begins it anew.
 */
async function buildTestbed(
  runtime: Runtime,
  config: Config,
  sets: Sets,
  record: RunRecord,
  build: { widths: number[]; points: number; train: TrainingConfig },
  options: RunOptions,
): Promise<BuiltModel[] | undefined> {
  const kept = await record.readJson("testbed.json");
  if (options.resume && kept !== undefined) {
    return kept as BuiltModel[];
  }
  const models: BuiltModel[] = [];
  for (const modelWidth of build.widths) {
    const model = createModel(config.model.name, { classes: sets.train.classNames.length, width: modelWidth });
    const seed = config.seed + 1000 + modelWidth;
    const arena = new ParameterArena(model.module, seed);
    const evaluators = await makeEvaluators(runtime, model, sets, config);
    const trainer = await Trainer.create(runtime, model, arena, sets.train, build.train, config.normalization, seed);
    let at = 0;
    for (let point = 1; point <= build.points; point++) {
      const stop = Math.round((trainer.totalSteps * point) / build.points);
      for (; at < stop; at++) {
        trainer.step(at);
        if (at % STEPS_IN_FLIGHT === 0) {
          await runtime.finish();
          if (options.signal?.aborted) {
            return undefined;
          }
        }
      }
      const { loss } = await trainer.read();
      const splits: Record<string, SplitResult> = {};
      for (const [name, evaluator] of Object.entries(evaluators)) {
        splits[name] = evaluator.score(await evaluator.predict());
      }
      trainer.clearTotals();
      models.push({ model: `${config.model.name} width ${modelWidth}, step ${at}`, splits });
      const accuracies = Object.entries(splits).map(
        ([name, { accuracy }]) => `${name} ${(100 * accuracy).toFixed(1)} %`,
      );
      options.onProgress?.({
        kind: "message",
        text: `baseline: width ${modelWidth}, step ${at} of ${trainer.totalSteps}, loss ${loss.toFixed(3)}, ${accuracies.join(", ")}`,
      });
    }
    trainer.destroy();
    for (const evaluator of Object.values(evaluators)) {
      evaluator.destroy();
    }
    for (const state of [arena.values, arena.gradients, arena.velocity]) {
      runtime.release(state);
    }
  }
  await record.writeJson("testbed.json", models);
  return models;
}

/** The configuration that a run directory was made with. Throws an InputError where there is none. */
export async function configOf(directory: string): Promise<Config> {
  const config = await new RunRecord(directory).readJson("config.json");
  if (config === undefined) {
    throw new InputError(`${directory}: no run to resume; config.json is missing`);
  }
  return parseConfig(config, `${directory}/config.json`);
}
