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

/** A spreadsheet's first line that names the separator. */
const SEPARATOR_LINE = /^\uFEFF?sep=([,;\t])\r?\n/i;

/**
 * Reads CSV (RFC 4180; cells separated by commas, semicolons or tabs, as a first line `sep=;` says or whichever the header has most
 * of, and trimmed; lines that are empty, have empty cells alone, or begin with #, are skipped).
 *
 * @param what what the text is of, for errors
 * @throws InputError on malformed CSV or an empty text
 */
export function readCsvTable(what: string, text: string): CsvTable {
  const rows: CsvRow[] = [];
  const said = SEPARATOR_LINE.exec(text);
  const delimiter = said?.[1] ?? separatorOf(text);
  try {
    parse(text, {
      bom: true,
      comment: "#",
      comment_no_infix: true,
      delimiter,
      from_line: said === null ? 1 : 2,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
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
    if (header.length === 1) {
      throw new InputError(
        `${what}: no column ${JSON.stringify(name)}, but one column alone, ${JSON.stringify(header[0])}; expected cells separated by commas, semicolons or tabs`,
      );
    }
    throw new InputError(
      `${what}: no column ${JSON.stringify(name)} among ${header.length}${didYouMean(name, header)}`,
    );
  }
  if (header.indexOf(name, at + 1) >= 0) {
    throw new InputError(`${what}: column ${JSON.stringify(name)} is there twice; give the columns different names`);
  }
  return at;
}

/**
 * The place of a column that may be left out.
 *
 * @throws InputError where it is there twice, or a column differs from it in upper and lower case alone
 */
export function optionalColumn(what: string, header: readonly string[], name: string): number | undefined {
  if (header.includes(name)) return columnOf(what, header, name);
  const other = header.find((each) => each.toLowerCase() === name);
  if (other === undefined) return undefined;
  throw new InputError(
    `${what}: column ${JSON.stringify(other)} is read where it is called ${JSON.stringify(name)}; write it so, or call it something else`,
  );
}

/** Where a cell is, for errors. */
export function cellName(what: string, line: number, column: string): string {
  return `${what}, line ${line}, column ${JSON.stringify(column)}`;
}

/** What is a number to people: JavaScript reads hexadecimal ones too. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A decimal of one or two zeros, as tables are written that have gaps; three would be the thousands of many countries. */
const COUNT = /^(\d{1,15})(?:[.,]00?)?$/;

/**
 * The number of examples in a cell; undefined where the cell is empty.
 *
 * @param where {@link cellName}
 * @throws InputError on anything else, as 50.000 or 50,000, which are fifty or fifty thousand
 */
export function countIn(cell: string, where: string): number | undefined {
  if (cell === "") return undefined;
  const n = Number(COUNT.exec(cell)?.[1]);
  if (n >= 1) return n;
  throw new InputError(
    `${where}: got ${JSON.stringify(cell)}; expected a whole number of examples, in digits alone and at least 1, or nothing`,
  );
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
  const text = decimalComma ? cell.replace(",", ".") : cell;
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new InputError(`${where}: got ${JSON.stringify(cell)}; expected a number, or nothing for a missing evaluation`);
}

/**
 * The place of the column of names: `model`, else the first.
 *
 * @throws InputError where that holds numbers, as an index does that was written before the names, or accuracies
 */
export function nameColumn(what: string, { header, rows, decimalComma }: CsvTable): number {
  const model = header.findIndex((name) => name.toLowerCase() === "model");
  if (model >= 0) return columnOf(what, header, header[model]!);
  const isNumber = (cell: string) => cell === "" || DECIMAL.test(decimalComma ? cell.replace(",", ".") : cell);
  if (rows.length > 0 && rows.every(({ cells }) => isNumber(cells[0]!))) {
    throw new InputError(
      `${what}: the first column, ${JSON.stringify(header[0])}, holds numbers where names of models are expected; call the column of names "model"`,
    );
  }
  return 0;
}

/** @throws InputError where a name is empty or given on two lines, or two differ in nothing but upper and lower case */
export function checkNames(what: string, names: readonly { readonly name: string; readonly line: number }[]): void {
  const first = new Map<string, { readonly name: string; readonly line: number }>();
  for (const { name, line } of names) {
    if (name === "") {
      throw new InputError(`${what}, line ${line}: no name of a model; give it one, or leave the line out`);
    }
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
