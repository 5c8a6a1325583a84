// How the kernels of normalisations divide what they walk over: neighbouring columns as one value, rows among invocations.
import { WORKGROUP } from "../plan/lowering.js";

/** How many columns a value of a kernel holds, and how many such groups there are. */
export function columnGroups(channels: number): { columns: 1 | 4; groups: number } {
  return channels % 4 === 0 ? { columns: 4, groups: channels / 4 } : { columns: 1, groups: channels };
}

/**
 * How invocations share the rows of a column, several each, so that what a column's values cost is spread.
 *
 * @returns what walk_rows.wgsl wants to know, and how many walkers there are
 */
export function walkers(rows: number, groups: number) {
  const steps = 16;
  const apart = Math.max(1, Math.min(Math.floor(WORKGROUP / groups), Math.ceil(rows / steps)));
  return { STEPS: steps, APART: apart, WALKERS: apart * Math.ceil(rows / (apart * steps)) };
}
