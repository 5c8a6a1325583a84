// Interleaved timing: every contender in turn, round after round, so that a machine that drifts drifts for all of them.
import { median } from "@er/profile";
import type { Contender } from "./case.js";

/** A turn runs short work as often as fills so much time, and waits once: noticing that work is done takes milliseconds. */
const TURN_MS = 50;
/** Of what is so short that more would only fill the queue. */
const MOST_RUNS = 1000;

/**
 * Milliseconds of each contender's run: the median over `rounds` rounds of turns, after one round that does not count.
 *
 * @param between is awaited after every round, untimed
 */
export async function timeInTurns(
  contenders: readonly Pick<Contender, "run">[],
  rounds: number,
  between: () => Promise<void>,
): Promise<number[]> {
  const counts: number[] = [];
  for (const contender of contenders) {
    counts.push(await countFor(contender));
  }
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      times[i]!.push((await turn(contender, counts[i]!)) / counts[i]!);
    }
    await between();
  }
  return times.map(median);
}

/** Runs that fill a turn. The first ones tell little: they start cold, and what noticing their end takes counts in full. */
async function countFor(contender: Pick<Contender, "run">): Promise<number> {
  let count = 1;
  for (;;) {
    const ms = await turn(contender, count);
    if (ms >= TURN_MS / 2 || count >= MOST_RUNS) {
      return Math.ceil((count * TURN_MS) / Math.max(ms, TURN_MS));
    }
    count = Math.min(MOST_RUNS, Math.ceil((count * TURN_MS) / ms));
  }
}

/** Milliseconds of a turn. */
async function turn(contender: Pick<Contender, "run">, times: number): Promise<number> {
  const start = performance.now();
  await contender.run(times);
  return performance.now() - start;
}
