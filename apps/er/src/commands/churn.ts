// er churn: how a run's answers change from one evaluation to the next, and which examples it learns and forgets.
import { InputError } from "@er/engine";
import { readClassFile, readRunPredictions, type StepPredictions } from "@er/experiment";
import { writeFile } from "@er/files";
import { churn as churnOf, type LearningHistory, learningHistory } from "@er/metrics";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import { Output, type OutputOptions } from "../output.js";
import { table } from "../table.js";

interface ChurnArguments extends OutputOptions {
  split: string;
  labels: string;
  examples?: string;
}

export const churn = new Command("churn")
  .description("how a run's answers change from evaluation to evaluation, and which examples it learns and forgets")
  .argument("<run>", "a run's directory")
  .requiredOption("--split <name>", "a split of the run")
  .requiredOption("--labels <file>", "the split's true classes (.npy, .npz or a JSON list)")
  .option("--examples <file.csv>", "write for each example when it was learned and how often it was forgotten")
  .option("--json", "print the result as JSON")
  .action(async (run: string, options: ChurnArguments) => {
    const output = new Output(options);
    const labels = await readClassFile(options.labels);
    const evaluations = await readRunPredictions(run, options.split);
    const other = evaluations.find(({ predictions }) => predictions.length !== labels.length);
    if (other !== undefined) {
      throw new InputError(
        `${options.labels}: ${labels.length} labels for the ${other.predictions.length} predictions of ${options.split}; check that both are of the same split`,
      );
    }
    const steps = evaluations.slice(1).map(({ step, predictions }, i) => {
      const before = evaluations[i]!;
      return { from: before.step, to: step, ...churnOf(labels, before.predictions, predictions) };
    });
    const history = learningHistory(
      labels,
      evaluations.map(({ predictions }) => predictions),
    );
    if (options.examples !== undefined) {
      await writeFile(options.examples, stringify(exampleRows(labels, evaluations, history)));
      output.log(`${options.examples} holds the examples`);
    }
    const n = labels.length;
    const events = history.forgotten.reduce((sum, times) => sum + times, 0);
    const summary = {
      never_learned: history.neverLearned,
      unforgettable: history.unforgettable,
      forgotten: n - history.neverLearned - history.unforgettable,
      forgetting_events: events,
    };
    const percent = (count: number) => (100 * (count / n)).toFixed(1);
    output.answer(
      {
        split: options.split,
        n,
        steps: steps.map(({ from, to, changed, becameRight, becameWrong }) => {
          return { from, to, changed, became_right: becameRight, became_wrong: becameWrong };
        }),
        ...summary,
      },
      [
        `${n} examples of ${options.split} at ${evaluations.length} evaluations; shares in per cent`,
        "",
        table(
          ["steps", "changed", "became right", "became wrong"],
          steps.map(({ from, to, changed, becameRight, becameWrong }) => [
            `${from} to ${to}`,
            percent(changed),
            percent(becameRight),
            percent(becameWrong),
          ]),
        ),
        "",
        `never right ${summary.never_learned}, learned and never forgotten ${summary.unforgettable}, forgotten at least once ${summary.forgotten}`,
        `${events} times an example was right at one evaluation and wrong at the next; between them nothing is seen`,
      ].join("\n"),
    );
  });

/** The head, then a row an example; no step where it was never learned. */
function exampleRows(
  labels: Uint16Array,
  evaluations: readonly StepPredictions[],
  { learnedAt, forgotten }: LearningHistory,
): (string | number)[][] {
  return [
    ["index", "label", "learned_at_step", "forgotten"],
    ...Array.from(labels, (label, i) => [i, label, evaluations[learnedAt[i]!]?.step ?? "", forgotten[i]!]),
  ];
}
