// When a run is evaluated: dense early, where effective robustness rises and falls, and sparse late.
import { InputError } from "@er/engine";
import type { EvaluationTimes } from "./config.js";

/**
 * The steps after which to evaluate, ascending and without repeats; 0 is before the first step.
 *
 * @param totalSteps of the run; always evaluated, and so is 0 with `at: "log"`
 * @throws InputError for a step outside the run
 */
export function evaluationSteps(config: EvaluationTimes, totalSteps: number, stepsPerEpoch: number): number[] {
  const steps = new Set<number>([totalSteps]);
  if ("at" in config) {
    steps.add(0);
    const gaps = config.points - 1;
    for (let i = 0; i < gaps; i++) {
      // Equal ratios from 1 to the last step.
      steps.add(Math.round(totalSteps ** (gaps === 1 ? 1 : i / (gaps - 1))));
    }
  } else {
    const wanted = "steps" in config ? config.steps : config.epochs.map((epoch) => Math.round(epoch * stepsPerEpoch));
    for (const step of wanted) {
      if (step > totalSteps) {
        throw new InputError(`eval: step ${step} is past the run's last, ${totalSteps}`);
      }
      steps.add(step);
    }
  }
  return [...steps].sort((a, b) => a - b);
}
