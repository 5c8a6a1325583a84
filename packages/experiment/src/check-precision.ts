// What a configuration asks of the adapter, found before anything is loaded or written.
import type { Runtime } from "@er/engine";
import type { TrainingConfig } from "./config.js";

/**
 * @param trainings those of the configuration that will be run, by their keys
 * @throws InputError for mixed precision on an adapter that cannot compute with f16
 */
export function checkPrecision(
  runtime: Runtime,
  trainings: Readonly<Record<string, TrainingConfig | undefined>>,
): void {
  for (const [key, training] of Object.entries(trainings)) {
    if (training?.precision === "mixed") {
      runtime.requireHalf(`${key}.precision "mixed"`);
    }
  }
}
