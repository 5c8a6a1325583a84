// How many steps a training takes.
import type { TrainingConfig } from "./config.js";

export interface TrainingLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** @param n images of the training set; those past the last whole batch of an epoch are left out */
export function trainingLength({ steps, epochs, batch }: TrainingConfig, n: number): TrainingLength {
  const stepsPerEpoch = Math.floor(n / batch);
  return { stepsPerEpoch, totalSteps: steps ?? Math.max(1, Math.round(epochs! * stepsPerEpoch)) };
}
