// Fine-tuning, stopped at its evaluations.
import { InputError, type ParameterArena } from "@er/engine";
import type { Model } from "@er/models";
import { type Baselines, robustnessOf } from "./baselines.js";
import { LATEST_CHECKPOINT, restoreCheckpoint, type SavedCheckpoint } from "./checkpoint.js";
import type { RunContext } from "./context.js";
import { evaluationSteps } from "./evaluation-steps.js";
import { type Evaluators, evaluateInto } from "./evaluators.js";
import type { Evaluation } from "./record.js";
import type { RunLog } from "./run-log.js";
import { Trainer } from "./trainer.js";
import { saveCheckpoint, type Training, trainTo } from "./training.js";

export interface FineTuning {
  readonly model: Model;
  readonly arena: ParameterArena;
  readonly evaluators: Evaluators;
  readonly baselines: Baselines;
  /** What to go on from. */
  readonly saved: SavedCheckpoint | undefined;
  readonly log: RunLog;
  /** Those done so far, to which it adds. */
  readonly evaluations: Evaluation[];
  /** The step at which a finished run was last extended: what its new schedule has before is not evaluated any more. */
  readonly extendedFrom: number | undefined;
}

/** Returns whether it is done; otherwise it was stopped. */
export async function fineTune(context: RunContext, tuning: FineTuning): Promise<boolean> {
  const { runtime, record, settings, config, sets, watch } = context;
  const { model, arena, saved, log, evaluations } = tuning;
  const trainer = await Trainer.create(
    runtime,
    model,
    arena,
    sets.train,
    config.train,
    config.normalization,
    config.seed,
  );
  let from = 0;
  if (saved?.cursor.phase === "train") {
    from = saved.cursor.step;
    await restoreCheckpoint(runtime, arena, trainer, saved);
  }
  const training: Training = {
    runtime,
    arena,
    trainer,
    phase: "train",
    title: "train",
    record,
    checkpoint: LATEST_CHECKPOINT,
    settings,
    evaluations,
    checkpointEverySteps: config.checkpointEverySteps,
    watch,
    log,
  };
  const done = (await trainer.prepare(watch)) && (await trainAndEvaluate(context, tuning, training, from));
  if (done) {
    await trainer.average?.apply();
  }
  trainer.destroy();
  return done;
}

async function trainAndEvaluate(
  context: RunContext,
  tuning: FineTuning,
  training: Training,
  from: number,
): Promise<boolean> {
  const { record, config, watch } = context;
  const { evaluations, log, extendedFrom = -1 } = tuning;
  const { trainer } = training;
  let at = from;
  for (const step of evaluationSteps(config.eval, trainer.totalSteps, trainer.stepsPerEpoch)) {
    if (step <= extendedFrom || evaluations.some((evaluation) => evaluation.step === step)) {
      continue;
    }
    if (step < from) {
      // The weights of that step are gone: today's would be recorded as early ones.
      throw new InputError(
        `${record.path(LATEST_CHECKPOINT)}: is of step ${from}, and the evaluation at step ${step} is missing; begin the run anew with --overwrite`,
      );
    }
    if (step > at && !(await trainTo(training, at, step))) {
      return false;
    }
    at = Math.max(at, step);
    const evaluation = await evaluate(context, tuning, trainer, step);
    evaluations.push(evaluation);
    trainer.clearTotals();
    await record.writeEvaluations(evaluations);
    await log.evaluation(evaluation);
    await saveCheckpoint(training, step);
    watch.onProgress?.({ kind: "evaluation", evaluation });
    if (watch.signal?.aborted && step < trainer.totalSteps) {
      return false;
    }
  }
  return true;
}

async function evaluate(
  { record, config }: RunContext,
  { evaluators, baselines }: FineTuning,
  trainer: Trainer,
  step: number,
): Promise<Evaluation> {
  const totals = step === 0 ? undefined : await trainer.read();
  const evaluateAll = () => evaluateInto(record, evaluators, step);
  const splits = await (trainer.average?.instead(evaluateAll) ?? evaluateAll());
  return {
    step,
    epoch: step / trainer.stepsPerEpoch,
    learningRate: trainer.learningRate(Math.min(step, trainer.totalSteps - 1)),
    trainLoss: totals?.loss ?? null,
    trainAccuracy: totals?.accuracy ?? null,
    splits,
    er: robustnessOf(splits, config.data.id.name, baselines),
  };
}
