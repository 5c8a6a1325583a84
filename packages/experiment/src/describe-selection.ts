// Which models of a testbed a line was fitted on, in words.
import type { ModelSelection } from "@er/metrics";

/** As in `85 models enter the fit (standard); left out: 43 of kind more_data, 3 without an evaluation`. */
export function describeSelection({ choice, models, leftOut }: ModelSelection): string {
  const reasons = leftOut.map(({ reason, models }) => `${models.length} ${reason}`);
  return `${models.length} models enter the fit (${choice}); left out: ${reasons.join(", ") || "none"}`;
}
