// Learning-rate schedules, as functions of the step: pure, so that a resumed run needs no state.
import { InputError } from "../errors.js";

export type Schedule =
  | { readonly kind: "constant" }
  /** lr/2 * (1 + cos(pi t / T)) over the steps after the warm-up (Loshchilov and Hutter 2017, without restarts). */
  | { readonly kind: "cosine" }
  /** Multiplied by gamma at each milestone, a fraction of all steps (torch.optim.lr_scheduler.MultiStepLR). */
  | { readonly kind: "step"; readonly milestones: readonly number[]; readonly gamma: number };

export interface LearningRate {
  /** The peak. */
  readonly base: number;
  readonly schedule: Schedule;
  /** Steps of linear warm-up, from base / warmupSteps at step 0 to base. */
  readonly warmupSteps: number;
}

/**
 * The learning rate of a step.
 *
 * @param step from 0 to totalSteps - 1
 * @throws InputError for a step outside
 */
export function learningRateAt(
  { base, schedule, warmupSteps }: LearningRate,
  step: number,
  totalSteps: number,
): number {
  if (!(step >= 0 && step < totalSteps)) {
    throw new InputError(`learning rate: step ${step} is outside 0 … ${totalSteps - 1}`);
  }
  if (step < warmupSteps) {
    return (base * (step + 1)) / warmupSteps;
  }
  switch (schedule.kind) {
    case "constant":
      return base;
    case "cosine":
      return (base / 2) * (1 + Math.cos((Math.PI * (step - warmupSteps)) / (totalSteps - warmupSteps)));
    case "step":
      return base * schedule.gamma ** schedule.milestones.filter((milestone) => step >= milestone * totalSteps).length;
    default:
      return schedule satisfies never;
  }
}
