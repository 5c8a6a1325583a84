// One case from start to end: open its contenders, see that they compute the same, time them in turns, free them.
import type { Runtime } from "@er/engine";
import { type Backend, type BenchCase, type Contender, relativeDifference } from "./case.js";
import { StepSampler, type StepSamples } from "./step-sampler.js";
import { timeInTurns } from "./timing.js";

export interface Measurement {
  readonly backend: Backend;
  /** Undefined where it could not be timed. */
  readonly ms: number | undefined;
  /** Why it has no time or none that may be compared. */
  readonly note: string | undefined;
  /** Of a training step of ours. */
  readonly step?: StepSamples;
}

export interface MeasureOptions {
  /** Interleaved rounds, over which medians are taken. */
  readonly rounds: number;
  /** Time each dispatch of a training step too. */
  readonly profile: boolean;
}

/**
 * Measures a case; ours comes first. A peer that fails or computes something else gets a note and no time.
 *
 * @param between is awaited after every round, untimed
 */
export async function measure(
  runtime: Runtime,
  { tolerance, ours, peers }: BenchCase,
  { rounds, profile }: MeasureOptions,
  between: () => Promise<void>,
): Promise<Measurement[]> {
  const opened: { backend: Backend; contender: Contender }[] = [{ backend: "er", contender: await ours() }];
  const failed: Measurement[] = [];
  try {
    const expected = await opened[0]!.contender.result();
    for (const { backend, open } of peers) {
      const outcome = await catching(runtime, async () => {
        const contender = await open();
        opened.push({ backend, contender });
        return relativeDifference(expected, await contender.result());
      });
      if (typeof outcome === "number" && outcome <= tolerance) {
        continue;
      }
      const note =
        typeof outcome === "string" ? outcome : `computes something else: ${outcome.toExponential(1)} from ours`;
      failed.push({ backend, ms: undefined, note });
      if (opened.at(-1)!.backend === backend) {
        opened.pop()!.contender.destroy();
      }
    }
    const { program } = opened[0]!.contender;
    const sampler = program && new StepSampler(runtime, program, profile);
    const times = await timeInTurns(
      opened.map(({ contender }) => contender),
      rounds,
      async () => {
        await sampler?.sample();
        await between();
      },
    );
    const timed = opened.map(({ backend }, i): Measurement => {
      const step = backend === "er" && sampler !== undefined ? { step: sampler.medians() } : {};
      return { backend, ms: times[i]!, note: undefined, ...step };
    });
    return [...timed, ...failed];
  } finally {
    for (const { contender } of opened) {
      contender.destroy();
    }
  }
}

/** What `body` returns, or the first line of what went wrong in it, on the device too. */
async function catching(runtime: Runtime, body: () => Promise<number>): Promise<number | string> {
  const { device } = runtime;
  const errors: string[] = [];
  const handler = device.onuncapturederror;
  // A peer's mistake must not count as ours, which the engine would not forget.
  device.onuncapturederror = (event) => errors.push(event.error.message);
  try {
    const value = await body();
    await device.queue.onSubmittedWorkDone();
    return errors[0] === undefined ? value : firstLine(errors[0]);
  } catch (error) {
    return firstLine(error instanceof Error ? error.message : String(error));
  } finally {
    device.onuncapturederror = handler;
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
