// A testbed from a table with a model a row and an evaluation setting a column, as the ImageNet testbed publishes it.
// The text comes from elsewhere: no file is read here.

import { parse } from "csv-parse/browser/esm/sync";
import type { TestbedModel } from "./baseline.js";
import { InputError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** Which columns to read, and in what unit they are. */
export interface TestbedCsvOptions {
  /** column of the ID accuracy */
  readonly id: string;
  /** column of the OOD accuracy */
  readonly ood: string;
  /** column of the model's name; the first column where left out */
  readonly model?: string;
  /** `auto` is per cent where any value of the two columns exceeds 1, else fraction */
  readonly unit: "auto" | "percent" | "fraction";
}

/** The models that have both accuracies. */
export interface TestbedCsv {
  readonly models: readonly TestbedModel[];
  /** models left out because one of their two cells is empty */
  readonly skipped: number;
  /** the unit read, as given or as found */
  readonly unit: "percent" | "fraction";
}

/**
 * Reads a testbed from CSV (RFC 4180, a header row, comma-separated).
 *
 * @param text the whole file
 * @returns accuracies as fractions; a table says nothing of n, so none is given
 * @throws InputError on a column that does not exist (with the nearest that does), malformed CSV, a cell that is no
 *   number or out of range (with its line)
 */
export function parseTestbedCsv(text: string, options: TestbedCsvOptions): TestbedCsv {
  const [header, ...rows] = records(text);
  if (header === undefined) throw new InputError("testbed CSV: the file is empty; expected a header row and models");
  const modelAt = options.model === undefined ? 0 : column(header.cells, options.model);
  const idAt = column(header.cells, options.id);
  const oodAt = column(header.cells, options.ood);

  const complete: { line: number; model: string; id: number; ood: number }[] = [];
  let skipped = 0;
  for (const { cells, line } of rows) {
    const id = number(cells[idAt]!, options.id, line);
    const ood = number(cells[oodAt]!, options.ood, line);
    if (id === undefined || ood === undefined) skipped++;
    else complete.push({ line, model: cells[modelAt]!, id, ood });
  }

  const unit =
    options.unit === "auto"
      ? complete.some(({ id, ood }) => id > 1 || ood > 1)
        ? "percent"
        : "fraction"
      : options.unit;
  const most = unit === "percent" ? 100 : 1;
  const fraction = (value: number, name: string, line: number) => {
    if (value >= 0 && value <= most) return { accuracy: value / most };
    const hint = unit === "fraction" && value > 1 && value <= 100 ? "; are the values in per cent?" : "";
    throw new InputError(
      `testbed CSV, line ${line}, column ${JSON.stringify(name)}: got ${value}; expected ${unit === "percent" ? "per cent" : "a fraction"} from 0 to ${most}${hint}`,
    );
  };
  const models = complete.map(({ line, model, id, ood }) => ({
    model,
    id: fraction(id, options.id, line),
    ood: fraction(ood, options.ood, line),
  }));
  return { models, skipped, unit };
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

function records(text: string): Row[] {
  const rows: Row[] = [];
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ cells, line: lines });
        return null;
      },
    });
  } catch (error) {
    throw new InputError(`testbed CSV: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return rows;
}

function column(header: readonly string[], name: string): number {
  const at = header.indexOf(name);
  if (at < 0) {
    throw new InputError(
      `testbed CSV: no column ${JSON.stringify(name)} among ${header.length}${didYouMean(name, header)}`,
    );
  }
  if (header.indexOf(name, at + 1) >= 0) {
    throw new InputError(
      `testbed CSV: column ${JSON.stringify(name)} is there twice; give the columns different names`,
    );
  }
  return at;
}

function number(cell: string, name: string, line: number): number | undefined {
  if (cell === "") return undefined;
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  throw new InputError(
    `testbed CSV, line ${line}, column ${JSON.stringify(name)}: got ${JSON.stringify(cell)}; expected a number, or nothing for a missing evaluation`,
  );
}
