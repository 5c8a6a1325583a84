// A run's progress as log lines and bars.
import type { Evaluation, Progress } from "@er/experiment";
import type { Output } from "./output.js";

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

/**
 * Shows what a run reports.
 *
 * @param id the name of the ID split
 * @returns what to tell each report to; it remembers the last evaluation, which the bar shows while training goes on
 */
export function showProgress(output: Output, id: string): (progress: Progress) => void {
  let last = "";
  return (progress) => {
    switch (progress.kind) {
      case "message":
        output.log(progress.text);
        break;
      case "warning":
        output.warn(`warning: ${progress.text}`);
        break;
      case "decode":
        output.progress(`decode ${progress.spec}`, progress.done, progress.total, "");
        break;
      case "features":
        output.progress(`features of ${progress.spec}`, progress.done, progress.total, "");
        break;
      case "tune":
        output.progress("tune", progress.done, progress.total, progress.work);
        break;
      case "step": {
        const { phase, step, totalSteps, imagesPerSecond, loss } = progress;
        const details = `${imagesPerSecond.toFixed(0)} images/s, loss ${loss.toFixed(3)}`;
        // What is looked for first, since a narrow terminal cuts the end.
        output.progress(phase, step, totalSteps, last === "" ? details : `${last}; ${details}`);
        break;
      }
      case "evaluation":
        last = describe(progress.evaluation, id);
        output.log(`step ${progress.evaluation.step}: ${last}`);
        break;
      default:
        progress satisfies never;
    }
  };
}

function mind({ extrapolated, caveats = [] }: Evaluation["er"][string]): string {
  return [...(extrapolated ? ["extrapolated"] : []), ...caveats].map((each) => `; ${each}`).join("");
}

/** Accuracy on every split, with effective robustness where there is a baseline, and with what it has to be read with. */
function describe({ splits, er }: Evaluation, id: string): string {
  return Object.entries(splits)
    .map(([name, { accuracy, note }]) => {
      const robustness = er[name];
      const points =
        robustness === undefined ? [] : [`ER ${(100 * robustness.er).toFixed(1)} points${mind(robustness)}`];
      const beside = [...points, ...(note === undefined ? [] : [note])];
      return `${name}${name === id ? " (ID)" : ""} ${percent(accuracy)}${beside.length === 0 ? "" : ` (${beside.join("; ")})`}`;
    })
    .join(", ");
}
