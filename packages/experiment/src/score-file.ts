// A score an example from a file: an array, a key of an archive, a column of a table, or a table of class probabilities.
import { readInput } from "@er/data";
import { InputError } from "@er/engine";
import { type NdArray, readNpy, readNpzKey } from "@er/formats";
import { type CsvTable, cellName, numberIn, readCsvTable, type ScoreDirection, trueClassDoubt } from "@er/metrics";
import { closest } from "fastest-levenshtein";
import { readTextFile } from "./text-file.js";

export interface ScoreOptions {
  /** The key of an .npz ("scores" where left out), or the column of a .csv. */
  readonly key?: string;
  /** Which end of the scores is easy; `high-is-easy` where left out, as of a C-score. Probabilities say it themselves. */
  readonly direction?: ScoreDirection;
  /** [n] the true class of every example. */
  readonly labels: Uint16Array;
}

/** A number an example; NaN for none. */
export interface Scores {
  /** [n] */
  readonly values: Float64Array;
  readonly direction: ScoreDirection;
  /** What the values are, for people. */
  readonly of: string;
}

/**
 * Reads scores from .npy, .npz or .csv. An array [n, classes] is taken for class probabilities, whose score is 1 − p(true
 * class).
 *
 * @throws InputError where the file cannot be read, lacks the key or column (with the nearest), or has not one score a label
 */
export async function readScores(file: string, options: ScoreOptions): Promise<Scores> {
  const { key, direction = "high-is-easy", labels } = options;
  if (/\.csv$/i.test(file)) {
    const values = columnOf(await readTextFile(file), file, key);
    return { values: checked(values, labels, file), direction, of: key! };
  }
  const isArchive = /\.npz$/i.test(file);
  if (key !== undefined && !isArchive) {
    throw new InputError(`${file}: one array, which has no key "${key}"; leave --key out`);
  }
  const bytes = await readInput(file);
  const [array, of] = isArchive
    ? [await arrayOf(bytes, file, key ?? "scores"), key ?? "scores"]
    : [readNpy(bytes, file), file];
  if (array.shape.length === 2) {
    const [n, classes] = array.shape as [number, number];
    if (n !== labels.length) {
      throw new InputError(
        `${file}: probabilities [${n}, ${classes}] for ${labels.length} labels; expected a row a label`,
      );
    }
    if (options.direction === "high-is-easy") {
      throw new InputError(`${file}: probabilities [${n}, ${classes}], scored as 1 − p(true class); low is easy there`);
    }
    const values = trueClassDoubt(numbersOf(array, file), classes, labels);
    return { values, direction: "low-is-easy", of: "1 − p(true class)" };
  }
  if (array.shape.length !== 1) {
    throw new InputError(
      `${file}: an array [${array.shape.join(", ")}]; expected scores [n] or probabilities [n, classes]`,
    );
  }
  return { values: checked(numbersOf(array, file), labels, file), direction, of };
}

async function arrayOf(bytes: Uint8Array, file: string, key: string): Promise<NdArray> {
  const { array, keys } = await readNpzKey(bytes, key, file);
  if (array === undefined) {
    const hint = keys.length === 0 ? "" : `; did you mean "${closest(key, keys)}"? It has ${keys.join(", ")}`;
    throw new InputError(`${file}: no key "${key}"${hint}`);
  }
  return array;
}

/** The elements as float64; float16 and bfloat16, which no score is published in, are refused. */
function numbersOf({ dtype, data }: NdArray, file: string): Float64Array {
  if (dtype === "float16" || dtype === "bfloat16") {
    throw new InputError(`${file}: scores in ${dtype}; expected float32, float64 or integers`);
  }
  const values = new Float64Array(data.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = Number(data[i]!);
  }
  return values;
}

function columnOf(text: string, file: string, column: string | undefined): Float64Array {
  const table = readCsvTable(file, text);
  const { header, rows } = table;
  if (column === undefined) {
    throw new InputError(`${file}: which column? give --key with one of ${header.join(", ")}`);
  }
  const at = header.indexOf(column);
  if (at < 0) {
    const hint = header.length === 0 ? "" : `; did you mean "${closest(column, header)}"?`;
    throw new InputError(`${file}: no column "${column}"${hint}`);
  }
  checkOrder(table, file);
  return Float64Array.from(
    rows,
    ({ cells, line }) => numberIn(cells[at]!, cellName(file, line, column), table) ?? Number.NaN,
  );
}

/** Names of columns that number the examples. */
const INDICES = ["", "index", "idx", "example"];

/** Scores are taken in the order of the lines, which is not the examples' where a column numbers them otherwise. */
function checkOrder({ header, rows }: CsvTable, file: string): void {
  const at = header.findIndex((name) => INDICES.includes(name.toLowerCase()));
  const first = Number(rows[0]?.cells[at]);
  if (at < 0 || (first !== 0 && first !== 1)) return;
  const wrong = rows.find(({ cells }, i) => Number(cells[at]) !== first + i);
  if (wrong !== undefined) {
    throw new InputError(
      `${file}, line ${wrong.line}: example ${wrong.cells[at]} by the column "${header[at]}", out of order; sort the lines by it, one an example`,
    );
  }
}

function checked(values: Float64Array, labels: Uint16Array, file: string): Float64Array {
  if (values.length !== labels.length) {
    throw new InputError(`${file}: ${values.length} scores for ${labels.length} labels; expected a score a label`);
  }
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length > 1 && known.every((value) => value === known[0])) {
    throw new InputError(`${file}: every score is ${known[0]}, which tells no example from another; give others`);
  }
  return values;
}
