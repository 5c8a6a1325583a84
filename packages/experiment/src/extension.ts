// A finished run made longer. Its past stays as it is; the learning rate goes on where the longer schedule has it.
import { isDeepStrictEqual } from "node:util";
import { InputError } from "@er/errors";
import type { Config } from "./config.js";

/**
 * What of a configuration may change.
 *
 * @param before what the run was made with
 * @throws InputError for anything but a longer training, its learning rate and schedule, and when it is evaluated
 */
export function checkExtension(before: Config, after: Config): void {
  const fixed = ({ train, eval: evaluation, checkpointEverySteps: _, ...rest }: Config) => {
    const { steps, epochs, learningRate, schedule, ...kept } = train;
    return { ...rest, train: kept, predictions: evaluation.predictions };
  };
  const [one, other] = [fixed(before), fixed(after)];
  if (!isDeepStrictEqual(one, other)) {
    throw new InputError(
      `--extend: ${differing(one, other)} is other than in the run; only train.steps or train.epochs, train.learningRate, train.schedule and eval may change, all else is a new run`,
    );
  }
}

/** The first key, with its path, under which two values differ. */
function differing(one: object, other: object): string {
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [a, b] = [one, other].map((each) => (each as Record<string, unknown>)[key]);
    if (isDeepStrictEqual(a, b)) continue;
    const within = [a, b].every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
    return within ? `${key}.${differing(a as object, b as object)}` : key;
  }
  return "";
}
