// How the kernels of normalisations divide what they walk over: neighbouring columns as one value, rows among invocations.

/** How many columns a value of a kernel holds, and how many such groups there are. */
export function columnGroups(channels: number): { columns: 1 | 4; groups: number } {
  return channels % 4 === 0 ? { columns: 4, groups: channels / 4 } : { columns: 1, groups: channels };
}

/** Invocations that share the rows of a column: 16 rows each, so that what a column's values cost is spread. */
export const walkers = (rows: number) => Math.ceil(rows / 16);
