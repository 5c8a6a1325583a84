// What a run says while it works, and how it is told to stop.
import type { Evaluation } from "./record.js";

export type Progress =
  | { readonly kind: "message"; readonly text: string }
  | {
      readonly kind: "step";
      readonly phase: string;
      readonly step: number;
      readonly totalSteps: number;
      readonly imagesPerSecond: number;
      /** mean since the evaluation before, nats */
      readonly loss: number;
    }
  | { readonly kind: "evaluation"; readonly evaluation: Evaluation };

/** Who watches the work. */
export interface Watch {
  readonly onProgress?: (progress: Progress) => void;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export function say(watch: Watch, text: string): void {
  watch.onProgress?.({ kind: "message", text });
}
