// er train: pre-train or load, fine-tune, evaluate along the way, record and report.
import { configOf, extendedConfig, run, setByPath } from "@er/experiment";
import { summaryTable } from "@er/report";
import { Command } from "commander";
import {
  addConfigOptions,
  type ConfigArguments,
  commandLine,
  configFrom,
  refuseOnExtend,
  refuseOnResume,
} from "../config-options.js";
import { noteLines } from "../note-lines.js";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { showProgress } from "../show-progress.js";
import { sayStopped, stoppable } from "../stoppable.js";

interface TrainOptions extends OutputOptions, ConfigArguments {
  out: string;
  resume?: boolean;
  extend?: boolean;
  overwrite?: boolean;
  otherAdapter?: boolean;
  tune?: string | true;
  adapter?: string;
}

export const train = addConfigOptions(
  new Command("train").description("fine-tune a classifier and record its effective robustness along the way"),
)
  .option("--out <dir>", "the run's directory", "runs/run")
  .option("--resume", "go on from the directory's last checkpoint")
  .option(
    "--extend",
    "train a finished run for longer: with --set train.steps=… or train.epochs=…, and eval where it is to change",
  )
  .option("--overwrite", "replace the run that the directory holds")
  .option(
    "--other-adapter",
    "go on though the run began on another adapter or driver, in other bits than on either alone",
  )
  .option(
    "--tune [seconds]",
    "before it begins, time the variants of what was never tuned on this adapter, for at most so long (120 s)",
  )
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (file: string | undefined, options: TrainOptions) => {
    const output = new Output(options);
    const { out, resume = false, extend = false, overwrite = false, otherAdapter = false } = options;
    if (extend) {
      refuseOnExtend(file, options);
    } else if (resume) {
      refuseOnResume(file, options);
    }
    const tune = options.tune === true ? "120" : options.tune;
    const config = extend
      ? await extendedConfig(out, (json) => {
          for (const assignment of options.set) setByPath(json, assignment);
        })
      : resume
        ? await configOf(out)
        : await configFrom(file, options);
    const result = await stoppable(options.adapter, output, (runtime, signal) =>
      run(runtime, {
        directory: out,
        config,
        resume,
        extend,
        overwrite,
        otherAdapter,
        ...(tune !== undefined && { tune: wholeNumber("--tune", tune) }),
        command: extend ? `${commandLine("train", file, options)} --extend` : commandLine("train", file, options),
        signal,
        onProgress: showProgress(output, config.data.id.name),
      }),
    );
    if (!result.finished) {
      sayStopped(output, `er train --out ${out} --resume`);
      return;
    }
    const { directory, evaluations } = result;
    const files = `${directory}/report.html holds the report, ${directory}/figures the figures.`;
    output.answer(
      { directory, evaluations },
      `${summaryTable(result.report)}${noteLines(evaluations.at(-1)?.splits)}\n\n${files}`,
    );
  });
