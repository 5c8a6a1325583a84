// er interpolate: the models between two, evaluated as a run is.
import { InputError } from "@er/engine";
import { interpolate as interpolateModels } from "@er/experiment";
import { Command } from "commander";
import { noteLines } from "../note-lines.js";
import { decimal, wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { showProgress } from "../show-progress.js";
import { stoppable } from "../stoppable.js";
import { table } from "../table.js";
import { percent, points } from "../trajectory-text.js";

interface InterpolateArguments extends OutputOptions {
  alphas: string;
  like?: string;
  out: string;
  batchNormImages: string;
  keepWeights?: boolean;
  overwrite?: boolean;
  adapter?: string;
}

export const interpolate = new Command("interpolate")
  .description("ER along the straight line between two models' weights, (1 - α) A + α B (WiSE-FT)")
  .argument("<a>", "a finished run, a weight file or weights:NAME: α = 0")
  .argument("<b>", "another of the same model and classes: α = 1")
  .option("--alphas <list>", "whole hundredths from 0 to 1", "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1")
  .option("--like <run>", "the run whose data, testbed and normalisation are taken (B, or A, where that is a run)")
  .option(
    "--batch-norm-images <n>",
    "training images to measure batch-norm statistics on at each α; 0: interpolate them too",
    "2048",
  )
  .option("--keep-weights", "write the weights of every α into the record's checkpoints")
  .option("--out <dir>", "the record's directory", "runs/interpolation")
  .option("--overwrite", "replace the record that the directory holds")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (a: string, b: string, options: InterpolateArguments) => {
    const output = new Output(options);
    const { out, like, overwrite = false, keepWeights = false } = options;
    const alphas = options.alphas.split(",").map((text) => {
      const alpha = decimal(text.trim());
      if (Number.isNaN(alpha)) {
        throw new InputError(`--alphas ${options.alphas}: "${text}" is no number; expected such as 0,0.25,0.5,0.75,1`);
      }
      return alpha;
    });
    const batchNormImages = wholeNumber("--batch-norm-images", options.batchNormImages, { least: 0 });
    const command = [
      `er interpolate ${a} ${b} --alphas ${options.alphas} --batch-norm-images ${batchNormImages}`,
      ...(like === undefined ? [] : [`--like ${like}`]),
      ...(keepWeights ? ["--keep-weights"] : []),
    ].join(" ");
    const show = showProgress(output, "");
    const { config, evaluations, finished, notes } = await stoppable(options.adapter, output, (runtime, signal) =>
      interpolateModels(runtime, {
        ...{ directory: out, a, b, like, alphas, batchNormImages, keepWeights, overwrite },
        command,
        signal,
        onProgress: (progress) => {
          if (progress.kind === "evaluation") {
            const done = alphas.findIndex((alpha) => Math.round(alpha * 100) === progress.evaluation.step) + 1;
            output.progress("interpolate", done, alphas.length, "");
          } else {
            show(progress);
          }
        },
      }),
    );
    if (!finished) {
      output.endProgress();
      output.warn(`stopped; begin again with: ${command} --out ${out} --overwrite`);
      process.exitCode = 1;
      return;
    }
    const id = config.data.id.name;
    const oods = Object.keys(config.data.ood);
    const rows = evaluations.map(({ step, splits, er }) => [
      (step / 100).toFixed(2),
      ...[id, ...oods].map((split) => percent(splits[split]!.accuracy)),
      ...oods.map((ood) => (er[ood] === undefined ? "–" : points(er[ood].er))),
    ]);
    const head = ["α", ...[id, ...oods].map((split) => `${split}, %`), ...oods.map((ood) => `ER on ${ood}`)];
    output.answer(
      {
        directory: out,
        notes,
        evaluations: evaluations.map(({ step, splits, er }) => ({ alpha: step / 100, splits, er })),
      },
      `${[table(head, rows), ...notes].join("\n")}${noteLines(evaluations.at(-1)?.splits)}

${out}/report.html holds the report; er trajectory ${out} has intervals.`,
    );
  });
