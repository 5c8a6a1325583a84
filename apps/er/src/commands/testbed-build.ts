// er testbed build: train the ordinary models that a baseline is fitted on.
import { runTestbedBuild, testbedConfigOf } from "@er/experiment";
import { Command } from "commander";
import { addConfigOptions, type ConfigArguments, configFrom, refuseOnResume } from "../config-options.js";
import { Output, type OutputOptions } from "../output.js";
import { showProgress } from "../show-progress.js";
import { sayStopped, stoppable } from "../stoppable.js";

interface BuildOptions extends OutputOptions, ConfigArguments {
  out: string;
  resume?: boolean;
  overwrite?: boolean;
  otherAdapter?: boolean;
  adapter?: string;
}

export const testbedBuild = addConfigOptions(
  new Command("build").description(
    "train a configuration's testbed.build from scratch, evaluate every model on every split, write a testbed directory",
  ),
)
  .requiredOption("--out <dir>", "the testbed's directory")
  .option("--resume", "go on where the directory's testbed was left")
  .option("--overwrite", "replace the directory's testbed")
  .option("--other-adapter", "go on though its models so far were trained on another adapter or driver")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (file: string | undefined, options: BuildOptions) => {
    const output = new Output(options);
    const { out, resume = false, overwrite = false, otherAdapter = false } = options;
    if (resume) {
      refuseOnResume(file, options);
    }
    const config = resume ? await testbedConfigOf(out) : await configFrom(file, options);
    const testbed = await stoppable(options.adapter, output, (runtime, signal) =>
      runTestbedBuild(runtime, {
        directory: out,
        config,
        resume,
        overwrite,
        otherAdapter,
        signal,
        onProgress: showProgress(output, config.data.id.name),
      }),
    );
    if (!testbed.finished) {
      sayStopped(output, `er testbed build --out ${out} --resume`);
      return;
    }
    const { id, models } = testbed;
    const splits = [id, ...Object.keys(config.data.ood)].map((split) => (split === id ? `${split} (ID)` : split));
    output.answer(
      { directory: out, id, models },
      `${out} holds ${models.length} models evaluated on ${splits.join(", ")}; their line: er fit --testbed ${out}`,
    );
  });
