// What does not fit together between configuration and data, found before anything is written or trained.
import type { ImageSet } from "@er/data";
import { InputError } from "@er/engine";
import type { Config, TestbedBuild, TrainingConfig } from "./config.js";
import { evaluationSteps } from "./evaluation-steps.js";
import { headRuleOf } from "./load-init.js";
import type { Sets } from "./load-sets.js";
import { planTestbed } from "./plan-testbed.js";
import { batchOf, trainingLength } from "./training-length.js";

/**
 * @throws InputError for a batch larger than its set, an evaluation past the end, a set to pre-train on with the same classes in
 *   another order, and a baseline of too few models
 */
export function checkRun(config: Config, sets: Sets): void {
  checkBatch("train", config.train, sets.train);
  const { totalSteps, stepsPerEpoch } = trainingLength(config.train, sets.train.n);
  evaluationSteps(config.eval, totalSteps, stepsPerEpoch);
  if (config.probe !== undefined) {
    checkBatch("probe", config.probe, sets.train);
  }
  if (config.pretrain !== undefined) {
    const { spec, classNames } = sets.pretrain!;
    checkBatch("pretrain.train", config.pretrain.train, sets.pretrain!);
    headRuleOf(spec, classNames, sets.train.spec, sets.train.classNames);
  }
  if (config.testbed !== undefined && "build" in config.testbed) {
    checkTestbedBuild(config, config.testbed.build, sets);
  }
}

/** @throws InputError for a batch larger than the set, for fewer models than a line needs, and for models to fit that are not built */
export function checkTestbedBuild(config: Config, build: TestbedBuild, sets: Sets): void {
  checkBatch("testbed.build.train", build.train, sets.train);
  const models = planTestbed(config, build, sets.train.n).map(({ model }) => model);
  if (models.length < 3) {
    throw new InputError(
      `testbed.build makes ${models.length} models in so few steps; a line with an error needs 3, so train longer or give more widths`,
    );
  }
  const choice = config.testbed?.models;
  const unknown = Array.isArray(choice) ? choice.find((name) => !models.includes(name)) : undefined;
  if (unknown !== undefined) {
    throw new InputError(`testbed.models: no model "${unknown}" is built; these are: ${models.join(", ")}`);
  }
}

/** @throws InputError for a batch larger than the images that are trained on */
export function checkBatch(path: string, training: TrainingConfig, { spec, n }: Pick<ImageSet, "spec" | "n">): void {
  const batch = batchOf(training, n);
  if (n < batch) {
    throw new InputError(`${spec}: ${n} images are fewer than a batch of ${batch}; lower ${path}.batch`);
  }
}
