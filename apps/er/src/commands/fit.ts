// er fit: the line of a testbed.
import { describeSelection, fitTestbed } from "@er/experiment";
import { Command } from "commander";
import { correctionLines } from "../fit-text.js";
import { Output, type OutputOptions } from "../output.js";
import { wrapped } from "../table.js";
import { addFitOptions, type FitArguments, fitOptionsOf, TESTBED_SOURCES } from "../testbed-options.js";

interface FitCommandOptions extends OutputOptions, FitArguments {
  testbed: string;
}

export const fit = addFitOptions(
  new Command("fit")
    .description(
      "fit OOD accuracy on ID accuracy over a testbed, on the logit or another scale, as scipy.stats.linregress",
    )
    .requiredOption("--testbed <source>", TESTBED_SOURCES),
)
  .option("--json", "print the result as JSON")
  .action(async ({ testbed, json, ...options }: FitCommandOptions) => {
    const { baseline, selection } = await fitTestbed(testbed, fitOptionsOf(options));
    const { choice, leftOut } = selection;
    const [low, high] = baseline.idRange;
    const { scale } = baseline;
    const on = (split: string) => (scale === "linear" ? split : `${scale}(${split})`);
    new Output({ json: json ?? false }).answer(
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
