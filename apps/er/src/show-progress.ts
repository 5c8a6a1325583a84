// A run's progress as log lines and bars.
import type { Progress } from "@er/experiment";
import type { Output } from "./output.js";

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

/** @param id the name of the ID split */
export function showProgress(output: Output, progress: Progress, id: string): void {
  switch (progress.kind) {
    case "message":
      output.log(progress.text);
      break;
    case "step": {
      const details = `${progress.imagesPerSecond.toFixed(0)} images/s, loss ${progress.loss.toFixed(3)}`;
      output.progress(progress.phase, progress.step, progress.totalSteps, details);
      break;
    }
    case "evaluation": {
      const { step, splits, er } = progress.evaluation;
      const parts = Object.entries(splits).map(([name, { accuracy }]) => {
        const robustness = er[name];
        const points = robustness === undefined ? "" : ` (ER ${(100 * robustness.er).toFixed(1)} points)`;
        return `${name}${name === id ? " (ID)" : ""} ${percent(accuracy)}${points}`;
      });
      output.log(`step ${step}: ${parts.join(", ")}`);
      break;
    }
    default:
      progress satisfies never;
  }
}
