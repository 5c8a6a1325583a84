// Effective robustness of a testbed's models as a table.
import type { ModelRobustness } from "@er/metrics";
import { table, wrapped } from "./table.js";

const percent = (fraction: number) => (100 * fraction).toFixed(2);
const signed = (value: number) => `${value > 0 ? "+" : ""}${value.toFixed(2)}`;

/** A line a model: accuracies in per cent, ER with its interval in points, and what it was measured against, in words. */
export function robustnessTable(models: readonly ModelRobustness[]): string {
  const shown = table(
    ["model", "kind", "ID, %", "OOD, %", "ER", "interval", "z", ""],
    models.map(({ model, kind, id, ood, inFit, robustness: { er, low, high, z, extrapolated } }) => [
      model,
      kind ?? "–",
      percent(id.accuracy),
      percent(ood.accuracy),
      signed(100 * er),
      `${signed(100 * low)}, ${signed(100 * high)}`,
      signed(z),
      `${inFit ? "*" : " "}${extrapolated ? "†" : " "}`,
    ]),
  );
  const notes = [
    "ER in points, z in standard deviations of ordinary models",
    ...(models.some(({ inFit }) => inFit) ? ["*: in the fit, but left out of it for its own ER"] : []),
    ...(models.some(({ robustness }) => robustness.extrapolated)
      ? ["†: ID accuracy outside the testbed's range, where the line is extrapolated"]
      : []),
  ];
  return `${shown}\n${wrapped(notes.join("; "))}`;
}
