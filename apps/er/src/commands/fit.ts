// er fit: the line of a testbed.
import { describeSelection, fitTestbed } from "@er/experiment";
import { testbedFigure } from "@er/report";
import { Command } from "commander";
import { addFigureOptions, type FigureArguments, figureWriter } from "../figure-options.js";
import { correctionLines } from "../fit-text.js";
import { Output, type OutputOptions } from "../output.js";
import { wrapped } from "../table.js";
import { addFitOptions, type FitArguments, fitOptionsOf, TESTBED_SOURCES } from "../testbed-options.js";

interface FitCommandOptions extends OutputOptions, FitArguments, FigureArguments {
  testbed: string;
}

export const fit = addFigureOptions(
  addFitOptions(
    new Command("fit")
      .description(
        "fit OOD accuracy on ID accuracy over a testbed, on the logit or another scale, as scipy.stats.linregress",
      )
      .requiredOption("--testbed <source>", TESTBED_SOURCES),
  ),
  "the models, their line and its 95 % prediction band",
)
  .option("--json", "print the result as JSON")
  .action(async ({ testbed, json, ...options }: FitCommandOptions) => {
    const output = new Output({ json: json ?? false });
    const draw = figureWriter(options, output);
    const { baseline, selection, testbed: loaded } = await fitTestbed(testbed, fitOptionsOf(options));
    const { id: idSplit, ood: oodSplit } = loaded.splits;
    await draw(() => testbedFigure({ idSplit, oodSplit, baseline, models: loaded.models }));
    const { choice, leftOut } = selection;
    const [low, high] = baseline.idRange;
    const { scale } = baseline;
    const on = (split: string) => (scale === "linear" ? split : `${scale}(${split})`);
    output.answer(
      { ...baseline, choice, leftOut },
      [
        `${on("OOD")} = ${baseline.intercept.toFixed(4)} + ${baseline.slope.toFixed(4)} · ${on("ID")}`,
        `n = ${baseline.n} models, r = ${baseline.r.toFixed(4)}, p = ${baseline.p.toExponential(2)} (slope 0)`,
        `standard error of the slope ${baseline.stderr.toFixed(4)}, of the intercept ${baseline.intercept_stderr.toFixed(4)}`,
        `standard deviation of ${on("OOD")} about the line ${baseline.residualStdDev.toFixed(4)}`,
        `ID accuracy from ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`,
        wrapped(describeSelection(selection)),
        ...correctionLines(baseline.corrections).map(wrapped),
      ].join("\n"),
    );
  });
