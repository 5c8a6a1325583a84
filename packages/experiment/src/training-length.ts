// How many steps a training takes.
import type { TrainingConfig } from "./config.js";

/** Examples a step: of a set that is smaller than the batch all, where features are trained on. */
export function batchOf({ batch, features }: TrainingConfig, n: number): number {
  return features ? Math.min(batch, n) : batch;
}

export interface TrainingLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** @param n images of the training set; those past the last whole batch of an epoch are left out */
export function trainingLength(training: TrainingConfig, n: number): TrainingLength {
  const { steps, epochs } = training;
  const stepsPerEpoch = Math.floor(n / batchOf(training, n));
  return { stepsPerEpoch, totalSteps: steps ?? Math.max(1, Math.round(epochs! * stepsPerEpoch)) };
}
