// How the kernels of normalisations divide what they walk over: neighbouring columns as one value, rows among invocations.

/** How many columns a value of a kernel holds, and how many such groups there are. */
export function columnGroups(channels: number): { columns: 1 | 4; groups: number } {
  return channels % 4 === 0 ? { columns: 4, groups: channels / 4 } : { columns: 1, groups: channels };
}

/** Rows that a walker meets: as in walk_rows.wgsl. */
const STEPS = 16;
const WORKGROUP = 64;

/** How invocations share the rows of a column: several each, so that what a column's values cost is spread. */
export function walkers(rows: number, groups: number): { readonly WALKED: number; readonly WALKERS: number } {
  const walked = Math.max(1, Math.floor(WORKGROUP / groups));
  return { WALKED: walked, WALKERS: walked * Math.ceil(rows / (walked * STEPS)) };
}
