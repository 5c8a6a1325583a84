// er bench --tune: times the variants of a model's products and convolutions, and keeps the fastest for this adapter.
import { InputError, type Tuned, tuningFile, writeTuning } from "@er/engine";
import { stepProgram } from "@er/experiment";
import type { Command } from "commander";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { addStepOptions, type StepArguments, stepOf } from "../step-options.js";
import { stoppable } from "../stoppable.js";

interface TuneArguments extends OutputOptions, Omit<StepArguments, "model" | "batch"> {
  tune?: boolean;
  model?: string;
  batch?: string;
  budget: string;
  again?: boolean;
  adapter?: string;
}

export function addTuning(command: Command): Command {
  return addStepOptions(command)
    .enablePositionalOptions()
    .option("--tune", "time the variants of a model's products and convolutions, and keep the fastest")
    .option("--model <name>", "resnet20, resnet56, wrn-16-4, resnet18, …")
    .option("--batch <n>", "images a step")
    .option("--budget <seconds>", "begin no more work after so long; what is left keeps its defaults", "300")
    .option("--again", "time what was tuned before, too")
    .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
    .option("--json", "print every variant's time as JSON")
    .option("--quiet", "no log and no progress")
    .action(async (options: TuneArguments) => {
      if (options.tune !== true) {
        throw new InputError("nothing to measure; give --tune with --model and --batch, or er bench roofline");
      }
      const output = new Output(options);
      const { model, batch } = options;
      if (model === undefined || batch === undefined) {
        throw new InputError("--tune wants a step to tune for: give --model and --batch");
      }
      const step = stepOf({ ...options, model, batch });
      const budget = wholeNumber("--budget", options.budget);
      const found: Tuned[] = [];
      const result = await stoppable(options.adapter, output, async (runtime, signal) => {
        const before = new Map(runtime.choices);
        if (options.again) {
          runtime.choices.clear();
        }
        const onProgress = (done: number, total: number, tuned: Tuned) => {
          found.push(tuned);
          output.progress("tune", done, total, tuned.key);
        };
        runtime.tuning = { budget, onProgress, signal };
        const { destroy } = await stepProgram(runtime, step);
        destroy();
        for (const [work, variant] of before) {
          // What other models were tuned for, or the budget did not reach.
          if (!runtime.choices.has(work)) {
            runtime.choices.set(work, variant);
          }
        }
        // What was timed before Ctrl-C is as good as the rest.
        return { file: found.length > 0 ? await writeTuning(runtime) : tuningFile(runtime), stopped: signal.aborted };
      });
      output.answer({ file: result.file, tuned: found.map(document) }, text(found, result.file));
      if (result.stopped) {
        output.warn("stopped; the same command goes on with what is left");
        process.exitCode = 1;
      }
    });
}

function document({ key, chosen, standard, milliseconds, failed }: Tuned) {
  return { key, chosen, standard, ms: Object.fromEntries(milliseconds), failed: Object.fromEntries(failed) };
}

function text(found: readonly Tuned[], file: string): string {
  if (found.length === 0) {
    return `nothing to tune: all was tuned before, see ${file}; --again times it anew`;
  }
  const rows = found.map(({ key, chosen, standard, milliseconds, failed }) => {
    const best = milliseconds.get(chosen)!;
    const before = milliseconds.get(standard);
    const gain = chosen === standard || before === undefined ? "" : ` ${(before / best).toFixed(2)}× ${standard}`;
    const failures = [...failed].map(([variant, why]) => `\n  ${variant} failed: ${why}`).join("");
    return `${best.toFixed(3).padStart(10)} ms  ${key}: ${chosen}${gain}${failures}`;
  });
  const changed = found.filter(({ chosen, standard }) => chosen !== standard).length;
  return [
    ...rows,
    `${changed} of ${found.length} kinds of work have another variant than by default; ${file} keeps them`,
  ].join("\n");
}
