// er testbed show: a testbed's models, each with its ER against the line of the others.
import { describeSelection, fitTestbed } from "@er/experiment";
import { robustnessOfModels } from "@er/metrics";
import { Command } from "commander";
import { correctionLines } from "../fit-text.js";
import { Output, type OutputOptions } from "../output.js";
import { robustnessTable } from "../robustness-table.js";
import { wrapped } from "../table.js";
import { addFitOptions, type FitArguments, fitOptionsOf, TESTBED_SOURCES } from "../testbed-options.js";

export const testbedShow = addFitOptions(
  new Command("show")
    .description("a testbed's models by falling ID accuracy: accuracies, kind, and ER with a 95 % interval")
    .argument("<testbed>", TESTBED_SOURCES),
)
  .option("--json", "print the result as JSON")
  .action(async (source: string, { json, ...options }: OutputOptions & FitArguments) => {
    const { testbed, selection, baseline } = await fitTestbed(source, fitOptionsOf(options));
    const names = [...testbed.models].sort((a, b) => b.id.accuracy - a.id.accuracy).map(({ model }) => model);
    const { scale } = baseline;
    const models = robustnessOfModels(testbed.models, selection.models, names, { scale });
    const { choice, leftOut } = selection;
    const uncounted = models.filter(({ robustness }) => robustness.uncounted.length > 0).length;
    new Output({ json: json ?? false }).answer(
      { models, scale, choice, leftOut, corrections: baseline.corrections },
      [
        robustnessTable(models),
        ...(uncounted === 0
          ? []
          : [`no n known for ${uncounted} models: their intervals leave out the sampling error of the accuracies`]),
        wrapped(describeSelection(selection)),
        ...correctionLines(baseline.corrections).map(wrapped),
      ].join("\n"),
    );
  });
