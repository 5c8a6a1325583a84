// A testbed of our own, where none is published: models trained from scratch on the fine-tuning set alone, at several widths,
// each evaluated at several stops. A model depends on its own seed alone, so a build that was killed goes on where it was.
import { isDeepStrictEqual } from "node:util";
import { InputError, ParameterArena } from "@er/engine";
import { writeNpy } from "@er/formats";
import { restoreCheckpoint, type SavedCheckpoint, savedCheckpoint } from "./checkpoint.js";
import { parseConfig, type TestbedBuild } from "./config.js";
import type { RunContext } from "./context.js";
import { destroyEvaluators, type Evaluators, evaluateSplits, makeEvaluators } from "./evaluators.js";
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
  TESTBED,
  TESTBED_FILE,
} from "./testbed-directory.js";
import { Trainer } from "./trainer.js";
import { saveCheckpoint, type Training, trainTo } from "./training.js";

/**
 * Builds, or goes on building, a testbed in the context's record, which it owns whole.
 *
 * @param resume take over what is there
 * @returns what testbed.json holds; unfinished where it was stopped
 * @throws InputError where what is there was built with another configuration
 */
export async function buildTestbed(context: RunContext, build: TestbedBuild, resume: boolean): Promise<BuiltTestbed> {
  const { config, record, sets } = context;
  const planned = planTestbed(config, build, sets.train.n);
  const kept = resume ? await keptTestbed(context) : undefined;
  const models = [...(kept?.models ?? [])];
  const testbed = (): BuiltTestbed => ({
    finished: models.length === planned.length,
    id: config.data.id.name,
    config,
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
      await record.clear(TESTBED);
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

async function keptTestbed({ record, config }: RunContext): Promise<BuiltTestbed | undefined> {
  const kept = await readTestbedFile(record.directory);
  if (kept === undefined) {
    return undefined;
  }
  const file = record.path(TESTBED_FILE);
  if (!isDeepStrictEqual(parseConfig(kept.config, file), config)) {
    throw new InputError(`${file}: built with another configuration; build it anew with --overwrite`);
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
  const { runtime, record, config, sets, watch } = context;
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
    checkpointEverySteps: config.checkpointEverySteps,
    watch,
  };
  return { training, evaluators, saved: begun ? await savedCheckpoint(record, training.checkpoint) : undefined };
}

async function writeLabels({ record }: RunContext, evaluators: Evaluators): Promise<void> {
  for (const [split, { labels }] of Object.entries(evaluators)) {
    const array = { dtype: "uint16", shape: [labels.length], data: Uint16Array.from(labels) } as const;
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
    restoreCheckpoint(runtime, arena, trainer, saved);
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
        ([name, { accuracy }]) => `${name} ${(100 * accuracy).toFixed(1)} %`,
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
