// Pre-training: the model, with a head of its own, on another set. Leaves checkpoints/pretrained.safetensors.
import { ParameterArena } from "@er/engine";
import { isPast, LATEST_CHECKPOINT, restoreCheckpoint, type SavedCheckpoint, writeWeights } from "./checkpoint.js";
import type { RunContext } from "./context.js";
import { modelMetadata } from "./model-metadata.js";
import { newModel } from "./new-model.js";
import { releaseArena } from "./release.js";
import type { RunLog } from "./run-log.js";
import { Trainer } from "./trainer.js";
import { saveCheckpoint, type Training, trainTo } from "./training.js";

export const PRETRAINED = "checkpoints/pretrained.safetensors";

/**
 * Pre-trains where the configuration wants it and it is not done yet.
 *
 * @param saved what to go on from
 * @returns whether it is done; otherwise it was stopped
 */
export async function pretrain(context: RunContext, saved: SavedCheckpoint | undefined, log: RunLog): Promise<boolean> {
  const { runtime, record, settings, config, sets, watch } = context;
  if (config.pretrain === undefined || isPast(saved?.cursor, "pretrain")) {
    return true;
  }
  const set = sets.pretrain!;
  const { train } = config.pretrain;
  const model = newModel(config, set);
  const arena = new ParameterArena(model.module, config.seed);
  const trainer = await Trainer.create(runtime, model, arena, set, train, config.normalization, config.seed + 1);
  if (saved !== undefined) {
    await restoreCheckpoint(runtime, arena, trainer, saved);
  }
  const training: Training = {
    runtime,
    arena,
    trainer,
    phase: "pretrain",
    title: "pretrain",
    record,
    checkpoint: LATEST_CHECKPOINT,
    settings,
    checkpointEverySteps: config.checkpointEverySteps,
    watch,
    log,
  };
  const done = await trainTo(training, saved?.cursor.step ?? 0, trainer.totalSteps);
  if (done) {
    // Refuses weights that are no numbers, as every checkpoint does.
    await saveCheckpoint(training, trainer.totalSteps);
    await trainer.average?.apply();
    await writeWeights(record, PRETRAINED, training, modelMetadata(config, set.classNames));
  }
  trainer.destroy();
  releaseArena(runtime, arena);
  return done;
}
