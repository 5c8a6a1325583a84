// A testbed from a table with a model a row and an evaluation setting a column, as the ImageNet testbed publishes it, and
// the table of our own form that any testbed can be written as. The text comes from elsewhere: no file is read here.

import type { Accuracy } from "./accuracy.js";
import type { TestbedModel } from "./baseline.js";
import {
  cellName,
  checkNames,
  columnOf,
  countIn,
  nameColumn,
  numberIn,
  optionalColumn,
  readCsvTable,
} from "./csv-table.js";
import { InputError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** Which columns to read, and in what unit they are. */
export interface TestbedCsvOptions {
  /** column of the ID accuracy */
  readonly id: string;
  /** column of the OOD accuracy */
  readonly ood: string;
  /** what the text is of, for errors; "testbed CSV" where left out */
  readonly what?: string;
  /** column of the model's name; `model`, else the first, where left out */
  readonly model?: string;
  /** `auto` is per cent where any value of the two columns exceeds 1, else fraction */
  readonly unit: "auto" | "percent" | "fraction";
  /** kind by model, in place of a column `kind` */
  readonly kinds?: ReadonlyMap<string, string>;
  /** number of examples of the ID split, in place of a column `n_id` */
  readonly nId?: number;
  /** number of examples of the OOD split, in place of a column `n_ood` */
  readonly nOod?: number;
}

/** The models that have both accuracies. */
export interface TestbedCsv {
  readonly models: readonly TestbedModel[];
  /** names of the models left out because one of their two cells is empty */
  readonly missing: readonly string[];
  /** the unit read, as given or as found */
  readonly unit: "percent" | "fraction";
  /** the column that a floor is set on, where that is another than the ID column */
  readonly floorSplit?: string;
}

const WHAT = "testbed CSV";
/** The column whose accuracy the ImageNet testbed sets a floor on. */
const FLOOR_COLUMN = "val";

/**
 * Reads a testbed from CSV (a header row; see `readCsvTable` for its forms).
 *
 * Beside the columns named, `kind`, `n_id`, `n_ood` and `val` are read where they are there: a model's kind, the numbers
 * of examples, and the accuracy that a floor is set on where the ID column is another.
 *
 * @param text the whole file
 * @returns accuracies as fractions
 * @throws InputError on kinds none of which is of a model here, on names that differ in nothing but upper and lower case, on a column that does not exist (with the nearest that does), malformed CSV, a model given twice, a
 *   cell that is no number or out of range (with its line), or one column or model in per cent beside another in fractions
 */
export function parseTestbedCsv(text: string, options: TestbedCsvOptions): TestbedCsv {
  const what = options.what ?? WHAT;
  const table = readCsvTable(what, text);
  const { header, rows } = table;
  const modelAt = options.model === undefined ? nameColumn(what, table) : columnOf(what, header, options.model);
  const at = (name: string) => optionalColumn(what, header, name);
  const places = {
    id: columnOf(what, header, options.id),
    ood: columnOf(what, header, options.ood),
    kind: at("kind"),
    nId: at("n_id"),
    nOod: at("n_ood"),
    floor: options.id === FLOOR_COLUMN ? undefined : at(FLOOR_COLUMN),
  };
  checkNames(
    what,
    rows.map(({ cells, line }) => ({ name: cells[modelAt]!, line })),
  );

  const kinds =
    options.kinds &&
    kindsOf(
      what,
      rows.map(({ cells }) => cells[modelAt]!),
      options.kinds,
    );

  const complete: { cells: readonly string[]; line: number; model: string; id: number; ood: number }[] = [];
  const missing: string[] = [];
  for (const { cells, line } of rows) {
    const model = cells[modelAt]!;
    const id = numberIn(cells[places.id]!, cellName(what, line, options.id), table);
    const ood = numberIn(cells[places.ood]!, cellName(what, line, options.ood), table);
    if (id === undefined || ood === undefined) missing.push(model);
    else complete.push({ cells, line, model, id, ood });
  }

  const unit = options.unit === "auto" ? unitOf(what, complete, options) : options.unit;
  const most = unit === "percent" ? 100 : 1;
  const fraction = (value: number, name: string, line: number, n: number | undefined): Accuracy => {
    if (value >= 0 && value <= most) return { accuracy: value / most, ...(n !== undefined && { n }) };
    const hint = unit === "fraction" && value > 1 && value <= 100 ? "; are the values in per cent?" : "";
    throw new InputError(
      `${cellName(what, line, name)}: got ${value}; expected ${unit === "percent" ? "per cent" : "a fraction"} from 0 to ${most}${hint}`,
    );
  };
  const models = complete.map(({ cells, line, model, id, ood }): TestbedModel => {
    const size = (given: number | undefined, place: number | undefined, name: string) =>
      given ?? (place === undefined ? undefined : countIn(cells[place]!, cellName(what, line, name)));
    const kind = kinds?.get(model) ?? (places.kind === undefined ? "" : cells[places.kind]!);
    const floor =
      places.floor === undefined
        ? undefined
        : numberIn(cells[places.floor]!, cellName(what, line, FLOOR_COLUMN), table);
    return {
      model,
      id: fraction(id, options.id, line, size(options.nId, places.nId, "n_id")),
      ood: fraction(ood, options.ood, line, size(options.nOod, places.nOod, "n_ood")),
      ...(kind !== "" && { kind }),
      ...(floor !== undefined && { floorSplit: fraction(floor, FLOOR_COLUMN, line, undefined) }),
    };
  });
  // A column without a value, as testbedCsv writes where the floor is on the ID split, is none.
  const floored = models.some(({ floorSplit }) => floorSplit !== undefined);
  return { models, missing, unit, ...(floored && { floorSplit: FLOOR_COLUMN }) };
}

/** The names in a CSV's header, to choose columns among. Throws an InputError on malformed CSV. */
export function testbedCsvColumns(text: string, what = WHAT): readonly string[] {
  return readCsvTable(what, text).header;
}

/**
 * Reads the kinds of models from CSV with columns `model` and `type` (or `kind`), as the ImageNet testbed publishes them.
 *
 * @throws InputError on another header, a model given twice, or malformed CSV
 */
export function parseKindsCsv(text: string, what = "CSV of kinds"): ReadonlyMap<string, string> {
  const { header, rows } = readCsvTable(what, text);
  const modelAt = columnOf(what, header, "model");
  const kindAt = columnOf(what, header, header.includes("kind") ? "kind" : "type");
  checkNames(
    what,
    rows.map(({ cells, line }) => ({ name: cells[modelAt]!, line })),
  );
  return new Map(rows.map(({ cells }) => [cells[modelAt]!, cells[kindAt]!]));
}

/**
 * Writes a testbed as CSV with the columns `model,kind,id,ood,n_id,n_ood,val`: accuracies as fractions to the last bit, an
 * empty cell for what is not known, and no line for a model that lacks an evaluation. {@link parseTestbedCsv} with columns
 * `id` and `ood` gives the same accuracies, numbers of examples, kinds and floors back.
 */
export function testbedCsv(models: readonly TestbedModel[]): string {
  const cell = (value: string | number | undefined) => {
    const text = value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = models.map(({ model, kind, id, ood, floorSplit }) => [
    model,
    kind,
    id.accuracy,
    ood.accuracy,
    id.n,
    ood.n,
    floorSplit?.accuracy,
  ]);
  return [["model", "kind", "id", "ood", "n_id", "n_ood", FLOOR_COLUMN], ...rows]
    .map((row) => `${row.map(cell).join(",")}\n`)
    .join("");
}

/** @throws InputError where no kind is of a model that is here, and where names differ in nothing but upper and lower case */
function kindsOf(
  what: string,
  models: readonly string[],
  kinds: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = new Map(models.map((model) => [model.toLowerCase(), model]));
  let matched = 0;
  for (const name of kinds.keys()) {
    const model = known.get(name.toLowerCase());
    if (model === undefined) continue;
    if (model !== name) {
      throw new InputError(
        `CSV of kinds: ${JSON.stringify(name)} is ${JSON.stringify(model)} in ${what}; write both alike`,
      );
    }
    matched += 1;
  }
  if (matched === 0 && kinds.size > 0) {
    const [name] = kinds.keys();
    throw new InputError(
      `CSV of kinds: none of its ${kinds.size} models is in ${what} (the first is ${JSON.stringify(name)}${didYouMean(name!, models)}); give the kinds of these models, or leave them out`,
    );
  }
  return kinds;
}

function unitOf(
  what: string,
  rows: readonly { readonly model: string; readonly line: number; readonly id: number; readonly ood: number }[],
  { id, ood }: TestbedCsvOptions,
): "percent" | "fraction" {
  const idPercent = rows.some((row) => row.id > 1);
  const oodPercent = rows.some((row) => row.ood > 1);
  if (idPercent !== oodPercent) {
    const [percent, fraction] = idPercent ? [id, ood] : [ood, id];
    throw new InputError(
      `${what}: column ${JSON.stringify(percent)} has values above 1, which looks like per cent, column ${JSON.stringify(fraction)} has none, which looks like fractions; write both in one unit, or say which they are in`,
    );
  }
  const low = idPercent ? fractionAmongPerCents(rows) : undefined;
  if (low !== undefined) {
    throw new InputError(
      `${what}, line ${low.line}: model ${JSON.stringify(low.model)} has ${low.id} and ${low.ood}, which look like fractions, where the others have ${LEAST_PER_CENT} or more, which looks like per cent; write all in one unit, or say which they are in`,
    );
  }
  return idPercent ? "percent" : "fraction";
}

/** What a model in fractions amid others in per cent is told by: none of these is as low. */
const LEAST_PER_CENT = 10;

/** A model early in its training has less than 1 % too, but then others are on their way up. */
function fractionAmongPerCents<R extends { readonly id: number; readonly ood: number }>(
  rows: readonly R[],
): R | undefined {
  const isLow = ({ id, ood }: R) => id > 0 && id <= 1 && ood > 0 && ood <= 1;
  const others = rows.filter((row) => !isLow(row));
  return others.some(({ id }) => id < LEAST_PER_CENT) ? undefined : rows.find(isLow);
}
