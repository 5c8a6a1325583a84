// What accuracies have to be read with, below the table that shows them.
import type { SplitResult } from "@er/experiment";

/** A line a split that has a note; each begins with a line end. */
export function noteLines(splits: Readonly<Record<string, SplitResult>> | undefined): string {
  return Object.entries(splits ?? {})
    .map(([split, { note }]) => (note === undefined ? "" : `\n${split}: ${note}`))
    .join("");
}
