// Training from one step to another, with progress and checkpoints.
import { InputError, type ParameterArena, type Runtime } from "@er/engine";
import { type Cursor, writeCheckpoint } from "./checkpoint.js";
import type { OpenRecord } from "./open-record.js";
import type { Watch } from "./progress.js";
import type { Evaluation } from "./record.js";
import type { RunLog } from "./run-log.js";
import type { Trainer, TrainingTotals } from "./trainer.js";

/** Steps submitted before the device is waited for: enough to keep it busy, few enough to stop soon. */
const STEPS_IN_FLIGHT = 8;

/** What is trained, who watches it, and where it can go on from. */
export interface Training {
  readonly runtime: Runtime;
  readonly arena: ParameterArena;
  readonly trainer: Trainer;
  readonly phase: Cursor["phase"];
  /** The phase in words, for people. */
  readonly title: string;
  readonly record: OpenRecord;
  /** The checkpoint, a file of the record. */
  readonly checkpoint: string;
  /** What the checkpoint is of: see `CheckpointNotes`. */
  readonly settings: string;
  /** Those that exist so far, which each checkpoint keeps; none before fine-tuning. */
  readonly evaluations?: readonly Evaluation[];
  readonly checkpointEverySteps: number;
  readonly watch: Watch;
  /** Notes a progress report in the record. */
  readonly log?: RunLog;
}

/**
 * Writes that `step` steps are done.
 *
 * @throws InputError for weights that are no numbers, as for such a loss: the checkpoint before stays the last good one
 */
export async function saveCheckpoint(training: Training, step: number): Promise<void> {
  const { phase, record, checkpoint, settings, evaluations = [] } = training;
  if (!(await writeCheckpoint(record, checkpoint, training, { cursor: { phase, step }, settings, evaluations }))) {
    throw await diverged(training, step, "the loss is NaN (the weights are not finite)");
  }
}

/**
 * Trains until `to` steps are done, of which `from` are done already.
 *
 * @returns whether it got there; otherwise it was stopped, and a checkpoint says where
 * @throws InputError for a loss that is no number, naming the step, the learning rate and the last good checkpoint
 */
export async function trainTo(training: Training, from: number, to: number): Promise<boolean> {
  const { trainer, title, watch, checkpointEverySteps } = training;
  if (!(await trainer.prepare(watch))) {
    return false;
  }
  let since = performance.now();
  let before = await trainer.read();
  for (let step = from; step < to; ) {
    trainer.step(step);
    step += 1;
    if (step % STEPS_IN_FLIGHT !== 0 && step !== to) {
      continue;
    }
    const totals = await trainer.read();
    const { loss } = totals;
    if (!Number.isFinite(loss)) {
      throw await diverged(training, step, `the loss is ${loss}`);
    }
    const seconds = (performance.now() - since) / 1000;
    const imagesPerSecond = ((totals.steps - before.steps) * trainer.batch) / seconds;
    watch.onProgress?.({ kind: "step", phase: title, step, totalSteps: trainer.totalSteps, imagesPerSecond, loss });
    await noteReport(training, step, lossBetween(before, totals), imagesPerSecond, totals.skipped);
    since = performance.now();
    before = totals;
    if (watch.signal?.aborted) {
      await saveCheckpoint(training, step);
      return false;
    }
    if (Math.floor(step / checkpointEverySteps) > Math.floor((step - STEPS_IN_FLIGHT) / checkpointEverySteps)) {
      await saveCheckpoint(training, step);
    }
  }
  return true;
}

async function noteReport(
  { log, phase, trainer }: Training,
  step: number,
  loss: number,
  imagesPerSecond: number,
  skipped: number | undefined,
): Promise<void> {
  if (log !== undefined && phase !== "testbed") {
    const learningRate = trainer.learningRate(step - 1);
    await log.training({ phase, step, loss, learningRate, imagesPerSecond, ...(skipped !== undefined && { skipped }) });
  }
}

/** Mean loss over the steps between two readings of the same totals, nats. */
function lossBetween(before: TrainingTotals, now: TrainingTotals): number {
  const sumBefore = before.steps === 0 ? 0 : before.loss * before.steps;
  return (now.loss * now.steps - sumBefore) / (now.steps - before.steps);
}

async function diverged(training: Training, step: number, what: string): Promise<InputError> {
  const { trainer, title, record, checkpoint } = training;
  const kept = (await record.exists(checkpoint)) ? record.path(checkpoint) : "none";
  return new InputError(
    `${what} by step ${step} of ${title} at learning rate ${trainer.learningRate(Math.max(0, step - 1))}; lower the learning rate (last good checkpoint: ${kept})`,
  );
}
