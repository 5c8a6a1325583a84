// A testbed of our own, where none is published: models trained from scratch on the fine-tuning set alone, at several widths,
// each evaluated at several stops. A model depends on its own seed alone, so a build that was killed goes on where it was.
import { isDeepStrictEqual } from "node:util";
import { InputError, ParameterArena } from "@er/engine";
import { sha256 } from "@er/files";
import { writeNpy } from "@er/formats";
import { restoreCheckpoint, type SavedCheckpoint, savedCheckpoint } from "./checkpoint.js";
import { parseConfig, type TestbedBuild } from "./config.js";
import type { RunContext } from "./context.js";
import { destroyEvaluators, type Evaluators, evaluateSplits, makeEvaluators } from "./evaluators.js";
import { checkAdapter } from "./manifest.js";
import { newModel } from "./new-model.js";
import { type PlannedModel, planTestbed } from "./plan-testbed.js";
import { say } from "./progress.js";
import { releaseArena } from "./release.js";
import {
  type BuiltModel,
  type BuiltTestbed,
  labelsFile,
  predictionsFile,
  readTestbedFile,
  TESTBED_FILE,
} from "./testbed-directory.js";
import { Trainer } from "./trainer.js";
import { saveCheckpoint, type Training, trainTo } from "./training.js";
import { asUint16 } from "./uint16-classes.js";

/**
 * Builds, or goes on building, a testbed in the context's record, which is locked, not begun, and its own whole.
 *
 * @param resume take over what is there
 * @returns what testbed.json holds; unfinished where it was stopped
 * @throws InputError where what is there was built with another configuration
 */
export async function buildTestbed(
  whole: Omit<RunContext, "settings">,
  build: TestbedBuild,
  { resume, otherAdapter }: { readonly resume: boolean; readonly otherAdapter: boolean },
): Promise<BuiltTestbed> {
  const { config, record, sets, runtime, watch } = whole;
  const planned = planTestbed(config, build, sets.train.n);
  const data = dataOf(sets);
  const settings = sha256(JSON.stringify({ config, data }));
  const context = { ...whole, settings };
  const kept = resume ? await keptTestbed(context, data) : undefined;
  const models = [...(kept?.models ?? [])];
  if (kept !== undefined) {
    const used = models.map(({ adapter }) => adapter);
    // Where all is built nothing more is computed, and what was said yes to is not asked again.
    const known = models.length === planned.length || used.includes(runtime.info.description);
    checkAdapter(known ? undefined : used.at(-1), { runtime, watch, otherAdapter });
    await record.goOn();
  }
  const testbed = (): BuiltTestbed => ({
    finished: models.length === planned.length,
    id: config.data.id.name,
    config,
    settings,
    data,
    models,
  });
  const write = () => record.writeJson(TESTBED_FILE, testbed());
  let begun = kept !== undefined;
  for (const width of new Set(build.widths)) {
    const ofWidth = planned.filter((model) => model.width === width);
    if (ofWidth.every(({ model }) => models.some((built) => built.model === model))) {
      continue;
    }
    const work = await prepare(context, build, ofWidth[0]!, begun);
    if (!begun) {
      // Only now, since preparing a model is what tells whether configuration and data fit together.
      await record.begin();
      await write();
      begun = true;
    }
    // Again where it goes on, since what was killed may have come no further than testbed.json.
    await writeLabels(context, work.evaluators);
    const done = await trainWidth(context, work, ofWidth, models, write);
    release(context, work);
    if (!done) {
      break;
    }
  }
  return testbed();
}

/** What the models are trained on and predict, for who uses the testbed to compare with. */
function dataOf({ train, evaluated }: RunContext["sets"]): NonNullable<BuiltTestbed["data"]> {
  const splits = Object.entries(evaluated).map(([name, { spec, n, sha256: sum }]) => [name, { spec, n, sha256: sum }]);
  return { classNames: [...train.classNames], splits: Object.fromEntries(splits) };
}

async function keptTestbed(
  { record, config }: RunContext,
  data: NonNullable<BuiltTestbed["data"]>,
): Promise<BuiltTestbed | undefined> {
  const kept = await readTestbedFile(record.directory);
  if (kept === undefined) {
    return undefined;
  }
  const file = record.path(TESTBED_FILE);
  if (!isDeepStrictEqual(parseConfig(kept.config, file), config)) {
    throw new InputError(`${file}: built with another configuration; build it anew with --overwrite`);
  }
  if (!isDeepStrictEqual(kept.data, data)) {
    throw new InputError(`${file}: built on other data; restore them, or build it anew with --overwrite`);
  }
  for (const { model } of kept.models) {
    for (const split of Object.keys(data.splits)) {
      if (!(await record.exists(predictionsFile(split, model)))) {
        throw new InputError(
          `${record.path(predictionsFile(split, model))}: missing, and its model is trained past it; restore it from a copy, or build the testbed anew with --overwrite`,
        );
      }
    }
  }
  return kept;
}

/** A width's model, ready to be trained on. */
interface WidthWork {
  readonly training: Training;
  readonly evaluators: Evaluators;
  readonly saved: SavedCheckpoint | undefined;
}

async function prepare(
  context: RunContext,
  build: TestbedBuild,
  { width, seed }: PlannedModel,
  begun: boolean,
): Promise<WidthWork> {
  const { runtime, record, settings, config, sets, watch } = context;
  const model = newModel(config, sets.train, width);
  const arena = new ParameterArena(model.module, seed);
  const evaluators = await makeEvaluators(runtime, model, sets, config, false);
  const trainer = await Trainer.create(runtime, model, arena, sets.train, build.train, config.normalization, seed);
  const training: Training = {
    runtime,
    arena,
    trainer,
    phase: "testbed",
    title: `baseline width ${width}`,
    record,
    checkpoint: `checkpoints/width${width}.safetensors`,
    settings,
    checkpointEverySteps: config.checkpointEverySteps,
    watch,
  };
  const saved = begun ? await savedCheckpoint(record, training.checkpoint, [settings]) : undefined;
  return { training, evaluators, saved };
}

async function writeLabels({ record }: RunContext, evaluators: Evaluators): Promise<void> {
  for (const [split, { labels }] of Object.entries(evaluators)) {
    const array = { dtype: "uint16", shape: [labels.length], data: asUint16(labels, `labels of ${split}`) } as const;
    await record.write(labelsFile(split), writeNpy(array));
  }
}

/** Trains a width from where it stands; adds its models, one a stop. Returns whether it is done, else it was stopped. */
async function trainWidth(
  { runtime, record, watch }: RunContext,
  { training, evaluators, saved }: WidthWork,
  planned: readonly PlannedModel[],
  models: BuiltModel[],
  write: () => Promise<void>,
): Promise<boolean> {
  const { trainer, arena } = training;
  if (saved !== undefined) {
    await restoreCheckpoint(runtime, arena, trainer, saved);
  }
  let at = saved?.cursor.step ?? 0;
  for (const next of planned.filter(({ step }) => step >= at)) {
    if (watch.signal?.aborted || !(await trainTo(training, at, next.step))) {
      return false;
    }
    at = next.step;
    // Before the evaluation, and with its totals: so what is resumed ends in the same bits whenever it was killed.
    await saveCheckpoint(training, at);
    if (!models.some(({ model }) => model === next.model)) {
      const { loss } = await trainer.read();
      const splits = await evaluateSplits(evaluators, (split, { classes }) =>
        record.write(predictionsFile(split, next.model), `${JSON.stringify([...classes])}\n`),
      );
      models.push({ ...next, adapter: runtime.info.description, trainLoss: loss, splits });
      await write();
      const accuracies = Object.entries(splits).map(
        ([name, { accuracy, note }]) =>
          `${name} ${(100 * accuracy).toFixed(1)} %${note === undefined ? "" : ` (${note})`}`,
      );
      say(
        watch,
        `${training.title}, step ${at} of ${trainer.totalSteps}: loss ${loss.toFixed(3)}, ${accuracies.join(", ")}`,
      );
    }
    trainer.clearTotals();
  }
  return true;
}

function release({ runtime }: RunContext, { training, evaluators }: WidthWork): void {
  const { trainer, arena } = training;
  trainer.destroy();
  destroyEvaluators(evaluators);
  releaseArena(runtime, arena);
}
