// The known name most like one that was mistyped, for error messages.

import { closest } from "fastest-levenshtein";

/** @returns ` did you mean "…"?` with a leading semicolon, or nothing where there is no name to suggest */
export function didYouMean(given: string, known: readonly string[]): string {
  return known.length === 0 ? "" : `; did you mean ${JSON.stringify(closest(given, known))}?`;
}
