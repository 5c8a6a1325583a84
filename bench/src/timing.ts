// Interleaved timing: every contender in turn, round after round, so that a machine that drifts drifts for all of them.
import type { Contender } from "./case.js";

/** A contender's turn repeats short runs until it has lasted this long. */
const TURN_MS = 20;

/**
 * Milliseconds of each contender's run: the median over all its runs in `rounds` rounds, after one that does not count.
 *
 * @param between is awaited after every round, untimed
 */
export async function timeInTurns(
  contenders: readonly Pick<Contender, "run">[],
  rounds: number,
  between: () => Promise<void>,
): Promise<number[]> {
  const times: number[][] = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const turn = performance.now();
      do {
        const start = performance.now();
        await contender.run();
        if (round >= 0) {
          times[i]!.push(performance.now() - start);
        }
      } while (performance.now() - turn < TURN_MS);
    }
    await between();
  }
  return times.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
