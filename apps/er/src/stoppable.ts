// Work on an adapter that Ctrl-C stops in good order: once after the step at hand, twice at once.
import { Runtime, readTuning } from "@er/engine";
import type { Output } from "./output.js";

export async function stoppable<T>(
  adapter: string | undefined,
  output: Output,
  work: (runtime: Runtime, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) {
      process.exit(1);
    }
    output.log("stopping after this step; once more to stop at once");
    // The reason is what is said where the work cannot go on later: while its data are loaded.
    stop.abort(new Error("stopped while loading data; nothing was changed, so give the same command again"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
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
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Says how to go on with what was stopped, and ends in exit code 1. */
export function sayStopped(output: Output, command: string): void {
  output.endProgress();
  output.warn(`stopped; go on with: ${command}`);
  process.exitCode = 1;
}
