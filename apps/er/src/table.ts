// Cells in columns, for people to read.

/**
 * Rows as lines: the first column to the left, the others to the right, two spaces between.
 *
 * @param rows as many cells each, the head among them
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
  );
}

/** A name in no more than `most` characters, its end kept, where paths and models differ. */
export function shortened(name: string, most: number): string {
  return name.length <= most ? name : `…${name.slice(name.length - most + 1)}`;
}
