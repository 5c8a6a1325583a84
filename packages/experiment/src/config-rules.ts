// What one key of a configuration asks of another. What only the data can tell is in check-run.ts.
import { InputError } from "@er/engine";
import type { Config, TrainingConfig } from "./config.js";
import { trainingsOf } from "./trainings.js";

/**
 * @param source where the configuration came from, for messages
 * @throws InputError for the first rule that is broken
 */
export function checkRules(config: Config, source: string): void {
  checkTrainings(config, source);
  checkTestbed(config, source);
  const { steps } = config.train;
  const late =
    steps !== undefined && "steps" in config.eval ? config.eval.steps.find((step) => step > steps) : undefined;
  if (late !== undefined) {
    throw new InputError(`${source}: eval.steps: ${late} is past the run's last step, ${steps}; lower it`);
  }
  if (config.init !== undefined && config.pretrain !== undefined) {
    throw new InputError(`${source}: "init" and "pretrain" exclude each other; give one`);
  }
  if (Object.hasOwn(config.data.ood, config.data.id.name)) {
    throw new InputError(`${source}: "${config.data.id.name}" names both the ID split and an OOD split; rename one`);
  }
  checkNames([config.data.id.name, ...Object.keys(config.data.ood)], source);
}

/** Files are called by the splits' names, and some disks tell no case apart. */
function checkNames(names: readonly string[], source: string): void {
  const before = new Map<string, string>();
  for (const name of names) {
    const other = before.get(name.toLowerCase());
    if (other !== undefined) {
      throw new InputError(`${source}: the splits "${other}" and "${name}" differ in case alone; rename one`);
    }
    before.set(name.toLowerCase(), name);
  }
}

function checkTrainings(config: Config, source: string): void {
  const trainings = Object.entries(trainingsOf(config));
  for (const [path, part] of trainings) {
    if (part !== undefined && (part.steps === undefined) === (part.epochs === undefined)) {
      throw new InputError(`${source}: ${path} needs exactly one of "steps" and "epochs"`);
    }
  }
  for (const [path, part] of trainings) {
    if (part?.steps !== undefined && part.warmupSteps > part.steps) {
      throw new InputError(
        `${source}: ${path}.warmupSteps: ${part.warmupSteps} is past the last step, ${part.steps}; the learning rate would never be reached, so lower it`,
      );
    }
    if (part?.nesterov && part.momentum === 0) {
      throw new InputError(`${source}: ${path}.nesterov needs a momentum; give ${path}.momentum, such as 0.9`);
    }
    if (part !== undefined) {
      checkHeadTraining(source, path, part);
    }
  }
}

function checkHeadTraining(
  source: string,
  path: string,
  { trainable, features, freezeBatchNorm, precision, ema }: TrainingConfig,
): void {
  const headAlone = features || path === "probe";
  if (headAlone && trainable !== "all" && trainable !== "head") {
    const why = features ? `${path}.features trains the head alone` : "a probe trains the head alone";
    throw new InputError(`${source}: ${why}, and ${path}.trainable is "${trainable}"; leave it out`);
  }
  const fromScratch = path === "testbed.build.train";
  if (fromScratch && (features || trainable !== "all" || ema !== undefined || freezeBatchNorm)) {
    throw new InputError(
      `${source}: ${path} is of whole models from scratch; leave trainable, features, freezeBatchNorm and ema out`,
    );
  }
  if (features && precision === "mixed") {
    throw new InputError(`${source}: ${path}.features computes in f32; leave ${path}.precision out`);
  }
}

function checkTestbed(config: Config, source: string): void {
  if (config.testbed !== undefined && "from" in config.testbed) {
    const { from, ood, columns } = config.testbed;
    if (columns !== undefined && !/\.csv$/i.test(from)) {
      throw new InputError(`${source}: testbed.columns is for a .csv, and testbed.from is ${from}; leave it out`);
    }
    if (ood !== undefined && !Object.hasOwn(config.data.ood, ood)) {
      const there = Object.keys(config.data.ood).join(", ") || "none";
      throw new InputError(`${source}: testbed.ood "${ood}" is no OOD split of the data; expected one of ${there}`);
    }
  }
  if (config.testbed !== undefined && "build" in config.testbed) {
    const { models: choice } = config.testbed;
    if (choice === "standard" || choice === "low-accuracy") {
      throw new InputError(
        `${source}: testbed.models "${choice}" goes by kinds, which models that are built have none of; give "all" or names`,
      );
    }
    const { widths, points } = config.testbed.build;
    const models = new Set(widths).size * points;
    if (models < 3) {
      throw new InputError(
        `${source}: testbed.build makes ${models} models; a line with an error needs 3, so give more widths or points`,
      );
    }
  }
}
