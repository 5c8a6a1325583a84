// Times a program: each dispatch, whole steps, and the calling thread, in rounds, with the adapter's peaks between them.
import { InputError, type Program, type Runtime } from "@er/engine";
import { type HostTime, medianHostTime, sampleHostTime } from "./host-time.js";
import { median } from "./median.js";
import { medianPeaks, PeakMeter, type Peaks } from "./peaks.js";

export interface StepProfile {
  /** Milliseconds of each dispatch in the plan's order, by timestamps. */
  readonly dispatch_ms: readonly number[];
  /** Milliseconds from a step's submission to the next one's when the device is kept busy, by the clock on the wall. */
  readonly step_ms: number;
  readonly host: HostTime;
  readonly peaks: Peaks;
}

export interface ProfileOptions {
  /** Rounds over which medians are taken; 1 or more. */
  readonly rounds: number;
  readonly onRound?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** A round's steps fill so much time, so that noticing the end is no part of it. */
const ROUND_MS = 200;
/** Steps a round for the host's own time, where they are short; it varies more than the device's. */
const MAX_HOST_SAMPLES = 20;
const MIN_HOST_SAMPLES = 3;

/**
 * Profiles a program whose inputs are filled.
 *
 * @returns undefined where `signal` stopped it
 * @throws InputError on an adapter without timestamp queries
 */
export async function profileStep(
  runtime: Runtime,
  program: Program,
  { rounds, onRound, signal }: ProfileOptions,
): Promise<StepProfile | undefined> {
  if ((await program.profile()) === undefined) {
    throw new InputError(
      `adapter ${runtime.info.id} (${runtime.info.description}) has no timestamp queries, so its dispatches cannot be timed; ` +
        "er doctor lists adapters with timestamp-query yes: name one with --adapter",
    );
  }
  if (signal?.aborted) {
    return undefined;
  }
  const meter = await PeakMeter.open(runtime);
  try {
    const single = await timed(runtime, program, 1);
    const steps = Math.max(1, Math.ceil(ROUND_MS / single));
    const hostSamples = Math.min(MAX_HOST_SAMPLES, Math.max(MIN_HOST_SAMPLES, steps));
    const dispatches: number[][] = program.plan.steps.map(() => []);
    const wall: number[] = [];
    const host: HostTime[] = [];
    const peaks: Peaks[] = [];
    for (let round = 0; round < rounds; round++) {
      if (signal?.aborted) {
        return undefined;
      }
      const times = await program.profile();
      for (const [i, ms] of times!.entries()) {
        dispatches[i]!.push(ms);
      }
      wall.push((await timed(runtime, program, steps)) / steps);
      for (let i = 0; i < hostSamples; i++) {
        host.push(await sampleHostTime(runtime, program));
      }
      peaks.push(await meter.sample());
      onRound?.(round + 1);
    }
    return {
      dispatch_ms: dispatches.map(median),
      step_ms: median(wall),
      host: medianHostTime(host),
      peaks: medianPeaks(peaks),
    };
  } finally {
    meter.close();
  }
}

/** Milliseconds of so many runs, one after the other, waited for once. */
async function timed(runtime: Runtime, program: Program, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) {
    program.run();
  }
  await runtime.finish();
  return performance.now() - start;
}
