// Which models a testbed has: known before any is trained, so that what is missing is known too.
import type { Config, TestbedBuild } from "./config.js";
import type { BuiltModel } from "./testbed-directory.js";
import { trainingLength } from "./training-length.js";

export type PlannedModel = Pick<BuiltModel, "model" | "width" | "seed" | "step">;

/**
 * Every model of a testbed, in the order in which they are trained.
 *
 * @param n images of the training set
 */
export function planTestbed(config: Config, { widths, points, train }: TestbedBuild, n: number): PlannedModel[] {
  const { totalSteps } = trainingLength(train, n);
  const stops = Array.from({ length: points }, (_, i) => Math.round((totalSteps * (i + 1)) / points));
  // More points than steps would give models that are the same, or not trained at all.
  const steps = [...new Set(stops)].filter((step) => step > 0);
  return [...new Set(widths)].flatMap((width) =>
    steps.map((step) => ({
      model: `${config.model.name}-width${width}-step${step}`,
      width,
      seed: config.seed + 1000 + width,
      step,
    })),
  );
}
