// What stops work in good order: Ctrl-C, SIGTERM, the terminal's end unless nohup was asked for, and output that nobody reads any
// more or that finds no room. Once after the step at hand, twice at once.
import { hangupIgnored } from "./hangup.js";

const stops = new Set<() => void>();

/** Calls `stop` when the work is to stop. Returns what takes that back. */
export function onStop(stop: () => void): () => void {
  let asked = false;
  const onSignal = () => {
    if (asked) process.exit(1);
    asked = true;
    stop();
  };
  const signals = ["SIGINT", "SIGTERM", ...(hangupIgnored() ? [] : ["SIGHUP"])];
  for (const signal of signals) process.on(signal, onSignal);
  stops.add(stop);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
    stops.delete(stop);
  };
}

/** Keeps an ignored SIGHUP ignored, and makes output that fails one line and exit code 1, after the work at hand has stopped. */
export function guardProcess(): void {
  if (hangupIgnored()) process.on("SIGHUP", () => undefined);
  let failed = false;
  for (const [stream, name, other] of [
    [process.stdout, "standard output", process.stderr],
    [process.stderr, "standard error", process.stdout],
  ] as const) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exitCode = 1;
      if (failed) return;
      failed = true;
      // A reader that has gone, as head has, wants to hear nothing of it.
      if (error.code !== "EPIPE") {
        other.write(`er: ${name}: ${error.message.split("\n")[0]}; write to a file with room, or to another place\n`);
      }
      for (const stop of stops) stop();
    });
  }
}
