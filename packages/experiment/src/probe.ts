// A linear probe before fine-tuning: the head alone is trained on what the body gives, and fine-tuning begins from there, so that a
// random head does not pull the body's features out of shape at first (Kumar et al., "Fine-Tuning can Distort Pretrained Features and
// Underperform Out-of-Distribution", 2022).
import type { ParameterArena } from "@er/engine";
import type { Model } from "@er/models";
import { isPast, LATEST_CHECKPOINT, restoreCheckpoint, type SavedCheckpoint, writeWeights } from "./checkpoint.js";
import type { RunContext } from "./context.js";
import { modelMetadata } from "./model-metadata.js";
import type { RunLog } from "./run-log.js";
import { Trainer } from "./trainer.js";
import { saveCheckpoint, type Training, trainTo } from "./training.js";
import { probeTraining } from "./trainings.js";

/** What fine-tuning begins from, as er interpolate wants it for one end. */
const PROBED = "checkpoints/probed.safetensors";

interface Probing {
  readonly model: Model;
  /** With the weights to begin from, unless the run goes on from a checkpoint of the probe. */
  readonly arena: ParameterArena;
  readonly saved: SavedCheckpoint | undefined;
  readonly log: RunLog;
}

/**
 * Probes where the configuration wants it and it is not done yet. The arena's velocities are zero afterwards, and the weights are kept
 * as checkpoints/probed.safetensors.
 *
 * @returns whether it is done; otherwise it was stopped
 */
export async function probe(context: RunContext, { model, arena, saved, log }: Probing): Promise<boolean> {
  const { runtime, record, settings, config, sets, watch } = context;
  const train = probeTraining(config);
  if (train === undefined || isPast(saved?.cursor, "probe")) {
    return true;
  }
  const trainer = await Trainer.create(runtime, model, arena, sets.train, train, config.normalization, config.seed + 2);
  const resumed = saved?.cursor.phase === "probe" ? saved : undefined;
  if (resumed !== undefined) {
    await restoreCheckpoint(runtime, arena, trainer, resumed);
  }
  const training: Training = {
    ...{ runtime, arena, trainer, phase: "probe", title: "probe", record, watch, log },
    checkpoint: LATEST_CHECKPOINT,
    settings,
    checkpointEverySteps: config.checkpointEverySteps,
  };
  const from = resumed?.cursor.step ?? 0;
  const done = await trainTo(training, from, trainer.totalSteps);
  if (done) {
    if (from < trainer.totalSteps) {
      await saveCheckpoint(training, trainer.totalSteps);
    }
    await trainer.average?.apply();
    await writeWeights(record, PROBED, training, modelMetadata(config, sets.train.classNames));
    runtime.writeState(arena.velocity, new Float32Array(arena.trainableElements));
  }
  trainer.destroy();
  return done;
}
