// er robustness: effective robustness of one model from its two accuracies, or of a testbed's own models.
import { InputError } from "@er/engine";
import { describeSelection, fitTestbed, readModelList, testbedOutcomes } from "@er/experiment";
import {
  type IntervalOptions,
  type ModelRobustness,
  type RobustnessWithScore,
  robustnessAgainst,
  robustnessOfModels,
} from "@er/metrics";
import { testbedFigure } from "@er/report";
import { Command } from "commander";
import { addFigureOptions, type FigureArguments, figureWriter } from "../figure-options.js";
import { correctedLines, correctionLines } from "../fit-text.js";
import { addIntervalOptions, type IntervalArguments, intervalOptionsOf } from "../interval-options.js";
import { accuracy } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { robustnessTable } from "../robustness-table.js";
import { wrapped } from "../table.js";
import { addFitOptions, COLUMN_OPTIONS, type FitArguments, fitOptionsOf, TESTBED_SOURCES } from "../testbed-options.js";

interface RobustnessOptions
  extends OutputOptions,
    IntervalArguments,
    FigureArguments,
    Omit<FitArguments, "id" | "ood"> {
  testbed: string;
  /** Accuracies, not columns: the columns have options of their own here. */
  id?: string;
  ood?: string;
  idColumn?: string;
  oodColumn?: string;
  model: string[];
  modelsOf?: string;
}

export const robustness = addFigureOptions(
  addIntervalOptions(
    addFitOptions(
      new Command("robustness")
        .description("how far a model, or some of a testbed's own, stand above a testbed's line, with an interval")
        .requiredOption("--testbed <source>", TESTBED_SOURCES)
        .option(
          "--id <accuracy>",
          "accuracy in distribution: a fraction, or correct/n for an interval that counts its error",
        )
        .option("--ood <accuracy>", "accuracy out of distribution, likewise")
        .option(
          "--model <name>",
          "a model of the testbed, left out of the fit for itself; repeatable",
          (value, all: string[]) => [...all, value],
          [],
        )
        .option("--models-of <file>", "likewise for the names in a file: one a line, or CSV with a column model"),
      COLUMN_OPTIONS,
    ),
  ),
  "the testbed with the models asked for, and their ER as segments to its line",
)
  .option("--json", "print the result as JSON")
  .action(async ({ testbed, json, id, ood, model, modelsOf, idColumn, oodColumn, ...rest }: RobustnessOptions) => {
    const names = [...model, ...(modelsOf === undefined ? [] : await readModelList(modelsOf))];
    const given = id !== undefined || ood !== undefined;
    if (given === names.length > 0 || (given && (id === undefined || ood === undefined))) {
      throw new InputError(
        "give a model's two accuracies with --id and --ood, or models of the testbed with --model or --models-of",
      );
    }
    const output = new Output({ json: json ?? false });
    const draw = figureWriter(rest, output);
    const fitOptions = {
      ...fitOptionsOf({
        ...rest,
        ...(idColumn !== undefined && { id: idColumn }),
        ...(oodColumn !== undefined && { ood: oodColumn }),
      }),
      optionNames: COLUMN_OPTIONS,
    };
    const { baseline, selection, testbed: loaded } = await fitTestbed(testbed, fitOptions);
    const { id: idSplit, ood: oodSplit } = loaded.splits;
    const chart = { idSplit, oodSplit, baseline, models: loaded.models };
    const options: IntervalOptions = { ...intervalOptionsOf(rest), scale: baseline.scale };
    const { choice, leftOut } = selection;
    const fit = { scale: baseline.scale, choice, leftOut, corrections: baseline.corrections };
    const said = [describeSelection(selection), ...correctionLines(baseline.corrections)].map(wrapped);
    if (id !== undefined && ood !== undefined) {
      const own = { id: accuracy("--id", id), ood: accuracy("--ood", ood) };
      const result = robustnessAgainst(selection.models, own.id, own.ood, options);
      await draw(() => testbedFigure({ ...chart, marked: [{ model: "the model given", ...own, robustness: result }] }));
      output.answer({ ...result, ...fit }, [...resultLines(result, options), ...said].join("\n"));
    } else {
      const outcomes = options.method === "bootstrap" ? await testbedOutcomes(testbed, fitOptions) : undefined;
      const given = { ...options, ...(outcomes !== undefined && { outcomes }) };
      const results = names.flatMap((name, i) => {
        if (outcomes !== undefined) output.progress("paired bootstrap", i, names.length, name);
        return robustnessOfModels(loaded.models, selection.models, [name], given);
      });
      output.endProgress();
      await draw(() => testbedFigure({ ...chart, marked: results }));
      output.answer(
        { models: results, ...fit },
        [robustnessTable(results), ...tableNotes(results, options), ...said].join("\n"),
      );
    }
  });

const points = (fraction: number) => (100 * fraction).toFixed(2);
const between = ({ low, high }: { low: number; high: number }) => `${points(low)} to ${points(high)}`;

function resultLines(result: RobustnessWithScore, { method, level = 0.95 }: IntervalOptions): string[] {
  const interval = "line" in result ? "between the testbed's intervals" : `${+(100 * level).toFixed(3)} % interval`;
  return [
    `effective robustness ${points(result.er)} points, ${interval} ${between(result)}`,
    `predicted OOD accuracy ${points(result.predicted)} %, from ${result.testbedModels} models`,
    `${result.z.toFixed(2)} standard deviations of ordinary models above the line`,
    ...("line" in result
      ? [
          `Clopper-Pearson 99.5 %: ID ${between(result.id)}, OOD ${between(result.ood)} %; line, 95 % of ${result.replicates} refits: ${between(result.line)} %`,
        ]
      : []),
    ...(method === "bootstrap" && "paired" in result
      ? [
          `bootstrap of ${result.replicates} draws, seed ${result.seed}, ${result.degenerate} drawn again for want of a line`,
          "not paired: of this model no predictions are given, so its right answers are drawn as counts",
        ]
      : []),
    ...(result.extrapolated ? ["the ID accuracy lies outside the testbed's range: extrapolated"] : []),
    ...(result.uncounted.length > 0
      ? [`no count given for ${result.uncounted.join(" and ")}: the interval leaves out its sampling error`]
      : []),
    ...correctedLines(result.corrected),
  ].map(wrapped);
}

function tableNotes(results: readonly ModelRobustness[], { method }: IntervalOptions): string[] {
  const uncounted = results.filter(({ robustness }) => robustness.uncounted.length > 0).length;
  const paired = results.some(({ robustness }) => "paired" in robustness && robustness.paired);
  return [
    ...(method !== "bootstrap"
      ? []
      : [
          paired
            ? "paired bootstrap: the directory has every model's predictions, so the same examples are drawn again for the model and for the testbed"
            : "bootstrap, not paired: the testbed is a table without predictions, so the models' right answers are drawn as counts",
        ]),
    ...(uncounted === 0
      ? []
      : [`no n known for ${uncounted} of them: their intervals leave out the sampling error; give --n-id and --n-ood`]),
  ].map(wrapped);
}
