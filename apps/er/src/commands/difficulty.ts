// er difficulty: accuracy by how hard the examples are; estimate: how hard they are.
import { InputError } from "@er/engine";
import { readClassFile, readScores, shortNames } from "@er/experiment";
import { accuracyByDifficulty, difficultyBins, rightAnswers, type ScoreDirection } from "@er/metrics";
import { difficultyFigure } from "@er/report";
import { Command } from "commander";
import { filesOf, proportionJson, proportionText } from "../example-options.js";
import { addFigureOptions, type FigureArguments, figureWriter } from "../figure-options.js";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { shortened, table } from "../table.js";
import { estimate } from "./difficulty-estimate.js";

interface DifficultyArguments extends OutputOptions, FigureArguments {
  labels?: string;
  scores?: string;
  key?: string;
  easy?: string;
  bins: string;
}

export const difficulty = addFigureOptions(
  new Command("difficulty")
    .addCommand(estimate)
    .enablePositionalOptions()
    .description("accuracy of predictions in bins of equal number, from the easiest examples to the hardest")
    .argument("<predictions...>", "files of predicted classes (.npy, or a JSON list)")
    .option("--labels <file>", "the true classes (.npy, .npz or a JSON list)")
    .option(
      "--scores <file>",
      "a score an example (.npy, .npz or .csv), or class probabilities [n, classes], scored as 1 − p(true class)",
    )
    .option("--key <name>", "the scores' key in an .npz (scores) or column in a .csv")
    .option("--easy <end>", "which scores are easy: high, as C-scores, or low (high)")
    .option("--bins <n>", "how many bins", "10"),
  "accuracy by bin with 95 % intervals",
)
  .option("--json", "print the result as JSON")
  .action(async (files: string[], options: DifficultyArguments) => {
    const output = new Output(options);
    const draw = figureWriter(options, output);
    // Not commander's to require, which would ask them of er difficulty estimate too.
    if (options.labels === undefined || options.scores === undefined) {
      throw new InputError(
        "accuracy by difficulty wants --labels FILE and --scores FILE; scores come from er difficulty estimate",
      );
    }
    const labels = await readClassFile(options.labels);
    const models = await filesOf(files, labels, options.labels);
    const direction = directionOf(options.easy);
    const scores = await readScores(options.scores, {
      labels,
      ...(options.key !== undefined && { key: options.key }),
      ...(direction !== undefined && { direction }),
    });
    const { bins, unscored } = difficultyBins(scores.values, {
      bins: wholeNumber("--bins", options.bins),
      direction: scores.direction,
    });
    const results = models.map(({ model, predictions }) => ({
      model,
      accuracy: accuracyByDifficulty(bins, rightAnswers(labels, predictions, model)),
    }));
    const names = withoutEndings(shortNames(files));
    const chart = {
      scores: scores.of,
      bins: bins.map(({ scores: [lowest, highest], indices }) => ({ lowest, highest, n: indices.length })),
      models: results.map(({ accuracy }, i) => ({ model: names[i]!, accuracy })),
    };
    await draw(() => difficultyFigure(chart));
    output.answer(
      {
        n: labels.length,
        unscored,
        scores: scores.of,
        direction: scores.direction,
        bins: chart.bins,
        models: results.map(({ model, accuracy }) => ({ model, bins: accuracy.map(proportionJson) })),
      },
      [
        `${labels.length} examples by ${scores.of}, ${scores.direction === "high-is-easy" ? "high" : "low"} for easy${unscored > 0 ? `; ${unscored} without a score are left out` : ""}`,
        ...results.flatMap(({ model, accuracy }) => [
          "",
          shortened(model, 98),
          table(
            ["bin", "scores", "n", "accuracy [95 %]"],
            bins.map(({ scores: [lowest, highest], indices }, i) => [
              `${i + 1}${i === 0 ? " (easiest)" : i === bins.length - 1 ? " (hardest)" : ""}`,
              `${significant(lowest)} to ${significant(highest)}`,
              String(indices.length),
              proportionText(accuracy[i]!),
            ]),
          ),
        ]),
      ].join("\n"),
    );
  });

/** The names without .npy or .json, which take room in a legend, unless that makes two of them one. */
function withoutEndings(names: readonly string[]): readonly string[] {
  const bare = names.map((name) => name.replace(/\.(npy|json)$/, ""));
  return new Set(bare).size === names.length ? bare : names;
}

function directionOf(easy: string | undefined): ScoreDirection | undefined {
  if (easy === undefined) {
    return undefined;
  }
  if (easy !== "high" && easy !== "low") {
    throw new InputError(`--easy ${easy}: expected high or low`);
  }
  return `${easy}-is-easy`;
}

/** Four significant digits. */
function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}
