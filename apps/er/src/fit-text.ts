// What is said in words of what was corrected in a fit.
import type { ContinuityCorrection } from "@er/metrics";

const percent = (fraction: number) => +(100 * fraction).toFixed(3);

/** A line for each accuracy of 0 or 1 that was moved. */
export function correctionLines(corrections: readonly ContinuityCorrection[]): string[] {
  return corrections.map(
    ({ model, split, n, from, to }) =>
      `continuity correction: the ${split.toUpperCase()} accuracy of ${model} is ${percent(from)} % of ${n}, taken as ${percent(to)} %`,
  );
}

/** A line for the accuracies of a model itself that are 0 or 1. */
export function correctedLines(corrected: readonly ("id" | "ood")[]): string[] {
  return corrected.map(
    (split) =>
      `continuity correction: the ${split.toUpperCase()} accuracy is exactly 0 or 1; (correct + 1/2) / (n + 1) stands in for it${split === "ood" ? " in the interval" : ""}`,
  );
}
