// er weights get: fetches published weights and prints where they lie.
import { weightsDirectory } from "@er/experiment";
import { type Downloaded, describeCheck, download, findWeights, megabytes, type WeightsEntry } from "@er/hub";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { onStop } from "../stop-signals.js";

interface GetOptions extends OutputOptions {
  from?: string;
  output?: string;
}

export const weightsGet = new Command("get")
  .description(
    "fetch published weights, or check those that are here, and print their paths; an interrupted one goes on",
  )
  .argument("<name...>", "as er weights list has them")
  .option("--from <dir or url>", "a mirror: a folder or an address that has the files under their own names")
  .option("--output <dir>", "where they come to lie (the cache, where weights:NAME is looked up)")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (names: string[], { from, output: directory = weightsDirectory(), ...options }: GetOptions) => {
    const output = new Output(options);
    const entries = [...new Set(names)].map(findWeights);
    const stop = new AbortController();
    const forget = onStop(() => stop.abort());
    try {
      const results = [];
      for (const entry of entries) {
        const file = await download(entry, {
          ...{ directory, from, signal: stop.signal },
          onProgress: progressOf(output, entry.name),
          onMessage: (text) => output.log(`${entry.name}: ${text}`),
        });
        output.log(summary(entry, file));
        results.push({ name: entry.name, ...file, check: describeCheck(entry) });
      }
      output.answer(results, results.map(({ path }) => path).join("\n"));
    } finally {
      output.endProgress();
      forget();
    }
  });

function progressOf(output: Output, name: string): (done: number, total: number | undefined) => void {
  const tenths = (bytes: number) => Number((bytes / 1e6).toFixed(1));
  let began: { time: number; done: number } | undefined;
  return (done, total = done) => {
    began ??= { time: performance.now(), done };
    const milliseconds = performance.now() - began.time;
    // Sooner a rate would be that of what the system had at hand.
    const details = milliseconds < 500 ? "" : `${((done - began.done) / 1e3 / milliseconds).toFixed(1)} MB/s`;
    output.progress(`${name} (MB)`, tenths(done), tenths(total), details);
  };
}

function summary(entry: WeightsEntry, { fetched, bytes, sha256 }: Downloaded): string {
  const { checksum, name } = entry;
  const checked =
    checksum === undefined
      ? `sha256 ${sha256}, ${fetched ? "noted to check it by from now on" : "as when it was fetched"}; none is published`
      : `checked by ${describeCheck(entry)}`;
  return `${name}: ${fetched ? "fetched" : "here already"}, ${megabytes(bytes)}, ${checked}`;
}
