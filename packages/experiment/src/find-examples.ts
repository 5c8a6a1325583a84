// Runs looked at example by example for their report: by class, one model over another, and what no testbed model gets right.
// Of a group each run is taken at the step of the group's peak, where the question is, and a run alone at its end too.

import { alignClasses, type ImageSet, imagePng, loadImageSet } from "@er/data";
import { InputError } from "@er/engine";
import {
  answersTo,
  classRobustness,
  classScores,
  dominanceCounts,
  isRight,
  type RightAnswers,
  rightAmong,
  rightAnswers,
  unsolvedExamples,
} from "@er/metrics";
import type { ClassFinding, ExampleFindings, Study, UnsolvedExample } from "@er/report";
import { peakStep, placeOf } from "@er/report";
import { readModelDescription } from "./model-metadata.js";
import { type Watch, warn } from "./progress.js";
import { FINAL_WEIGHTS, RunRecord } from "./record.js";
import type { RecordedRun, TrajectoryOptions } from "./recorded-trajectories.js";
import { readRunPredictions } from "./run-predictions.js";
import { readTestbedSplit } from "./testbed-predictions.js";
import { testbedDirectory } from "./testbed-source.js";

/** A heat map of more models cannot be read. */
const MOST_DOMINANCE_MODELS = 24;
const MOST_UNSOLVED_SHOWN = 24;

/** A model's answers to both splits. */
interface Answers {
  readonly model: string;
  readonly id: Uint16Array;
  readonly ood: Uint16Array;
}

interface ExampleOptions extends TrajectoryOptions, Watch {
  readonly sets?: Readonly<Record<string, ImageSet>>;
}

interface SharedOptions extends ExampleOptions {
  /** Those loaded so far, to which each split adds the ID split's. */
  readonly sets: Record<string, ImageSet>;
}

/** Both splits' images, and their labels as the models' classes. */
interface Splits {
  readonly classNames: readonly string[];
  readonly images: ImageSet;
  readonly labels: { readonly id: Int32Array; readonly ood: Int32Array };
}

/**
 * @param first of the runs, for the data and the testbed
 * @param directories of the study's runs, by their names in it
 * @returns what was found, by OOD split; without the splits whose images or predictions are not at hand, of which a warning
 *   says why
 */
export async function findExamples(
  study: Study,
  first: RecordedRun,
  directories: ReadonlyMap<string, string>,
  options: ExampleOptions,
): Promise<Record<string, ExampleFindings>> {
  const findings: Record<string, ExampleFindings> = {};
  // The ID split is every OOD split's partner, and is loaded once.
  const sets = { ...options.sets };
  for (const ood of study.oodSplits) {
    try {
      findings[ood] = await findingsOn(study, ood, first, directories, { ...options, sets });
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw error;
      }
      warn(options, `${ood}: not looked at example by example; ${error.message}`);
    }
  }
  return findings;
}

async function findingsOn(
  study: Study,
  ood: string,
  first: RecordedRun,
  directories: ReadonlyMap<string, string>,
  options: SharedOptions,
): Promise<ExampleFindings> {
  const splits = await loadSplits(study, ood, first, options);
  const models = await answersOf(study, ood, directories, splits);
  const testbed = await testbedAnswers(study, ood, first, splits, options);
  const right = (answers: Answers) => rightAnswers(splits.labels.ood, answers.ood, answers.model);
  const ours = models.map(right);
  const theirs = testbed.map(right);
  const byAccuracy = [...theirs.keys()].sort((a, b) => theirs[b]!.correct - theirs[a]!.correct);
  const spread = spreadOver(byAccuracy, Math.max(2, MOST_DOMINANCE_MODELS - ours.length));
  const compared = [...spread.map((i) => theirs[i]!), ...ours];
  const names = [...spread.map((i) => testbed[i]!.model), ...models.map(({ model }) => model)];
  return {
    classes: { model: models[0]!.model, rows: classesOf(models[0]!, testbed, splits) },
    ...(compared.length > 1 && {
      dominance: {
        models: names,
        testbedModels: spread.length,
        n: splits.labels.ood.length,
        counts: dominanceCounts(compared),
      },
    }),
    ...(testbed.length > 0 && { unsolved: await unsolvedOf(models, ours, testbed, theirs, splits) }),
  };
}

async function loadSplits(
  study: Study,
  ood: string,
  { directory, config }: RecordedRun,
  { signal, sets }: SharedOptions,
): Promise<Splits> {
  const weights = new RunRecord(directory).path(FINAL_WEIGHTS);
  const described = await readModelDescription(weights);
  if (described === undefined) {
    throw new InputError(`${weights}: names no classes`);
  }
  const load = async (split: string, spec: string) =>
    sets[split] ?? (await loadImageSet(spec, signal === undefined ? {} : { signal }));
  const id = await load(study.idSplit, config.data.id.spec);
  sets[study.idSplit] = id;
  const images = await load(ood, config.data.ood[ood]!);
  const { classNames } = described;
  const labels = { id: alignClasses(id, classNames).labels, ood: alignClasses(images, classNames).labels };
  const counted = study.groups[0]!.runs[0]!.report.evaluations[0]!.splits;
  for (const [split, n, set] of [
    [study.idSplit, labels.id.length, id],
    [ood, labels.ood.length, images],
  ] as const) {
    if (counted[split]!.n !== n) {
      throw new InputError(`${set.spec}: ${n} examples, where the run was evaluated on ${counted[split]!.n}`);
    }
  }
  return { classNames, images, labels };
}

async function answersOf(
  study: Study,
  ood: string,
  directories: ReadonlyMap<string, string>,
  { labels }: Splits,
): Promise<Answers[]> {
  const answers: Answers[] = [];
  const single = study.groups.length === 1 && study.groups[0]!.runs.length === 1;
  for (const group of study.groups) {
    const peak = peakStep(study, group, ood);
    for (const { name, report } of group.runs) {
      const directory = directories.get(name)!;
      const id = await readRunPredictions(directory, study.idSplit);
      const there = await readRunPredictions(directory, ood);
      const last = report.evaluations.at(-1)!.step;
      for (const step of single && last !== peak ? [peak, last] : [peak]) {
        const at = (all: typeof id, split: string, n: number) => {
          const predictions = all.find((evaluation) => evaluation.step === step)?.predictions;
          if (predictions?.length !== n) {
            throw new InputError(`${directory}: no ${n} predictions of ${split} at step ${step}`);
          }
          return predictions;
        };
        const when = single ? (step === peak ? "at the peak, " : "at the end, ") : `${name}, `;
        answers.push({
          model: `${when}${placeOf(report, step)}`,
          id: at(id, study.idSplit, labels.id.length),
          ood: at(there, ood, labels.ood.length),
        });
      }
    }
  }
  return answers;
}

/** None where the testbed has no predictions: a table, or none at all. */
async function testbedAnswers(
  study: Study,
  ood: string,
  run: RecordedRun,
  { labels }: Splits,
  { testbed, fit = {} }: TrajectoryOptions,
): Promise<Answers[]> {
  const directory = await testbedDirectory(run, testbed);
  if (directory === undefined || study.baseline[ood] === undefined) {
    return [];
  }
  const names = study.baseline[ood].models.map(({ model }) => model);
  const options = (split: string) => {
    const given = fit.labels?.[split];
    return { models: names, ...(given !== undefined && { labels: given }) };
  };
  const idSplit = fit.id ?? study.idSplit;
  const oodSplit = fit.ood ?? ood;
  const id = await readTestbedSplit(directory, idSplit, options(idSplit));
  const there = await readTestbedSplit(directory, oodSplit, options(oodSplit));
  for (const [split, own, theirs] of [
    [idSplit, labels.id, id.labels],
    [oodSplit, labels.ood, there.labels],
  ] as const) {
    if (own.length !== theirs.length || own.some((label, i) => label !== theirs[i])) {
      throw new InputError(
        `${directory}: its labels of ${split} are other than those of the run's data, or in another order`,
      );
    }
  }
  return id.models.map(({ model, predictions }, i) => ({ model, id: predictions, ood: there.models[i]!.predictions }));
}

/** `most` of a list, evenly spread, first and last among them. */
function spreadOver<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) {
    return [...all];
  }
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);
}

function classesOf(model: Answers, testbed: readonly Answers[], { labels, classNames }: Splits): ClassFinding[] {
  const entry = ({ model, id, ood }: Answers) => ({
    model,
    id: { labels: labels.id, predictions: id },
    ood: { labels: labels.ood, predictions: ood },
  });
  const lines = testbed.length < 3 ? [] : classRobustness(testbed.map(entry), entry(model));
  const id = classScores(labels.id, model.id).classes;
  const ood = classScores(labels.ood, model.ood).classes;
  return ood.flatMap((there) => {
    const here = id.find((one) => one.class === there.class);
    const line = lines.find((one) => one.class === there.class);
    if (here === undefined) {
      return [];
    }
    const row = { name: classNames[there.class] ?? String(there.class), id: here, ood: there };
    if (line === undefined) {
      return [{ ...row, refused: "no testbed with predictions" }];
    }
    return ["refused" in line ? { ...row, refused: line.refused } : { ...row, er: line.robustness }];
  });
}

async function unsolvedOf(
  models: readonly Answers[],
  ours: readonly RightAnswers[],
  testbed: readonly Answers[],
  theirs: readonly RightAnswers[],
  { labels, images, classNames }: Splits,
): Promise<NonNullable<ExampleFindings["unsolved"]>> {
  const indices = unsolvedExamples(theirs);
  const solvedBy = (index: number) => ours.filter((model) => isRight(model, index)).length;
  const shown = [...indices].sort((a, b) => solvedBy(b) - solvedBy(a) || a - b).slice(0, MOST_UNSOLVED_SHOWN);
  const named = (index: number) => classNames[index] ?? String(index);
  const predictions = testbed.map(({ ood }) => ood);
  return {
    n: labels.ood.length,
    count: indices.length,
    testbedModels: testbed.length,
    models: models.map(({ model }, i) => ({
      model,
      solved: [...indices].filter((index) => isRight(ours[i]!, index)).length,
      share: rightAmong(ours[i]!, indices),
    })),
    shown: await Promise.all(
      shown.map(
        async (index): Promise<UnsolvedExample> => ({
          index,
          label: named(labels.ood[index]!),
          image: `data:image/png;base64,${Buffer.from(await imagePng(images, index)).toString("base64")}`,
          answers: models.map(({ model, ood }, i) => ({
            model,
            answer: named(ood[index]!),
            right: isRight(ours[i]!, index),
          })),
          testbed: answersTo(index, predictions).map(({ class: answer, models }) => ({
            answer: named(answer),
            models,
          })),
        }),
      ),
    ),
  };
}
