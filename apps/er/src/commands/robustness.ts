// er robustness: effective robustness of one model from its two accuracies, or of a testbed's own models.
import { InputError } from "@er/engine";
import { describeSelection, fitTestbed, readModelList } from "@er/experiment";
import {
  type IntervalOptions,
  type ModelRobustness,
  type RobustnessWithScore,
  robustnessAgainst,
  robustnessOfModels,
} from "@er/metrics";
import { Command } from "commander";
import { correctedLines, correctionLines } from "../fit-text.js";
import { addIntervalOptions, type IntervalArguments, intervalOptionsOf } from "../interval-options.js";
import { accuracy } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { robustnessTable } from "../robustness-table.js";
import { wrapped } from "../table.js";
import { addFitOptions, type FitArguments, fitOptionsOf, TESTBED_SOURCES } from "../testbed-options.js";

interface RobustnessOptions extends OutputOptions, IntervalArguments, Omit<FitArguments, "id" | "ood"> {
  testbed: string;
  /** Accuracies, not columns: the columns have options of their own here. */
  id?: string;
  ood?: string;
  idColumn?: string;
  oodColumn?: string;
  model: string[];
  modelsOf?: string;
}

export const robustness = addIntervalOptions(
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
    { id: "--id-column", ood: "--ood-column" },
  ),
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
    const {
      baseline,
      selection,
      testbed: loaded,
    } = await fitTestbed(
      testbed,
      fitOptionsOf({
        ...rest,
        ...(idColumn !== undefined && { id: idColumn }),
        ...(oodColumn !== undefined && { ood: oodColumn }),
      }),
    );
    const options: IntervalOptions = { ...intervalOptionsOf(rest), scale: baseline.scale };
    const { choice, leftOut } = selection;
    const fit = { scale: baseline.scale, choice, leftOut, corrections: baseline.corrections };
    const said = [describeSelection(selection), ...correctionLines(baseline.corrections)].map(wrapped);
    const output = new Output({ json: json ?? false });
    if (id !== undefined && ood !== undefined) {
      const result = robustnessAgainst(selection.models, accuracy("--id", id), accuracy("--ood", ood), options);
      output.answer({ ...result, ...fit }, [...resultLines(result, options), ...said].join("\n"));
    } else {
      const results = robustnessOfModels(loaded.models, selection.models, names, options);
      output.answer(
        { models: results, ...fit },
        [robustnessTable(results), ...tableNotes(results), ...said].join("\n"),
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
    ...(method === "bootstrap" && "replicates" in result
      ? [
          `bootstrap of ${result.replicates} draws, seed ${result.seed}, ${result.degenerate} drawn again for want of a line`,
        ]
      : []),
    ...(result.extrapolated ? ["the ID accuracy lies outside the testbed's range: extrapolated"] : []),
    ...(result.uncounted.length > 0
      ? [`no count given for ${result.uncounted.join(" and ")}: the interval leaves out its sampling error`]
      : []),
    ...correctedLines(result.corrected),
  ].map(wrapped);
}

function tableNotes(results: readonly ModelRobustness[]): string[] {
  const uncounted = results.filter(({ robustness }) => robustness.uncounted.length > 0).length;
  return uncounted === 0
    ? []
    : [
        wrapped(
          `no n known for ${uncounted} of them: their intervals leave out the sampling error; give --n-id and --n-ood`,
        ),
      ];
}
