// What a run says while it works, and how it is told to stop.
import type { Evaluation } from "./record.js";

export type Progress =
  | { readonly kind: "message"; readonly text: string }
  /** Something that the user should know even where nothing else is said. */
  | { readonly kind: "warning"; readonly text: string }
  /** Images of a set decoded so far. */
  | { readonly kind: "decode"; readonly spec: string; readonly done: number; readonly total: number }
  /** Images of a set whose features are computed so far. */
  | { readonly kind: "features"; readonly spec: string; readonly done: number; readonly total: number }
  /** Kinds of work tuned so far, of those of one program. */
  | { readonly kind: "tune"; readonly work: string; readonly done: number; readonly total: number }
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
  /** Stops after the step at hand, with a checkpoint; while data are loaded, rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export function say(watch: Watch, text: string): void {
  watch.onProgress?.({ kind: "message", text });
}

export function warn(watch: Watch, text: string): void {
  watch.onProgress?.({ kind: "warning", text });
}
