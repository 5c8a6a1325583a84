// What a program's run costs the thread that calls it, apart from what the adapter then does.
import type { Program, Runtime } from "@er/engine";
import { median } from "./median.js";

/** Milliseconds of the calling thread in one run. */
export interface HostTime {
  /** Recording the dispatches into a command buffer. */
  readonly encode_ms: number;
  /** Handing it to the queue: validation and the driver's own recording, and on a software adapter what it starts at once. */
  readonly submit_ms: number;
  /** Both: all that a run holds the thread for. */
  readonly js_ms: number;
}

/** One run on an idle device, waited for before and after, the waiting not counted. */
export async function sampleHostTime(runtime: Runtime, program: Program): Promise<HostTime> {
  await runtime.finish();
  const start = performance.now();
  const commands = program.encode();
  const encoded = performance.now();
  runtime.device.queue.submit([commands]);
  const submitted = performance.now();
  await runtime.finish();
  return { encode_ms: encoded - start, submit_ms: submitted - encoded, js_ms: submitted - start };
}

/** The median of each part, and both together; there must be a sample. */
export function medianHostTime(samples: readonly HostTime[]): HostTime {
  const encode_ms = median(samples.map((sample) => sample.encode_ms));
  const submit_ms = median(samples.map((sample) => sample.submit_ms));
  return { encode_ms, submit_ms, js_ms: encode_ms + submit_ms };
}
