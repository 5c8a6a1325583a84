// er train: pre-train or load, fine-tune, evaluate along the way, record and report.
import { InputError, Runtime } from "@er/engine";
import {
  configOf,
  type JsonObject,
  type Progress,
  parseConfig,
  preset,
  RunRecord,
  readInput,
  run,
  setByPath,
} from "@er/experiment";
import { summaryTable } from "@er/report";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";

interface TrainOptions extends OutputOptions {
  preset?: string;
  set: string[];
  out: string;
  resume?: boolean;
  overwrite?: boolean;
  seed?: string;
  adapter?: string;
}

export const train = new Command("train")
  .description("fine-tune a classifier and record its effective robustness along the way")
  .argument("[config]", "a JSON file; with --preset it is laid over the preset")
  .option("--preset <name>", "a built-in configuration: demo")
  .option(
    "--set <path=value>",
    "set one value, such as train.batch=128; repeatable",
    (value, all: string[]) => [...all, value],
    [],
  )
  .option("--out <dir>", "the run's directory", "runs/run")
  .option("--resume", "go on from the directory's last checkpoint")
  .option("--overwrite", "replace what the directory holds")
  .option("--seed <n>", "fixes initial values, order and augmentation")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (file: string | undefined, options: TrainOptions) => {
    const output = new Output(options);
    const config = options.resume ? await configOf(options.out) : await readConfig(file, options);
    const record = new RunRecord(options.out);
    if (!options.resume && (await record.exists("config.json"))) {
      if (!options.overwrite) {
        throw new InputError(
          `${options.out}: holds a run already; give --resume to go on, --overwrite to replace it, or another --out`,
        );
      }
      await record.clear();
    }
    const stop = new AbortController();
    const onSignal = () => {
      if (stop.signal.aborted) {
        process.exit(1);
      }
      output.log("stopping after this step; once more to stop at once");
      stop.abort();
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
    const runtime = await Runtime.open(options.adapter === undefined ? {} : { adapter: options.adapter });
    try {
      output.log(`adapter: ${runtime.info.description}`);
      const result = await run(runtime, {
        directory: options.out,
        config,
        resume: options.resume ?? false,
        command: commandLine(file, options),
        signal: stop.signal,
        onProgress: (progress) => show(output, progress, config.data.id.name),
      });
      output.endProgress();
      if (!result.finished) {
        output.log(`stopped; go on with: er train --out ${options.out} --resume`);
        process.exitCode = 1;
        return;
      }
      const { directory, evaluations } = result;
      const text =
        config.testbed === undefined
          ? `${directory} holds the run's record.`
          : `${summaryTable(result.report)}\n\n${directory}/report.html holds the report, ${directory}/figures the figures.`;
      output.answer({ directory, evaluations }, text);
    } finally {
      runtime.close();
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    }
  });

async function readConfig(file: string | undefined, options: TrainOptions) {
  if (file === undefined && options.preset === undefined) {
    throw new InputError("train: nothing to run; give a CONFIG.json or --preset demo");
  }
  const config: JsonObject = options.preset === undefined ? {} : preset(options.preset);
  if (file !== undefined) {
    Object.assign(config, await readJsonObject(file));
  }
  for (const assignment of options.set) {
    setByPath(config, assignment);
  }
  if (options.seed !== undefined) {
    setByPath(config, `seed=${options.seed}`);
  }
  return parseConfig(config, file ?? `preset ${options.preset}`);
}

async function readJsonObject(file: string): Promise<JsonObject> {
  const text = new TextDecoder().decode(await readInput(file));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
  } catch (cause) {
    throw new InputError(`${file}: not JSON (${(cause as Error).message})`, { cause });
  }
  throw new InputError(`${file}: expected a JSON object`);
}

function commandLine(file: string | undefined, options: TrainOptions): string {
  const parts = ["er train"];
  if (file !== undefined) parts.push(file);
  if (options.preset !== undefined) parts.push(`--preset ${options.preset}`);
  for (const assignment of options.set) parts.push(`--set '${assignment}'`);
  if (options.seed !== undefined) parts.push(`--seed ${options.seed}`);
  return parts.join(" ");
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

function show(output: Output, progress: Progress, id: string): void {
  switch (progress.kind) {
    case "message":
      output.log(progress.text);
      break;
    case "step": {
      const details = `${progress.imagesPerSecond.toFixed(0)} images/s, loss ${progress.loss.toFixed(3)}`;
      output.progress(progress.phase, progress.step, progress.totalSteps, details);
      break;
    }
    case "evaluation": {
      const { step, splits, er } = progress.evaluation;
      const parts = Object.entries(splits).map(([name, { accuracy }]) => {
        const robustness = er[name];
        const points = robustness === undefined ? "" : ` (ER ${(100 * robustness.er).toFixed(1)} points)`;
        return `${name}${name === id ? " (ID)" : ""} ${percent(accuracy)}${points}`;
      });
      output.log(`step ${step}: ${parts.join(", ")}`);
      break;
    }
    default:
      progress satisfies never;
  }
}
