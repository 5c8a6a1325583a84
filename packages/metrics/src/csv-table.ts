// CSV text as a header and rows, with errors that say line and column. What the columns mean is their readers' to say.

import { parse } from "csv-parse/browser/esm/sync";
import { InputError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** A row of a table, and the line of the text that it ends on. */
interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/** A table with a header; every row has as many cells. */
export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
  /** Whether numbers have a decimal comma, as spreadsheets of many countries write them where cells are not separated by one. */
  readonly decimalComma: boolean;
}

/** What separates cells; where a header has several of them, the commonest. */
const SEPARATORS = [",", ";", "\t"] as const;

/**
 * Reads CSV (RFC 4180; cells separated by commas, semicolons or tabs, whichever the header has most of, and trimmed; empty lines, and
 * lines that begin with #, are skipped).
 *
 * @param what what the text is of, for errors
 * @throws InputError on malformed CSV or an empty text
 */
export function readCsvTable(what: string, text: string): CsvTable {
  const rows: CsvRow[] = [];
  const delimiter = separatorOf(text);
  try {
    parse(text, {
      bom: true,
      comment: "#",
      comment_no_infix: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        rows.push({ cells, line: lines });
        return null;
      },
    });
  } catch (error) {
    throw new InputError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const [header, ...rest] = rows;
  if (header === undefined) throw new InputError(`${what}: the file is empty; expected a header row and models`);
  return { header: header.cells, rows: rest, decimalComma: delimiter !== "," };
}

function separatorOf(text: string): string {
  const header = text.split(/\r?\n/).find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
  const outsideQuotes = header.replace(/"[^"]*"/g, "");
  const count = (separator: string) => outsideQuotes.split(separator).length;
  return SEPARATORS.reduce((most, each) => (count(each) > count(most) ? each : most));
}

/**
 * The place of a column.
 *
 * @throws InputError where there is none of this name (with the nearest), or there are two
 */
export function columnOf(what: string, header: readonly string[], name: string): number {
  const at = header.indexOf(name);
  if (at < 0) {
    throw new InputError(
      `${what}: no column ${JSON.stringify(name)} among ${header.length}${didYouMean(name, header)}`,
    );
  }
  if (header.indexOf(name, at + 1) >= 0) {
    throw new InputError(`${what}: column ${JSON.stringify(name)} is there twice; give the columns different names`);
  }
  return at;
}

/** Where a cell is, for errors. */
export function cellName(what: string, line: number, column: string): string {
  return `${what}, line ${line}, column ${JSON.stringify(column)}`;
}

/**
 * The number in a cell; undefined where the cell is empty.
 *
 * @param where {@link cellName}
 * @throws InputError on anything else
 */
export function numberIn(
  cell: string,
  where: string,
  { decimalComma }: Pick<CsvTable, "decimalComma">,
): number | undefined {
  if (cell === "") return undefined;
  const value = Number(decimalComma ? cell.replace(",", ".") : cell);
  if (Number.isFinite(value)) return value;
  throw new InputError(`${where}: got ${JSON.stringify(cell)}; expected a number, or nothing for a missing evaluation`);
}

/**
 * The place of the column of names: `model`, else the first.
 *
 * @throws InputError where that holds numbers, as an index does that was written before the names
 */
export function nameColumn(what: string, { header, rows }: CsvTable): number {
  if (header.includes("model")) return columnOf(what, header, "model");
  if (rows.length > 0 && rows.every(({ cells }) => /^\d*$/.test(cells[0]!))) {
    throw new InputError(
      `${what}: the first column, ${JSON.stringify(header[0])}, holds numbers where names of models are expected; call the column of names "model"`,
    );
  }
  return 0;
}

/** @throws InputError where a name is given on two lines, or two differ in nothing but upper and lower case */
export function refuseTwice(what: string, names: readonly { readonly name: string; readonly line: number }[]): void {
  const first = new Map<string, { readonly name: string; readonly line: number }>();
  for (const { name, line } of names) {
    const before = first.get(name.toLowerCase());
    if (before !== undefined) {
      const twice = before.name === name ? "is given twice" : `is given as ${JSON.stringify(before.name)} too`;
      throw new InputError(
        `${what}, line ${line}: model ${JSON.stringify(name)} ${twice}, first on line ${before.line}; each model counts once`,
      );
    }
    first.set(name.toLowerCase(), { name, line });
  }
}
