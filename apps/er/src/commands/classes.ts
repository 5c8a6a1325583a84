// er classes: accuracy class by class, over all classes or some; robustness: effective robustness class by class.
import { InputError } from "@er/engine";
import { readClassFile, readLogitsFile } from "@er/experiment";
import {
  classScores,
  examplesOfClasses,
  type Logits,
  type Proportion,
  predictAmong,
  rightAmong,
  takeExamples,
  topKRight,
} from "@er/metrics";
import { Command } from "commander";
import { filesOf, proportionJson, proportionText } from "../example-options.js";
import { Output, type OutputOptions } from "../output.js";
import { table } from "../table.js";
import { classRobustnessCommand } from "./classes-robustness.js";

interface ClassesArguments extends OutputOptions {
  labels?: string;
  logits?: string;
  only?: string;
}

export const classes = new Command("classes")
  .addCommand(classRobustnessCommand)
  .enablePositionalOptions()
  .description("accuracy class by class, balanced accuracy and macro-F1, of predictions or of logits")
  .argument("[predictions]", "a file of predicted classes (.npy, or a JSON list)")
  .option("--logits <file.npy>", "in place of predictions: logits [n, classes]; gives top-5 accuracy too")
  .option("--labels <file>", "the true classes (.npy, .npz or a JSON list)")
  .option("--only <classes>", "examples of these classes alone, such as 0,1,8; of logits, predicted among them alone")
  .option("--json", "print the result as JSON")
  .action(async (file: string | undefined, options: ClassesArguments) => {
    const output = new Output(options);
    // Not commander's to require, which would ask it of er classes robustness too.
    if (options.labels === undefined) {
      throw new InputError("which labels are the predictions to be held to? give --labels FILE.npy");
    }
    if ((file === undefined) === (options.logits === undefined)) {
      throw new InputError("give a file of predictions or --logits FILE.npy, one of the two");
    }
    const labels = await readClassFile(options.labels);
    const logits = options.logits === undefined ? undefined : await readLogitsFile(options.logits, labels);
    const only = options.only === undefined ? undefined : classList(options.only);
    const indices = only === undefined ? Uint32Array.from(labels.keys()) : examplesOfClasses(labels, only);
    const predictions =
      logits === undefined
        ? (await filesOf([file!], labels, options.labels))[0]!.predictions
        : predictAmong(logits, only ?? Array.from({ length: logits.classes }, (_, i) => i));
    const scores = classScores(takeExamples(labels, indices), takeExamples(predictions, indices));
    const top5 = logits && topFive(labels, logits, only, indices);
    const n = indices.length;
    const correct = scores.classes.reduce((sum, { count }) => sum + count, 0);
    const among = only !== undefined && logits !== undefined ? "these" : "all";
    output.answer(
      {
        n,
        correct,
        accuracy: correct / n,
        balanced_accuracy: scores.balancedAccuracy,
        macro_f1: scores.macroF1,
        ...(top5 !== undefined && { top5: proportionJson(top5) }),
        predicted_among: among === "these" ? only : "all",
        classes: scores.classes.map((one) => ({ class: one.class, ...proportionJson(one) })),
      },
      [
        table(
          ["class", "n", "accuracy [95 %]"],
          scores.classes.map((one) => [String(one.class), String(one.n), proportionText(one)]),
        ),
        "",
        `accuracy ${percent(correct / n)} (${correct} of ${n}), balanced accuracy ${percent(scores.balancedAccuracy)}, macro-F1 ${scores.macroF1.toFixed(4)}${top5 === undefined ? "" : `, top-5 ${percent(top5.share)}`}`,
        ...(only === undefined ? [] : [`examples of ${scores.classes.length} classes alone, predicted among ${among}`]),
      ].join("\n"),
    );
  });

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;

/** Undefined where there are five classes or fewer. */
function topFive(
  labels: Uint16Array,
  logits: Logits,
  only: readonly number[] | undefined,
  indices: Uint32Array,
): Proportion | undefined {
  return (only?.length ?? logits.classes) > 5 ? rightAmong(topKRight(labels, logits, 5, only), indices) : undefined;
}

/** @throws InputError for anything but class numbers joined by commas */
function classList(text: string): number[] {
  if (!/^\d+(,\d+)*$/.test(text)) {
    throw new InputError(`--only ${JSON.stringify(text)}: expected class numbers joined by commas, such as 0,1,8`);
  }
  return [...new Set(text.split(",").map(Number))];
}
