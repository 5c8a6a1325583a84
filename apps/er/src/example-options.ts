// The options and arguments that name models' answers example by example: files of predictions, and a directory's split.
import { InputError } from "@er/engine";
import { defaultIdSplit, readClassFile, readTestbedSplit, refuseOtherLabels, type TestbedSplit } from "@er/experiment";
import type { Proportion } from "@er/metrics";
import type { Command } from "commander";

export interface SplitArguments {
  split?: string;
  labels: string[];
}

export function addSplitOptions(command: Command): Command {
  return command
    .option("--split <name>", "the directory's split; its ID split where left out")
    .option(
      "--labels <file>",
      "the true classes (.npy, .npz or a JSON list), where they are not in the directory; also split=FILE",
      (value, all: string[]) => [...all, value],
      [],
    );
}

/**
 * A directory's split with every model's answers.
 *
 * @param others splits beside it that labels may be given for
 * @throws InputError on labels of a split that is not in use, and as `readTestbedSplit`
 */
export async function splitOf(
  directory: string,
  { split, labels }: SplitArguments,
  others: readonly string[] = [],
): Promise<TestbedSplit> {
  const chosen = split ?? (await defaultIdSplit(directory));
  const named = labels.flatMap((each) => NAMED.exec(each)?.[1] ?? []);
  refuseOtherLabels(named, [chosen, ...others]);
  const file = labelsOf(chosen, labels);
  return await readTestbedSplit(directory, chosen, file === undefined ? {} : { labels: file });
}

/** Files of predictions of a split whose labels are at hand, each as a model called by its file. */
export async function filesOf(
  files: readonly string[],
  labels: Uint16Array,
  of: string,
): Promise<TestbedSplit["models"]> {
  const models: { model: string; predictions: Uint16Array }[] = [];
  for (const file of files) {
    const predictions = await readClassFile(file);
    if (predictions.length !== labels.length) {
      throw new InputError(
        `${file}: ${predictions.length} predictions for the ${labels.length} labels of ${of}; check that both are of the same split`,
      );
    }
    models.push({ model: file, predictions });
  }
  return models;
}

/** The one file of --labels, for commands whose predictions come in files. */
export function oneLabelsFile(labels: readonly string[]): string {
  const [file, more] = labels;
  if (file === undefined || more !== undefined) {
    throw new InputError(
      "which labels are the predictions to be held to? give --labels FILE.npy once, or --testbed DIR",
    );
  }
  return file;
}

/** `split=FILE`. */
const NAMED = /^([\w.-]+)=/;

/** The file for a split, given bare or as split=FILE. */
function labelsOf(split: string, labels: readonly string[]): string | undefined {
  const named = labels.find((each) => each.startsWith(`${split}=`));
  return named?.slice(split.length + 1) ?? labels.find((each) => !NAMED.test(each));
}

/** A proportion in a JSON document. */
export function proportionJson({ count, n, share, low, high }: Proportion) {
  return { count, n, share, ci95: [low, high] };
}

/** A proportion for people: per cent with its interval. */
export function proportionText({ share, low, high }: Proportion): string {
  const percent = (fraction: number) => (100 * fraction).toFixed(1);
  return `${percent(share)} % [${percent(low)}, ${percent(high)}]`;
}
