// er bench roofline: where a step's time goes, against what the adapter could do.
import { type StepOptions, stepProgram } from "@er/experiment";
import { writeFile } from "@er/files";
import {
  kindOf,
  profileStep,
  type Roofline,
  roofline as rooflineOf,
  rooflineTable,
  type StepProfile,
} from "@er/profile";
import { renderSvg, rooflineFigure } from "@er/report";
import { Command } from "commander";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { addStepOptions, type StepArguments, stepOf } from "../step-options.js";
import { stoppable } from "../stoppable.js";

interface RooflineOptions extends OutputOptions, StepArguments {
  rounds: string;
  top: string;
  svg?: string;
  adapter?: string;
}

/** What was measured, and of what. */
interface Measured extends StepProfile {
  readonly step: StepOptions;
  readonly adapter: string;
  readonly driver: string;
  readonly rounds: number;
  readonly roofline: Roofline;
}

/** Columns for people where standard output is no terminal that tells its own. */
const PLAIN_WIDTH = 140;

export const roofline = addStepOptions(
  new Command("roofline")
    .description("time every dispatch of a model's step and set it against the adapter's peaks")
    .requiredOption("--model <name>", "resnet20, resnet56, wrn-16-4, …")
    .requiredOption("--batch <n>", "images a step"),
)
  .option("--rounds <n>", "interleaved rounds, over which medians are taken", "5")
  .option("--top <n>", "dispatches in the table; the others are added up", "20")
  .option("--svg <file>", "draw the roofline")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print every dispatch as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (options: RooflineOptions) => {
    const output = new Output(options);
    const step = stepOf(options);
    const rounds = wholeNumber("--rounds", options.rounds);
    const top = wholeNumber("--top", options.top);
    const measured = await stoppable(options.adapter, output, async (runtime, signal) => {
      const onRound = (done: number) => output.progress("profile", done, rounds, "");
      const { program, destroy } = await stepProgram(runtime, step);
      try {
        output.progress("profile", 0, rounds, `${program.plan.steps.length} dispatches`);
        const profile = await profileStep(runtime, program, { rounds, onRound, signal });
        if (profile === undefined) {
          return undefined;
        }
        const dispatches = program.plan.steps.map(({ op, scope, kernel, flops, bytes }, i) => {
          return { op, scope, kernel, flops, bytes, ms: profile.dispatch_ms[i]! };
        });
        const { id: adapter, description: driver } = runtime.info;
        return { ...profile, step, adapter, driver, rounds, roofline: rooflineOf(dispatches, profile.peaks) };
      } finally {
        destroy();
      }
    });
    if (measured === undefined) {
      output.endProgress();
      output.warn("stopped; nothing was written, so give the same command again");
      process.exitCode = 1;
      return;
    }
    if (options.svg !== undefined) {
      await writeFile(options.svg, await renderSvg(figure(measured)));
      output.log(`${options.svg} holds the figure`);
    }
    output.answer(document(measured), text(measured, top, process.stdout.columns ?? PLAIN_WIDTH));
  });

function title({ model, mode, batch, imageSize, classes }: StepOptions): string {
  const step = mode === "train" ? "training step" : "evaluation step";
  return `${step} of ${model}, batch ${batch}, ${imageSize}×${imageSize}, ${classes} classes`;
}

function text({ step, adapter, driver, peaks, roofline, step_ms, host }: Measured, top: number, width: number): string {
  const { ms } = roofline.total;
  return [
    title(step),
    `${adapter}: ${driver}`,
    `roofs: ${peaks.fma_gflops.toFixed(1)} GFLOP/s of multiply-adds, ${peaks.copy_gbs.toFixed(1)} GB/s copied by a shader`,
    "",
    ...rooflineTable(roofline, top, width),
    "",
    `a step takes ${step_ms.toFixed(2)} ms by the clock; its dispatches, timed one by one, ${ms.toFixed(2)} ms in sum`,
    `of it JavaScript ${host.js_ms.toFixed(2)} ms (${((100 * host.js_ms) / step_ms).toFixed(1)} %): ` +
      `${host.encode_ms.toFixed(2)} ms to encode, ${host.submit_ms.toFixed(2)} ms to submit`,
  ].join("\n");
}

function document({ step, adapter, driver, rounds, peaks, roofline, step_ms, host }: Measured) {
  const { model, batch, imageSize: image_size, classes, mode } = step;
  const { rows: dispatches, total } = roofline;
  return {
    model,
    batch,
    image_size,
    classes,
    mode,
    adapter,
    driver,
    rounds,
    peaks,
    step_ms,
    ...host,
    total,
    dispatches,
  };
}

function figure({ step, adapter, driver, peaks, roofline }: Measured) {
  const points = roofline.rows.map((row) => {
    const { scope, op, flops, bytes, ms } = row;
    return { name: `${scope} ${op}`.trim(), kind: kindOf(row), flops, bytes, ms };
  });
  const chart = {
    title: `Roofline of a ${title(step)}`,
    subtitle: `${adapter}: ${driver}; a circle a dispatch, its area the time`,
    fmaGflops: peaks.fma_gflops,
    copyGbs: peaks.copy_gbs,
    points,
  };
  return rooflineFigure(chart, { theme: "light", width: 760 });
}
