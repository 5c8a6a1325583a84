// er unsolved: examples that no model of a testbed gets right, and the share of them that further models do.
import type { TestbedSplit } from "@er/experiment";
import { writeFile } from "@er/files";
import { answersTo, isRight, proportionOf, rightAmong, rightAnswers, unsolvedExamples } from "@er/metrics";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import {
  addSplitOptions,
  filesOf,
  proportionJson,
  proportionText,
  type SplitArguments,
  splitOf,
} from "../example-options.js";
import { Output, type OutputOptions } from "../output.js";
import { shortened, table } from "../table.js";

interface UnsolvedArguments extends OutputOptions, SplitArguments {
  testbed: string;
  examples?: string;
}

const CHANCE =
  "no share is expected by chance: the examples were chosen by the testbed's failures, which single out no distribution of guesses";

export const unsolved = addSplitOptions(
  new Command("unsolved")
    .description("examples that no model of a testbed gets right, and the share of them that further models do")
    .argument("[predictions...]", "files of a model's predicted classes (.npy, or a JSON list)")
    .requiredOption("--testbed <dir>", "a directory of predictions"),
)
  .option("--examples <file.csv>", "write each unsolved example: its label and everybody's answers")
  .option("--json", "print the result as JSON")
  .action(async (files: string[], options: UnsolvedArguments) => {
    const output = new Output(options);
    const testbed = await splitOf(options.testbed, options);
    const { split, labels, models } = testbed;
    const further = await filesOf(files, labels, `split ${split}`);
    const indices = unsolvedExamples(models.map(({ model, predictions }) => rightAnswers(labels, predictions, model)));
    const results = further.map(({ model, predictions }) => {
      const right = rightAnswers(labels, predictions, model);
      const accuracy = proportionOf(right.correct, right.n);
      const solved = [...indices].filter((i) => isRight(right, i));
      return { model, accuracy, share: rightAmong(right, indices), solved };
    });
    if (options.examples !== undefined) {
      await writeFile(options.examples, stringify(exampleRows(testbed, further, indices)));
      output.log(`${options.examples} holds the examples`);
    }
    const found = proportionOf(indices.length, labels.length);
    output.answer(
      {
        split,
        n: labels.length,
        testbed_models: models.length,
        unsolved: { ...proportionJson(found), indices: [...indices] },
        models: results.map(({ model, accuracy, share, solved }) => ({
          model,
          accuracy: proportionJson(accuracy),
          solved: share === undefined ? null : proportionJson(share),
          solved_indices: solved,
        })),
        chance: CHANCE,
      },
      [
        `${indices.length} of ${labels.length} examples of ${split} are right for none of ${models.length} models: ${proportionText(found)}`,
        ...(results.length === 0
          ? []
          : [
              "",
              table(
                ["model", "accuracy", "unsolved right", "share [95 %]"],
                results.map(({ model, accuracy, share, solved }) => [
                  shortened(model, 36),
                  `${(100 * accuracy.share).toFixed(1)} %`,
                  `${solved.length} of ${indices.length}`,
                  share === undefined ? "–" : proportionText(share),
                ]),
              ),
              "",
              "no share is expected by chance: the examples were chosen by the testbed's failures",
            ]),
      ].join("\n"),
    );
  });

/** The head, then a row an example; the testbed's answers as `class:models`, the commonest first. */
function exampleRows(
  { labels, models }: TestbedSplit,
  further: TestbedSplit["models"],
  indices: Uint32Array,
): (string | number)[][] {
  const answers = models.map(({ predictions }) => predictions);
  return [
    ["index", "label", ...further.map(({ model }) => model), "testbed"],
    ...Array.from(indices, (i) => [
      i,
      labels[i]!,
      ...further.map(({ predictions }) => predictions[i]!),
      answersTo(i, answers)
        .map((answer) => `${answer.class}:${answer.models}`)
        .join(" "),
    ]),
  ];
}
