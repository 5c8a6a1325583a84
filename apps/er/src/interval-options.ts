// The options that say how an interval of effective robustness is found.
import { InputError } from "@er/engine";
import { INTERVAL_METHODS, type IntervalOptions, intervalMethodNamed } from "@er/metrics";
import type { Command } from "commander";
import { decimal, wholeNumber } from "./numbers.js";

export interface IntervalArguments {
  interval: string;
  level?: string;
  replicates?: string;
  seed?: string;
}

export function addIntervalOptions(command: Command): Command {
  return command
    .option(
      "--interval <method>",
      `${INTERVAL_METHODS.join(", ")} (the testbed's convention: Clopper-Pearson 99.5 %, 1,000 refits)`,
      "analytic",
    )
    .option("--level <level>", "confidence (0.95), but of the testbed's convention")
    .option("--replicates <n>", "draws of bootstrap (2,000) or refits of testbed (1,000)")
    .option("--seed <n>", "of the draws (0)");
}

/** @throws InputError for an option that is none */
export function intervalOptionsOf({ interval, level, replicates, seed }: IntervalArguments): IntervalOptions {
  const method = intervalMethodNamed(interval);
  if (method === "testbed" && level !== undefined) {
    throw new InputError(`--level ${level}: the testbed's convention has levels of its own; leave it out`);
  }
  const ofDraws = Object.entries({ replicates, seed }).find(([, value]) => value !== undefined);
  if (method === "analytic" && ofDraws !== undefined) {
    const [name, value] = ofDraws;
    throw new InputError(
      `--${name} ${value}: the analytic interval draws nothing; leave it out, or give --interval bootstrap`,
    );
  }
  return {
    method,
    ...(seed !== undefined && { seed: wholeNumber("--seed", seed, { least: 0, most: 2 ** 32 - 2 }) }),
    ...(level !== undefined && { level: decimal(level) }),
    ...(replicates !== undefined && { replicates: wholeNumber("--replicates", replicates) }),
  };
}
