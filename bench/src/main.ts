// pnpm bench: the adapter's peaks, each kernel, a whole training step, and peers on the same device, interleaved.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Runtime } from "@er/engine";
import { Command } from "commander";
import { time } from "./case.js";
import { kernelCases } from "./cases/kernels.js";
import { stepCases } from "./cases/step.js";
import { measurePeaks } from "./peaks.js";
import { openTfjs } from "./peers/tfjs.js";

interface Options {
  filter?: string;
  json?: string;
  adapter?: string;
  rounds: string;
}

interface Row {
  case: string;
  shape: string;
  backend: "er" | "tfjs";
  median_ms: number;
  gflops: number | null;
  gbs: number | null;
  share_of_fma_peak: number | null;
  share_of_copy_peak: number | null;
  peer: string | null;
  /** The peer's time over ours. */
  ratio: number | null;
}

const options = new Command("bench")
  .option("--filter <text>", "only cases whose name or shape holds the text")
  .option("--json <file>", "write the results")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name")
  .option("--rounds <n>", "interleaved rounds, of which the median counts", "5")
  .parse()
  .opts<Options>();
const rounds = Number(options.rounds);

const runtime = await Runtime.open(options.adapter === undefined ? {} : { adapter: options.adapter });
const peaks = await measurePeaks(runtime, rounds);
console.log(
  `${runtime.info.description}: ${peaks.fma_gflops.toFixed(1)} GFLOP/s of FMA, copy ${peaks.copy_gbs.toFixed(1)} GB/s`,
);
const tfjs = await openTfjs(runtime);
const results: Row[] = [];
for (const { name, make } of [...kernelCases(runtime, tfjs), ...stepCases(runtime, tfjs)]) {
  if (options.filter !== undefined && !name.includes(options.filter)) {
    continue;
  }
  const benchCase = await make();
  const { ours, peers } = await time(benchCase, rounds);
  const row = (backend: Row["backend"], ms: number, peer: string | null, ratio: number | null): Row => {
    const gflops = benchCase.flops === 0 ? null : benchCase.flops / ms / 1e6;
    const gbs = benchCase.flops === 0 ? benchCase.bytes / ms / 1e6 : null;
    return {
      case: benchCase.name,
      shape: benchCase.shape,
      backend,
      median_ms: ms,
      gflops,
      gbs,
      share_of_fma_peak: gflops === null ? null : gflops / peaks.fma_gflops,
      share_of_copy_peak: gbs === null ? null : gbs / peaks.copy_gbs,
      peer,
      ratio,
    };
  };
  const peer = benchCase.peers[0];
  const rows = [row("er", ours, peer?.backend ?? null, peer === undefined ? null : peers[0]! / ours)];
  for (const [i, { backend }] of benchCase.peers.entries()) {
    rows.push(row(backend, peers[i]!, null, null));
  }
  for (const result of rows) {
    results.push(result);
    console.log(line(result));
  }
  benchCase.destroy();
}
if (options.json !== undefined) {
  const commit = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  const { id: adapter, description: driver } = runtime.info;
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify({ adapter, driver, commit, peaks, results }, null, 2)}\n`);
}
runtime.close();
process.exit(0);

function line(result: Row): string {
  const rate =
    result.gflops === null
      ? `${result.gbs!.toFixed(1)} GB/s, ${percent(result.share_of_copy_peak!)} of copy`
      : `${result.gflops.toFixed(1)} GFLOP/s, ${percent(result.share_of_fma_peak!)} of FMA`;
  const ratio = result.ratio === null ? "" : `, ${result.ratio.toFixed(2)}× faster than ${result.peer}`;
  return `${result.case.padEnd(24)}${result.shape.padEnd(30)}${result.backend.padEnd(6)}${`${result.median_ms.toFixed(2)} ms`.padStart(12)}  ${rate}${ratio}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
