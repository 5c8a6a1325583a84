// Testbeds from where they lie: a built-in table, a CSV, or a directory of predictions.

import { stat } from "node:fs/promises";
import { InputError } from "@er/engine";
import {
  describeNamedTestbed,
  type ModelPredictions,
  namedTestbed,
  type Outcomes,
  outcomesFromPredictions,
  parseKindsCsv,
  parseTestbedCsv,
  TESTBED_NAMES,
  type TestbedModel,
  testbedCsvColumns,
  testbedFromPredictions,
} from "@er/metrics";
import { refuseOtherLabels } from "./label-splits.js";
import { defaultIdSplit, readTestbedFile, splitsOf } from "./testbed-directory.js";
import { pairedPredictions, readTestbedSplit } from "./testbed-predictions.js";
import { readTextFile } from "./text-file.js";

export interface TestbedOptions {
  /** A CSV's column, or a directory's split, of accuracies in distribution. */
  readonly id?: string;
  /** Likewise out of distribution. */
  readonly ood?: string;
  /** Label files (.npy) of a directory's splits, where they are not in it. */
  readonly labels?: Readonly<Record<string, string>>;
  /** A CSV of kinds, with columns `model` and `type`. */
  readonly types?: string;
  /** Numbers of examples of a CSV's two columns, where it has none. */
  readonly nId?: number;
  readonly nOod?: number;
  /** What the options that give `id` and `ood` are called, for messages; `--id` and `--ood` where left out. */
  readonly optionNames?: { readonly id: string; readonly ood: string };
  /** What a CSV's accuracies are in; found from the values where left out. */
  readonly unit?: "percent" | "fraction";
}

const OPTION_NAMES = { id: "--id", ood: "--ood" };

/** A testbed as it was found. */
export interface LoadedTestbed {
  /** Models with both evaluations. */
  readonly models: readonly TestbedModel[];
  /** Models that lack one. */
  readonly missing: readonly string[];
  /** The split that the models' `floorSplit` is of. */
  readonly floorSplit?: string;
  /** What the testbed calls its two splits or columns. */
  readonly splits: { readonly id: string; readonly ood: string };
  /** Whether it is a built-in one. */
  readonly named?: boolean;
  /** What a testbed of ours says of its data; of others nothing is known. */
  readonly built?: {
    readonly restrictClasses: boolean;
    readonly classNames: readonly string[] | undefined;
    readonly splits: Readonly<Record<string, { readonly sha256: string }>> | undefined;
  };
  /** How many examples each class has, where the labels are at hand. */
  readonly classCounts?: { readonly id: readonly number[]; readonly ood: readonly number[] };
}

/**
 * Loads a testbed.
 *
 * @param source a built-in name, a FILE.csv, or a DIR with `<split>_predictions/<model>_predictions.json`
 * @param options a directory needs neither split named where its testbed.json, or a split "original", gives the ID split and
 * only one other is there
 * @throws InputError with what is missing, and on labels of a split that is not read
 */
export async function loadTestbed(source: string, options: TestbedOptions = {}): Promise<LoadedTestbed> {
  const [labelled] = Object.keys(options.labels ?? {});
  const { directory, table } = await kindOf(source);
  if (options.id !== undefined && options.id === options.ood) {
    throw new InputError(
      `${source}: ${JSON.stringify(options.id)} is given as both ID and OOD, whose line says nothing; give two`,
    );
  }
  if (labelled !== undefined && !directory) {
    throw new InputError(`--labels ${labelled}=…: only a directory of predictions takes labels; ${source} is none`);
  }
  if (table) {
    return await fromCsv(source, options);
  }
  const ofTables = Object.entries({ "--unit": options.unit, "--n-id": options.nId, "--n-ood": options.nOod });
  const [option] = ofTables.find(([, value]) => value !== undefined) ?? [];
  if (option !== undefined) {
    throw new InputError(`${option}: only of a CSV; ${source} is none and knows its own, so leave it out`);
  }
  if (options.types !== undefined) {
    throw new InputError(`--types ${options.types}: only the models of a CSV are given kinds; ${source} is none`);
  }
  if (directory) {
    const { splits, predictions } = await readPredictions(source, options);
    const built = await builtOf(source);
    const [first] = predictions;
    return {
      ...{ models: testbedFromPredictions(predictions), missing: [], splits },
      ...(built !== undefined && { built }),
      ...(first !== undefined && { classCounts: { id: countsOf(first.id.labels), ood: countsOf(first.ood.labels) } }),
    };
  }
  const { missing, floorSplit, id, ood } = describeNamedTestbed(source);
  const splits = { id: id.split, ood: ood.split };
  for (const of of ["id", "ood"] as const) {
    const given = options[of];
    if (given !== undefined && given !== splits[of]) {
      const { [of]: name } = options.optionNames ?? OPTION_NAMES;
      throw new InputError(`${name} ${given}: the built-in ${source} is of ${splits[of]}; leave it out`);
    }
  }
  return {
    models: namedTestbed(source),
    missing,
    splits,
    named: true,
    ...(floorSplit !== undefined && { floorSplit }),
  };
}

/** A table is what is called .csv or is another file; a built-in testbed is neither a file nor a directory. */
async function kindOf(source: string): Promise<{ readonly directory: boolean; readonly table: boolean }> {
  if (/\.csv$/i.test(source)) return { directory: false, table: true };
  if ((TESTBED_NAMES as readonly string[]).includes(source)) return { directory: false, table: false };
  const found = await stat(source).catch(() => undefined);
  return { directory: found?.isDirectory() ?? false, table: found?.isFile() ?? false };
}

async function builtOf(directory: string): Promise<LoadedTestbed["built"]> {
  const built = await readTestbedFile(directory);
  if (built === undefined) return undefined;
  const { restrictClasses = false } = built.config as { restrictClasses?: boolean };
  return { restrictClasses, classNames: built.data?.classNames, splits: built.data?.splits };
}

function countsOf(labels: ArrayLike<number>): number[] {
  const counts: number[] = [];
  for (const label of Array.from(labels)) counts[label] = (counts[label] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}

/**
 * Which examples every model of a directory's two splits gets right.
 *
 * @param options as for {@link loadTestbed}
 * @returns undefined for a testbed that is no directory, and so has counts or accuracies alone
 * @throws InputError as {@link loadTestbed}
 */
export async function testbedOutcomes(source: string, options: TestbedOptions = {}): Promise<Outcomes[] | undefined> {
  if (!(await kindOf(source)).directory) {
    return undefined;
  }
  return outcomesFromPredictions((await readPredictions(source, options)).predictions);
}

async function fromCsv(source: string, options: TestbedOptions): Promise<LoadedTestbed> {
  const text = await readTextFile(source);
  const columns = testbedCsvColumns(text, source);
  // What er testbed import writes needs no columns named.
  const column = (given: string | undefined, own: string) => given ?? (columns.includes(own) ? own : undefined);
  const [id, ood] = [column(options.id, "id"), column(options.ood, "ood")];
  if (id === undefined || ood === undefined) {
    const { id: idOption, ood: oodOption } = options.optionNames ?? OPTION_NAMES;
    throw new InputError(
      `${source}: which columns? give ${idOption} COLUMN and ${oodOption} COLUMN, out of ${columns.slice(0, 8).join(", ")}${columns.length > 8 ? ", …" : ""}`,
    );
  }
  const { types, nId, nOod, unit = "auto" } = options;
  const kinds = types === undefined ? undefined : parseKindsCsv(await readTextFile(types), types);
  const read = parseTestbedCsv(text, {
    what: source,
    id,
    ood,
    unit,
    ...(kinds !== undefined && { kinds }),
    ...(nId !== undefined && { nId }),
    ...(nOod !== undefined && { nOod }),
  });
  return { ...read, splits: { id, ood } };
}

async function readPredictions(
  directory: string,
  options: TestbedOptions,
): Promise<{ splits: LoadedTestbed["splits"]; predictions: ModelPredictions[] }> {
  const idSplit = options.id ?? (await defaultIdSplit(directory));
  const { id, ood } = chooseSplits(directory, await splitsOf(directory), idSplit, options);
  refuseOtherLabels(Object.keys(options.labels ?? {}), [id, ood]);
  const given = (split: string) => {
    const labels = options.labels?.[split];
    return labels === undefined ? {} : { labels };
  };
  const inDistribution = await readTestbedSplit(directory, id, given(id));
  const models = inDistribution.models.map(({ model }) => model);
  const outOfDistribution = await readTestbedSplit(directory, ood, { ...given(ood), models });
  return { splits: { id, ood }, predictions: pairedPredictions(inDistribution, outOfDistribution) };
}

function chooseSplits(
  directory: string,
  splits: readonly string[],
  id: string,
  { ood: chosenOod, optionNames = OPTION_NAMES }: TestbedOptions,
): { id: string; ood: string } {
  const others = splits.filter((split) => split !== id);
  const there = splits.join(", ") || "none";
  if (!splits.includes(id)) {
    throw new InputError(`${directory}: no ID split "${id}"; choose one with ${optionNames.id} out of ${there}`);
  }
  const ood = chosenOod ?? (others.length === 1 ? others[0]! : undefined);
  if (ood === undefined) {
    throw new InputError(
      `${directory}: ${others.length} OOD splits beside the ID split "${id}"; choose one with ${optionNames.ood} out of ${others.join(", ") || "none"}`,
    );
  }
  if (!splits.includes(ood)) {
    throw new InputError(`${directory}: no OOD split "${ood}"; choose one with ${optionNames.ood} out of ${there}`);
  }
  return { id, ood };
}
