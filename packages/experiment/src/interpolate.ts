// Models between two: weights (1 - α) A + α B for a row of α, evaluated as a run is and recorded as one (WiSE-FT, Wortsman et al.,
// "Robust Fine-Tuning of Zero-Shot Models", 2022). A step of the record is a hundredth of the way.
import { join, resolve, sep } from "node:path";
import { InputError, ParameterArena, type Runtime, type StateDict, type StateEntry } from "@er/engine";
import { baselinesOf, builtSource, loadFits, robustnessOf } from "./baselines.js";
import { writeWeights } from "./checkpoint.js";
import { type Config, parseConfig } from "./config.js";
import { destroyEvaluators, evaluateInto, makeEvaluators } from "./evaluators.js";
import { compareWithRun, readEnd, refuseDifferentEnds } from "./interpolation-ends.js";
import { isDirectory } from "./is-directory.js";
import { loadSets } from "./load-sets.js";
import { MANIFEST_FILE, manifestOf } from "./manifest.js";
import { modelMetadata } from "./model-metadata.js";
import { newModel } from "./new-model.js";
import { OpenRecord, refuseIfTaken } from "./open-record.js";
import { type Watch, warn } from "./progress.js";
import { BatchNormStatistics } from "./recompute-batch-norm.js";
import { CONFIG_FILE, type Evaluation, FINAL_WEIGHTS } from "./record.js";
import { releaseArena } from "./release.js";
import { configOf } from "./run.js";
import { INTERPOLATION } from "./run-kind.js";
import { checkClasses } from "./split-note.js";
import { loadStudy } from "./study.js";
import { loadInto } from "./weights.js";
import { writeReport } from "./write-report.js";

/** Steps from A to B. */
const WAY = 100;

export interface InterpolateOptions extends Watch {
  /** Where the record is written. */
  readonly directory: string;
  /** Finished runs, weight files, or published weights (`weights:NAME`); α = 0 is A. */
  readonly a: string;
  readonly b: string;
  /** The run whose model, data and testbed are taken; B where it is left out and B is a run, else A. */
  readonly like?: string | undefined;
  /** Within [0, 1], rising, whole hundredths. */
  readonly alphas: readonly number[];
  /** Training images that batch-norm statistics are measured on at each α, in whole batches of the run's `evalBatch`; 0: the statistics are interpolated as weights are. */
  readonly batchNormImages: number;
  /** Keep the weights of every α, as checkpoints/alpha-0.50.safetensors. */
  readonly keepWeights: boolean;
  /** Replace what the directory holds. */
  readonly overwrite: boolean;
  /** The command that makes the record again, for the manifest. */
  readonly command: string;
}

export interface Interpolation {
  readonly config: Config;
  readonly evaluations: readonly Evaluation[];
  /** Whether it came to the last α; otherwise it was stopped. */
  readonly finished: boolean;
  /** What the accuracies have to be read with: what the ends do not say of themselves. */
  readonly notes: readonly string[];
}

/**
 * Evaluates the models between two and records them as a run, with a report.
 *
 * @throws InputError for α that are none, weights whose names, shapes, classes or normalisations differ, from the run's too, a
 *   directory that is taken, and where neither A nor B is a run and no other is named
 */
export async function interpolate(runtime: Runtime, options: InterpolateOptions): Promise<Interpolation> {
  const steps = stepsOf(options.alphas);
  const source = await sourceOf(options);
  const config = configBetween(await configOf(source), source, steps, options);
  refuseWithin(options);
  await refuseIfTaken(options.directory, INTERPOLATION, options.overwrite);
  const onTakeOver = (text: string) => warn(options, text);
  const record = await OpenRecord.lock(options.directory, INTERPOLATION, { command: "er interpolate", onTakeOver });
  try {
    return await interpolateIn(record, runtime, { config, source }, steps, options);
  } finally {
    await record.close();
  }
}

async function interpolateIn(
  record: OpenRecord,
  runtime: Runtime,
  { config, source }: { readonly config: Config; readonly source: string },
  steps: readonly number[],
  options: InterpolateOptions,
): Promise<Interpolation> {
  const [a, b] = [await readEnd(options.a), await readEnd(options.b)];
  refuseDifferentEnds(a, b);
  const fits = (await loadFits(config)) ?? {};
  const sets = await loadSets(config, options);
  const notes = compareWithRun([a, b], source, config, sets.train);
  checkClasses(config, sets, options);
  const baselines = baselinesOf(config, sets, fits);
  const model = newModel(config, sets.train);
  const arena = new ParameterArena(model.module, config.seed);
  loadInto(runtime, model, arena, b.weights, options.b, "keep");
  const evaluators = await makeEvaluators(runtime, model, sets, config, config.eval.predictions === "logits");
  const statistics =
    options.batchNormImages > 0 && arena.buffers.size > 0
      ? await BatchNormStatistics.create(runtime, model, arena, sets.train, {
          images: options.batchNormImages,
          batch: config.evalBatch,
          normalization: config.normalization,
          seed: config.seed,
        })
      : undefined;

  const manifest = await manifestOf({ runtime, config, sets }, options.command);
  // Nothing was changed yet, so that who stops now has lost nothing.
  options.signal?.throwIfAborted();
  await record.begin();
  await record.writeJson(MANIFEST_FILE, manifest);
  await record.writeJson(CONFIG_FILE, config);
  const evaluations: Evaluation[] = [];
  for (const [i, step] of steps.entries()) {
    loadInto(runtime, model, arena, between(a.weights, b.weights, step / WAY), options.b, "keep");
    await statistics?.measure();
    const evaluation = await evaluate(step);
    evaluations.push(evaluation);
    await record.writeEvaluations(evaluations);
    const last = i === steps.length - 1;
    const metadata = modelMetadata(config, sets.train.classNames);
    if (options.keepWeights) {
      await writeWeights(
        record,
        `checkpoints/alpha-${(step / WAY).toFixed(2)}.safetensors`,
        { runtime, arena },
        metadata,
      );
    }
    if (last) {
      await writeWeights(record, FINAL_WEIGHTS, { runtime, arena }, metadata);
    }
    options.onProgress?.({ kind: "evaluation", evaluation });
    if (options.signal?.aborted && !last) {
      break;
    }
  }
  statistics?.destroy();
  const finished = evaluations.length === steps.length;
  if (finished) {
    const study = await loadStudy([options.directory], { ...options, examples: true, sets: sets.evaluated });
    await writeReport(record, "report.html", study);
  }
  destroyEvaluators(evaluators);
  releaseArena(runtime, arena);
  return { config, evaluations, finished, notes };

  async function evaluate(step: number): Promise<Evaluation> {
    const splits = await evaluateInto(record, evaluators, step);
    const er = robustnessOf(splits, config.data.id.name, baselines);
    return { step, epoch: step / WAY, learningRate: 0, trainLoss: null, trainAccuracy: null, splits, er };
  }
}

/** The record takes the place of all that its directory holds. */
function refuseWithin({ directory, a, b, like }: InterpolateOptions): void {
  const inside = [a, b, like].find(
    (path) => path !== undefined && `${resolve(path)}${sep}`.startsWith(`${resolve(directory)}${sep}`),
  );
  if (inside !== undefined) {
    throw new InputError(`${directory}: holds ${inside}, which is read; give another directory with --out`);
  }
}

/** Hundredths of the way. */
function stepsOf(alphas: readonly number[]): number[] {
  const steps = alphas.map((alpha) => Math.round(alpha * WAY));
  for (const [i, alpha] of alphas.entries()) {
    if (!(alpha >= 0 && alpha <= 1) || Math.abs(alpha * WAY - steps[i]!) > 1e-9) {
      throw new InputError(`α ${alpha}: expected whole hundredths from 0 to 1, such as 0,0.25,0.5,0.75,1`);
    }
    if (i > 0 && steps[i]! <= steps[i - 1]!) {
      throw new InputError(`α ${alphas[i - 1]} before ${alpha}: expected rising numbers`);
    }
  }
  if (steps.length === 0) {
    throw new InputError("no α given; expected some from 0 to 1, such as 0,0.25,0.5,0.75,1");
  }
  return steps;
}

/** The run that the configuration is of. */
async function sourceOf({ a, b, like }: InterpolateOptions): Promise<string> {
  for (const candidate of like === undefined ? [b, a] : [like]) {
    if (await isDirectory(candidate)) {
      return candidate;
    }
  }
  throw new InputError(
    like === undefined
      ? `${a} and ${b} are files, which do not say what to evaluate on; name a run of the same model and data with --like`
      : `${like}: no directory of er train; --like names one`,
  );
}

/** As the run's, but for how its weights came about, and for its testbed, which lies where it was built. */
function configBetween(
  { init: _, pretrain: __, probe: ___, testbed, train, eval: evaluation, ...rest }: Config,
  source: string,
  steps: readonly number[],
  { a, b, batchNormImages }: InterpolateOptions,
): Config {
  const built = testbed !== undefined && "build" in testbed ? builtSource(testbed, join(source, "testbed")) : testbed;
  const { epochs: ____, features: _____, ...kept } = train;
  const config = {
    ...rest,
    train: { ...kept, steps: WAY },
    eval: { steps: [...steps], predictions: evaluation.predictions },
    interpolation: { a, b, batchNormImages },
    ...(built !== undefined && { testbed: built }),
  };
  return parseConfig(config, source);
}

function between(a: StateDict, b: StateDict, alpha: number): Map<string, StateEntry> {
  return new Map(
    [...a].map(([name, { shape, data }]) => {
      const other = b.get(name)!.data;
      return [name, { shape, data: data.map((v, i) => (1 - alpha) * v + alpha * other[i]!) }];
    }),
  );
}
