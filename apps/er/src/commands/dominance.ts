// er dominance: how often one model is right where another is wrong, for a pair or for all of a testbed.
import { InputError } from "@er/engine";
import { readClassFile, type TestbedSplit } from "@er/experiment";
import { writeFile } from "@er/files";
import {
  agreement,
  type DominanceSummary,
  dominanceCounts,
  dominance as dominanceOf,
  overlap,
  proportionOf,
  type RightAnswers,
  rightAnswers,
  summarizeDominance,
} from "@er/metrics";
import { type DominanceMatrix, dominanceFigure } from "@er/report";
import { Command } from "commander";
import { stringify } from "csv-stringify/sync";
import {
  addSplitOptions,
  filesOf,
  oneLabelsFile,
  proportionJson,
  proportionText,
  type SplitArguments,
  splitOf,
} from "../example-options.js";
import { addFigureOptions, type FigureArguments, figureWriter } from "../figure-options.js";
import { Output, type OutputOptions } from "../output.js";
import { shortened, table } from "../table.js";

interface DominanceArguments extends OutputOptions, SplitArguments, FigureArguments {
  testbed?: string;
  csv?: string;
}

/** Models of a matrix for people: as many as 100 columns hold. */
const SHOWN = 12;
/** And as many as a heat map holds with their names. */
const DRAWN = 32;

export const dominance = addFigureOptions(
  addSplitOptions(
    new Command("dominance")
      .description(
        "how often one model is right where another is wrong: two files of predictions, or a testbed's matrix",
      )
      .argument(
        "[predictions...]",
        "files of predicted classes (.npy, or a JSON list); with --testbed they join its models",
      )
      .option("--testbed <dir>", "a directory of predictions"),
  ),
  "the matrix as a heat map",
)
  .option("--csv <file>", "write the matrix: row's model right and column's wrong, as fractions")
  .option("--json", "print the result as JSON")
  .action(async (files: string[], options: DominanceArguments) => {
    const output = new Output(options);
    const draw = figureWriter(options, output);
    const split = await splitFrom(files, options);
    const { labels, models } = split;
    if (models.length < 2) {
      throw new InputError(
        `${models.length} models; dominance is of one over another, so give two files or --testbed DIR`,
      );
    }
    const right = models.map(({ model, predictions }) => rightAnswers(labels, predictions, model));
    if (
      models.length === 2 &&
      options.testbed === undefined &&
      options.csv === undefined &&
      options.figure.length === 0
    ) {
      output.answer(...pair(split, right));
      return;
    }
    const counts = dominanceCounts(right);
    if (options.csv !== undefined) {
      const rows = models.map(({ model }, i) => [
        model,
        ...row(counts, i, models.length).map((count) => count / labels.length),
      ]);
      await writeFile(options.csv, stringify([["model", ...models.map(({ model }) => model)], ...rows]));
      output.log(`${options.csv} holds the matrix`);
    }
    await draw(() => dominanceFigure(heatMap(split, right), split.split));
    const summary = summarizeDominance(right, counts, { largest: 5, groups: 4 });
    output.answer(...matrix(split, right, counts, summary));
  });

async function splitFrom(files: readonly string[], options: DominanceArguments): Promise<TestbedSplit> {
  if (options.testbed === undefined) {
    if (options.split !== undefined) {
      throw new InputError(`--split ${options.split}: is of a testbed; give --testbed DIR, or leave it out`);
    }
    const file = oneLabelsFile(options.labels);
    const labels = await readClassFile(file);
    return { split: file, labels, models: await filesOf(files, labels, file) };
  }
  const split = await splitOf(options.testbed, options);
  return { ...split, models: [...split.models, ...(await filesOf(files, split.labels, `split ${split.split}`))] };
}

function pair({ labels, models }: TestbedSplit, [first, second]: readonly RightAnswers[]): [unknown, string] {
  const [a, b] = models.map(({ model }) => model) as [string, string];
  const [there, back] = [dominanceOf(first!, second!), dominanceOf(second!, first!)];
  const { kappa, kappaInterval, ...common } = overlap(first!, second!);
  const same = agreement(models[0]!.predictions, models[1]!.predictions);
  const accuracies = [first!, second!].map(({ correct, n }) => proportionOf(correct, n));
  const value = {
    n: labels.length,
    models: [a, b].map((model, i) => ({ model, accuracy: proportionJson(accuracies[i]!) })),
    dominance: { first_over_second: proportionJson(there), second_over_first: proportionJson(back) },
    both_right: { count: common.both, share: common.bothShare, share_if_independent: common.bothShareIfIndependent },
    both_wrong: common.neither,
    kappa: kappa === undefined ? null : { value: kappa, ci95: [kappaInterval!.low, kappaInterval!.high] },
    agreement: proportionJson(same),
  };
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const text = [
    ...[a, b].map((model, i) => `${"AB"[i]}  ${shortened(model, 60)}: accuracy ${proportionText(accuracies[i]!)}`),
    "",
    `A right, B wrong  ${there.count} of ${there.n}: ${proportionText(there)}`,
    `B right, A wrong  ${back.count} of ${back.n}: ${proportionText(back)}`,
    `both right        ${percent(common.bothShare)}; ${percent(common.bothShareIfIndependent)} if independent`,
    `error consistency ${
      kappa === undefined
        ? "not defined: both are right everywhere, or wrong everywhere"
        : `kappa ${kappa.toFixed(3)} [${kappaInterval!.low.toFixed(3)}, ${kappaInterval!.high.toFixed(3)}]`
    }`,
    `same class        ${proportionText(same)}`,
  ].join("\n");
  return [value, text];
}

function matrix(
  { split, labels, models }: TestbedSplit,
  right: readonly RightAnswers[],
  counts: Uint32Array,
  { largest, mean, byGap }: DominanceSummary,
): [unknown, string] {
  const n = labels.length;
  const name = (i: number) => models[i]!.model;
  const accuracy = (i: number) => right[i]!.correct / n;
  const pairs = largest.map(({ lower, higher, count }) => ({ lower, higher, ...proportionOf(count, n) }));
  const value = {
    split,
    n,
    models: models.map(({ model }, i) => ({ model, correct: right[i]!.correct, accuracy: accuracy(i) })),
    counts: models.map((_, i) => row(counts, i, models.length)),
    mean,
    by_gap: byGap,
    largest: pairs.map((pair) => ({ lower: name(pair.lower), higher: name(pair.higher), ...proportionJson(pair) })),
  };
  const percent = (fraction: number) => (100 * fraction).toFixed(1);
  const shown = spread(
    [...models.keys()].sort((a, b) => accuracy(b) - accuracy(a)),
    SHOWN,
  );
  const text = [
    `${models.length} models on ${n} examples of ${shortened(split, 60)}`,
    `a less accurate model is right where a more accurate one is wrong for ${percent(mean)} % on average`,
    "",
    "by the difference of their accuracies, all in per cent",
    table(
      ["difference", "pairs", "dominance", "if independent"],
      byGap.map(({ gap, pairs, dominance, independent }) => [
        `${percent(gap[0])} to ${percent(gap[1])}`,
        String(pairs),
        percent(dominance),
        percent(independent),
      ]),
    ),
    "",
    "largest",
    table(
      ["A over B", "dominance"],
      pairs.map((pair) => [
        `${shortened(name(pair.lower), 34)} over ${shortened(name(pair.higher), 34)}`,
        proportionText(pair),
      ]),
    ),
    "",
    "row's model right and column's wrong, per cent",
    ...(shown.length < models.length
      ? [`${shown.length} of the ${models.length} models, spread over their accuracies; --csv or --json for all`]
      : []),
    table(
      ["", ...shown.map((_, i) => `(${i + 1})`)],
      shown.map((i, at) => [
        `(${at + 1}) ${shortened(name(i), 18)}`,
        ...shown.map((j) => (i === j ? "·" : percent(counts[i * models.length + j]! / n))),
      ]),
    ),
  ].join("\n");
  return [value, text];
}

/** By falling accuracy; of more models than a heat map holds some, spread over their accuracies. */
function heatMap({ labels, models }: TestbedSplit, right: readonly RightAnswers[]): DominanceMatrix {
  const order = [...models.keys()].sort((a, b) => right[b]!.correct - right[a]!.correct);
  const drawn = spread(order, DRAWN);
  return {
    models: drawn.map((i) => models[i]!.model),
    testbedModels: 0,
    n: labels.length,
    counts: dominanceCounts(drawn.map((i) => right[i]!)),
  };
}

function row(counts: Uint32Array, i: number, models: number): number[] {
  return [...counts.subarray(i * models, (i + 1) * models)];
}

/** So many of the values, the first and the last among them and the others evenly between. */
function spread(values: readonly number[], most: number): number[] {
  if (values.length <= most) {
    return [...values];
  }
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]!);
}
