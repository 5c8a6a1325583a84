// The options that say which step of which model a measurement is of.
import { InputError } from "@er/engine";
import type { StepOptions } from "@er/experiment";
import type { Command } from "commander";
import { wholeNumber } from "./numbers.js";

export interface StepArguments {
  readonly model: string;
  readonly batch: string;
  readonly imageSize: string;
  readonly classes: string;
  readonly mode: string;
}

/** All but --model and --batch, which not every command requires. */
export function addStepOptions(command: Command): Command {
  return command
    .option("--image-size <n>", "height and width of the images", "32")
    .option("--classes <n>", "classes of the model's head", "10")
    .option("--mode <mode>", "train: a whole training step; eval: the prediction of a batch", "train");
}

/** @throws InputError for a mode or a number that is none */
export function stepOf({ model, batch, imageSize, classes, mode }: StepArguments): StepOptions {
  if (mode !== "train" && mode !== "eval") {
    throw new InputError(`--mode ${mode}: expected train or eval`);
  }
  return {
    model,
    batch: wholeNumber("--batch", batch),
    imageSize: wholeNumber("--image-size", imageSize),
    classes: wholeNumber("--classes", classes),
    mode,
  };
}
