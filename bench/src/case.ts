// What the bench times: a case is one computation, and its contenders are our engine and the peers that compute the same.

import type { Program } from "@er/engine";

export type Backend = "er" | "tfjs" | "jax-js";
export type PeerName = Exclude<Backend, "er">;

/** One backend's program for a case, compiled and with its data on the device. */
export interface Contender {
  /** Runs so many times, one after the other, waiting once: resolves when the device is done with all. */
  run(times: number): Promise<void>;
  /**
   * What it computes, to be compared before timing: a kernel's output as NHWC, or the losses of the first training
   * steps. Called once, before `run`.
   */
  result(): Promise<Float32Array>;
  /** A training step of ours: what it costs the calling thread, and each of its dispatches, can be measured too. */
  readonly program?: Program;
  /** Frees what it holds on the device. */
  destroy(): void;
}

export interface BenchCase {
  readonly name: string;
  readonly shape: string;
  /** Floating-point operations, direct ones for convolutions; a multiply-add counts as two. 0 for what is bound by memory. */
  readonly flops: number;
  /** Bytes that must be read and written at least, each tensor counted once per pass over it. */
  readonly bytes: number;
  /** What a training step or a product computes in; f32 where absent. */
  readonly precision?: "mixed";
  /** Images of a training step. */
  readonly images?: number;
  /** Largest difference of a peer's result from ours, over our largest value, that still counts as the same work. */
  readonly tolerance: number;
  readonly ours: () => Promise<Contender>;
  readonly peers: readonly { readonly backend: PeerName; readonly open: () => Promise<Contender> }[];
}

/** Values spread evenly over [-scale / 2, scale / 2): the same for every contender. */
export function pattern(count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => scale * (((i * 7919) % 101) / 101 - 0.5));
}

/** Classes 0 … classes - 1 in turn. */
export function patternLabels(count: number, classes = 10): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i % classes);
}

/** |a - b| at its largest, over |a| at its largest; infinite where the sizes differ or a value is no number. */
export function relativeDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    return Number.POSITIVE_INFINITY;
  }
  let difference = 0;
  let largest = 0;
  for (const [i, value] of a.entries()) {
    const distance = Math.abs(value - b[i]!);
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}
