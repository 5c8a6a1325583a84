// Work on an adapter that is stopped in good order.
import { Runtime, readTuning } from "@er/engine";
import type { Output } from "./output.js";
import { onStop } from "./stop-signals.js";

export async function stoppable<T>(
  adapter: string | undefined,
  output: Output,
  work: (runtime: Runtime, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const off = onStop(() => {
    output.log("stopping after this step; once more to stop at once");
    // The reason is what is said where the work cannot go on later: while its data are loaded.
    stop.abort(new Error("stopped while loading data; nothing was changed, so give the same command again"));
  });
  try {
    const runtime = await Runtime.open(adapter === undefined ? {} : { adapter });
    try {
      output.log(`adapter: ${runtime.info.description}`);
      const choices = await readTuning(runtime);
      if (choices > 0) {
        output.log(`tuned before: ${choices} kinds of work`);
      }
      return await work(runtime, stop.signal);
    } finally {
      runtime.close();
    }
  } finally {
    off();
  }
}

/** Says how to go on with what was stopped, and ends in exit code 1. */
export function sayStopped(output: Output, command: string): void {
  output.endProgress();
  output.warn(`stopped; go on with: ${command}`);
  process.exitCode = 1;
}
