// er difficulty estimate: how hard each training example is, by models that were trained without it.
import { InputError } from "@er/engine";
import { type DifficultyEstimate, estimateDifficulty, type HoldOut } from "@er/experiment";
import { Command } from "commander";
import { addConfigOptions, type ConfigArguments, commandLine, configFrom } from "../config-options.js";
import { decimal, wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { showProgress } from "../show-progress.js";
import { sayStopped, stoppable } from "../stoppable.js";

interface EstimateArguments extends OutputOptions, ConfigArguments {
  models?: string;
  share?: string;
  folds?: string;
  out: string;
  resume?: boolean;
  overwrite?: boolean;
  adapter?: string;
}

export const estimate = addConfigOptions(
  new Command("estimate").description(
    "score each example of a configuration's training set by how often models trained without it get it right",
  ),
)
  .option("--models <n>", "how many models, each trained on a random share (10)")
  .option("--share <fraction>", "the share of the training set that each model sees (0.7)")
  .option("--folds <n>", "in place of both: as many models, each example held out by one of them")
  .requiredOption("--out <file.npz>", "scores, labels, held_out and right, an example each")
  .option("--resume", "go on where the file was left; more --models are added to it")
  .option("--overwrite", "replace the file")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (file: string | undefined, options: EstimateArguments) => {
    const output = new Output(options);
    const { out, resume = false, overwrite = false } = options;
    if (resume && overwrite) {
      throw new InputError("--resume goes on with the file and --overwrite replaces it; give one");
    }
    if (!out.endsWith(".npz")) {
      throw new InputError(`--out ${out}: expected a FILE.npz`);
    }
    const { models, holdOut } = plan(options);
    const config = await configFrom(file, options);
    const result = await stoppable(options.adapter, output, (runtime, signal) =>
      estimateDifficulty(runtime, {
        config,
        file: out,
        models,
        holdOut,
        resume,
        overwrite,
        signal,
        onProgress: showProgress(output, config.data.id.name),
      }),
    );
    if (!result.finished) {
      const how = holdOut.kind === "folds" ? `--folds ${models}` : `--models ${models} --share ${holdOut.share}`;
      sayStopped(output, `${commandLine("difficulty estimate", file, options)} ${how} --out ${out} --resume`);
      return;
    }
    output.answer(document(out, result, holdOut), text(out, result));
  });

function plan({ models, share, folds }: EstimateArguments): { models: number; holdOut: HoldOut } {
  if (folds !== undefined) {
    if (models !== undefined || share !== undefined) {
      throw new InputError("--folds says how many models there are and what each sees; leave out --models and --share");
    }
    const count = wholeNumber("--folds", folds);
    if (count < 2) {
      throw new InputError(`--folds ${folds}: expected 2 or more, since a model trains on all folds but one`);
    }
    return { models: count, holdOut: { kind: "folds", folds: count } };
  }
  const fraction = decimal(share ?? "0.7");
  if (!(fraction > 0 && fraction < 1)) {
    throw new InputError(`--share ${share}: expected a fraction between 0 and 1, such as 0.7`);
  }
  return { models: wholeNumber("--models", models ?? "10"), holdOut: { kind: "shares", share: fraction } };
}

function document(file: string, result: DifficultyEstimate, holdOut: HoldOut) {
  const { models, scores, neverHeldOut, training } = result;
  return {
    file,
    n: scores.length,
    models,
    hold_out: holdOut,
    training,
    ...heldOutTimes(result),
    never_held_out: neverHeldOut,
    mean_score: meanScore(scores),
  };
}

function text(file: string, result: DifficultyEstimate): string {
  const { models, scores, neverHeldOut, training } = result;
  const { held_out_least: least, held_out_most: most } = heldOutTimes(result);
  return [
    `${file} holds a score for each of ${scores.length} examples by ${models} models trained with ${training}`,
    `an example was held out ${least === most ? least : `${least} to ${most}`} times; mean score ${meanScore(scores).toFixed(3)}, high for easy`,
    neverHeldOut === 0
      ? "every example was held out at least once"
      : `${neverHeldOut} examples were never held out and have no score (NaN); more --models with --resume, or --folds, would`,
  ].join("\n");
}

function heldOutTimes({ heldOut }: DifficultyEstimate) {
  return {
    held_out_least: heldOut.reduce((least, times) => Math.min(least, times), Number.POSITIVE_INFINITY),
    held_out_most: heldOut.reduce((most, times) => Math.max(most, times), 0),
  };
}

function meanScore(scores: Float64Array): number {
  const scored = scores.filter((score) => !Number.isNaN(score));
  return scored.reduce((sum, score) => sum + score, 0) / scored.length;
}
