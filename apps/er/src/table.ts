// Tables for a terminal: columns as wide as they must be, 100 characters in all where names can be cut.

import { printable } from "@er/errors";

/** The most characters of a line. */
const COLUMNS = 100;

/**
 * A head and rows in columns, numbers to the right.
 *
 * @param rows as many cells each as the head; the first is a name, to the left, and cut where a line would be too long
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Cells may be names out of files, and a line end in one would forge a row.
  const lines = [head, ...rows].map((row) => row.map((cell) => printable(cell)));
  const widths = head.map((_, c) => lines.reduce((most, row) => Math.max(most, row[c]!.length), 0));
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  const name = Math.min(widths[0]!, Math.max(12, COLUMNS - others));
  return lines
    .map((row) =>
      row
        .map((cell, c) => (c === 0 ? cut(cell, name).padEnd(name) : cell.padStart(widths[c]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Text broken between words into lines of at most 100 characters. */
export function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A name in no more than `most` characters, its end kept, where paths and models differ. */
export function shortened(name: string, most: number): string {
  return name.length <= most ? name : `…${name.slice(name.length - most + 1)}`;
}
