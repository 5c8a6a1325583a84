// pnpm bench: the adapter's peaks, each kernel, whole training steps, and peers on the same device, interleaved.
import { InputError, Runtime, type Tuned } from "@er/engine";
import { PeakMeter, type Peaks } from "@er/profile";
import { Command, InvalidArgumentError, Option } from "commander";
import type { BenchCase } from "./case.js";
import { type GpuSet, gpuCases } from "./cases/gpu.js";
import { kernelCases } from "./cases/kernels.js";
import { stepCases } from "./cases/step.js";
import { measure } from "./measure.js";
import { openJaxJs } from "./peers/jax-js.js";
import { openTfjs } from "./peers/tfjs.js";
import { commit, type Measured, type Results, resultsOf, rowsOf, writeResults } from "./results.js";
import { summary, table } from "./table.js";

interface Options {
  filter?: string;
  json?: string;
  adapter?: string;
  rounds: number;
  peers: boolean;
  profile?: boolean;
  tune?: number;
  set: "standard" | GpuSet;
}

const options = new Command("bench")
  .option("--filter <text>", "only cases whose name and shape hold it, as 'training_step' or 'conv2d resnet20'")
  .option("--json <file>", "write the results, after every case")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name")
  .option("--rounds <n>", "interleaved rounds, over which the median is taken", wholeNumber, 5)
  .option("--no-peers", "leave TensorFlow.js and jax-js out")
  .option("--profile", "time each dispatch of our training steps too, and show what is lost where")
  .option(
    "--tune <seconds>",
    "time the variants of our products first, for so long in all, and take the fastest",
    wholeNumber,
  )
  .addOption(
    new Option("--set <name>", "gpu: cases too large for a software adapter, without peers; smoke: the same, tiny")
      .choices(["standard", "gpu", "smoke"])
      .default("standard"),
  )
  .parse()
  .opts<Options>();

const runtime = await Runtime.open(options.adapter === undefined ? {} : { adapter: options.adapter }).catch(refuse);
if (options.tune !== undefined) {
  runtime.tuning = { budget: options.tune, onProgress: (_done, _total, tuned) => console.error(tunedLine(tuned)) };
}
const peers = options.peers && options.set === "standard" ? [await openTfjs(runtime), await openJaxJs(runtime)] : [];
const { filter = "", rounds, profile = false } = options;
const all =
  options.set === "standard"
    ? [...kernelCases(runtime, peers), ...stepCases(runtime, peers)]
    : gpuCases(runtime, options.set);
const cases = all
  .filter(({ name, shape }) => `${name} ${shape}`.includes(filter))
  .sort((a, b) => a.name.localeCompare(b.name));
if (cases.length === 0) {
  const names = [...new Set(all.map(({ name }) => name))].join(", ");
  console.error(`bench: no case holds "${filter}"; there are ${names}`);
  process.exit(2);
}

const versions = Object.fromEntries(peers.map(({ backend, version }) => [backend, version]));
const head = commit();
const measured: Measured[] = [];
const meter = await PeakMeter.open(runtime);
const soFar = (): Results => resultsOf(runtime, head, versions, rounds, measured);
process.on("SIGINT", () => finish(130));
process.on("SIGTERM", () => finish(143));
for (const [i, benchCase] of cases.entries()) {
  await bench(benchCase);
  console.error(`${i + 1} of ${cases.length}: ${summary(rowsOf(measured.at(-1)!))}`);
}
meter.close();
finish(0);

async function bench(benchCase: BenchCase): Promise<void> {
  const samples: Peaks[] = [];
  const measurements = await measure(runtime, benchCase, { rounds, profile }, async () => {
    samples.push(await meter.sample());
  });
  measured.push({ benchCase, measurements, peaks: samples });
  if (options.json !== undefined) {
    writeResults(options.json, soFar());
  }
}

/** Prints what there is. The process is left at once: the peers keep timers and the device open. */
function finish(code: number): never {
  if (measured.length > 0) {
    console.log(table(soFar()).join("\n"));
  }
  process.exit(code);
}

/** One line for what is the caller's to change, such as an adapter that is not there. */
function refuse(error: unknown): never {
  if (error instanceof InputError) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
  throw error;
}

/** Every variant's time, and what failed. */
function tunedLine({ key, chosen, milliseconds, failed }: Tuned): string {
  const times = [...milliseconds].map(([variant, ms]) => `${variant} ${ms.toFixed(3)} ms`);
  const failures = [...failed].map(([variant, why]) => `${variant} failed: ${why}`);
  return `tuned ${key}: ${chosen}; ${[...times, ...failures].join(", ")}`;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("expected a whole number of 1 or more");
  }
  return number;
}
