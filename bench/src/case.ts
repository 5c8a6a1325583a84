// One thing to time: our program, perhaps a peer's, and how much work it is.

export interface BenchCase {
  readonly name: string;
  readonly shape: string;
  /** Floating-point operations; a multiply-add counts as two. 0 for what is bound by memory. */
  readonly flops: number;
  /** Bytes read and written. */
  readonly bytes: number;
  /** Runs once and resolves when the device is done. */
  readonly run: () => Promise<void>;
  readonly peers: readonly { readonly backend: "tfjs"; readonly run: () => Promise<void> }[];
  readonly destroy: () => void;
}

/** Median of the times of a case and its peers, run in turn: one round each, `rounds` times, after a warm-up. */
export async function time(benchCase: BenchCase, rounds: number): Promise<{ ours: number; peers: number[] }> {
  const runs = [benchCase.run, ...benchCase.peers.map((peer) => peer.run)];
  const times: number[][] = runs.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, run] of runs.entries()) {
      const start = performance.now();
      await run();
      if (round >= 0) {
        times[i]!.push(performance.now() - start);
      }
    }
  }
  const [ours, ...peers] = times.map(median);
  return { ours: ours!, peers };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
