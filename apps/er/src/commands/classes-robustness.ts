// er classes robustness: effective robustness class by class, by a testbed's predictions.
import { pairedPredictions, type TestbedSplit } from "@er/experiment";
import { type ClassRobustness, classRobustness, type ModelPredictions } from "@er/metrics";
import { Command } from "commander";
import { filesOf, splitOf } from "../example-options.js";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { table } from "../table.js";

interface ClassRobustnessArguments extends OutputOptions {
  testbed: string;
  id: string;
  ood: string;
  idSplit?: string;
  oodSplit: string;
  labels: string[];
  least: string;
}

export const classRobustnessCommand = new Command("robustness")
  .description("effective robustness class by class: a testbed's line on the examples of each class alone")
  .requiredOption("--testbed <dir>", "a directory of predictions")
  .requiredOption("--id <file>", "the model's predictions in distribution (.npy, or a JSON list)")
  .requiredOption("--ood <file>", "the model's predictions out of distribution")
  .requiredOption("--ood-split <name>", "the testbed's OOD split")
  .option("--id-split <name>", "the testbed's ID split, where it is not the one that it names")
  .option(
    "--labels <split=file>",
    "labels of a split, where they are not in the directory; repeatable",
    (value, all: string[]) => [...all, value],
    [],
  )
  .option("--least <n>", "a class with fewer examples in either split is refused", "20")
  .option("--json", "print the result as JSON")
  .action(async (options: ClassRobustnessArguments) => {
    const { labels, testbed } = options;
    const { oodSplit: split } = options;
    const id = await splitOf(testbed, { labels, ...(options.idSplit !== undefined && { split: options.idSplit }) }, [
      split,
    ]);
    const ood = await splitOf(testbed, { labels, split }, [id.split]);
    const results = classRobustness(pairedPredictions(id, ood), await modelOf(options, id, ood), {
      leastExamples: wholeNumber("--least", options.least),
    });
    new Output(options).answer({ classes: results.map(json) }, text(results));
  });

async function modelOf(
  options: ClassRobustnessArguments,
  id: TestbedSplit,
  ood: TestbedSplit,
): Promise<ModelPredictions> {
  const [own] = await filesOf([options.id], id.labels, `split ${id.split}`);
  const [other] = await filesOf([options.ood], ood.labels, `split ${ood.split}`);
  return {
    model: options.ood,
    id: { labels: id.labels, predictions: own!.predictions },
    ood: { labels: ood.labels, predictions: other!.predictions },
  };
}

function json(result: ClassRobustness) {
  if ("refused" in result) {
    return result;
  }
  const { model, baseline, robustness } = result;
  const { slope, intercept, r, n, corrections } = baseline;
  const { er, low, high, predicted, extrapolated } = robustness;
  return {
    class: result.class,
    id: model.id,
    ood: model.ood,
    line: { n, slope, intercept, r, corrections: corrections.length },
    er,
    er_ci95: [low, high],
    predicted,
    extrapolated,
  };
}

function text(results: readonly ClassRobustness[]): string {
  const percent = (fraction: number) => (100 * fraction).toFixed(1);
  const rows = results.flatMap((result) => {
    if ("refused" in result) {
      return [];
    }
    const { model, baseline, robustness } = result;
    const { er, low, high, extrapolated } = robustness;
    return [
      [
        String(result.class),
        `${percent(model.id.accuracy)} of ${model.id.n}`,
        `${percent(model.ood.accuracy)} of ${model.ood.n}`,
        percent(robustness.predicted),
        `${percent(er)} [${percent(low)}, ${percent(high)}]${extrapolated ? " *" : ""}`,
        baseline.r.toFixed(3),
        String(baseline.corrections.length),
      ],
    ];
  });
  return [
    "accuracies in per cent, ER in points with its 95 % interval (* extrapolated), r of the class's line",
    table(["class", "ID", "OOD", "predicted", "ER [95 %]", "r", "0 or 1 corrected"], rows),
    ...results.flatMap((result) => ("refused" in result ? [result.refused] : [])),
  ].join("\n");
}
