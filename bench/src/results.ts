// The results as a document: what `--json` writes.
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Runtime } from "@er/engine";
import { medianPeaks, type Peaks, type Roofline, roofline } from "@er/profile";
import type { Backend, BenchCase } from "./case.js";
import type { Measurement } from "./measure.js";

/**
 * One contender of a case. A case has a row of ours and one for each peer.
 *
 * `ratio` is a peer's time over ours: above 1 we are faster. A peer's row names itself in `peer` and has its own ratio;
 * our row names the fastest peer there and has that one's, so it is the least of the case. Where a peer could not run,
 * or did not compute the same, its `median_ms` and `ratio` are null and `note` says why. Where a case has no peer, `peer`
 * and `ratio` are null.
 *
 * `js_ms` is what one of our training steps holds the JavaScript thread for, `encode_ms` and `submit_ms` its parts; a
 * software adapter may begin to work inside submit. Null for kernels and peers.
 *
 * The shares are of the peak as it was during this very case (`peak`, in the unit of the rate): the median of the samples
 * taken between its rounds. The document's `peaks` are the medians over the whole run.
 */
export interface Row {
  readonly case: string;
  readonly shape: string;
  readonly backend: Backend;
  /** Of a training step or a product that computes in f16 with f32 sums; f32 where absent. */
  readonly precision?: "mixed";
  readonly median_ms: number | null;
  /** Null for what is bound by memory. */
  readonly gflops: number | null;
  /** Null for what is bound by arithmetic. */
  readonly gbs: number | null;
  readonly share_of_fma_peak: number | null;
  readonly share_of_copy_peak: number | null;
  readonly peak: number;
  /** Of a training step. */
  readonly images_per_s: number | null;
  readonly js_ms: number | null;
  readonly encode_ms: number | null;
  readonly submit_ms: number | null;
  readonly peer: string | null;
  readonly ratio: number | null;
  readonly note?: string;
  /** Each dispatch of a training step of ours against its bound, with --profile. */
  readonly roofline?: Roofline;
}

export interface Results {
  readonly adapter: string;
  readonly driver: string;
  /** HEAD, with "-dirty" where the working tree differs from it; "unknown" outside a repository. */
  readonly commit: string;
  readonly peaks: Peaks;
  /** Versions of the peers' libraries. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly results: readonly Row[];
}

/** What one case gave. */
export interface Measured {
  readonly benchCase: BenchCase;
  readonly measurements: readonly Measurement[];
  /** Samples taken between its rounds. */
  readonly peaks: readonly Peaks[];
}

/** The rows of a case. */
export function rowsOf({ benchCase, measurements, peaks }: Measured): Row[] {
  const { name, shape, flops, bytes, images, precision } = benchCase;
  const { fma_gflops, copy_gbs } = medianPeaks(peaks);
  const ours = measurements.find(({ backend }) => backend === "er")!.ms!;
  const timed = measurements.filter(({ backend, ms }) => backend !== "er" && ms !== undefined);
  const fastest = timed.sort((a, b) => a.ms! - b.ms!)[0];
  return measurements.map(({ backend, ms, note, step }) => {
    const gflops = ms === undefined || flops === 0 ? null : flops / ms / 1e6;
    const gbs = ms === undefined || flops !== 0 ? null : bytes / ms / 1e6;
    const rival = backend === "er" ? fastest : { backend, ms };
    return {
      case: name,
      shape,
      backend,
      ...(precision && { precision }),
      median_ms: ms ?? null,
      gflops,
      gbs,
      share_of_fma_peak: gflops === null ? null : gflops / fma_gflops,
      share_of_copy_peak: gbs === null ? null : gbs / copy_gbs,
      peak: flops === 0 ? copy_gbs : fma_gflops,
      images_per_s: ms === undefined || images === undefined ? null : (1000 * images) / ms,
      js_ms: step?.host.js_ms ?? null,
      encode_ms: step?.host.encode_ms ?? null,
      submit_ms: step?.host.submit_ms ?? null,
      peer: rival?.backend ?? null,
      ratio: rival?.ms === undefined ? null : rival.ms / ours,
      ...(note === undefined ? {} : { note }),
      ...(step === undefined || step.dispatches.length === 0
        ? {}
        : { roofline: roofline(step.dispatches, { fma_gflops, copy_gbs }) }),
    };
  });
}

/** The document of what has been measured so far; there must be a case. */
export function resultsOf(
  runtime: Runtime,
  commit: string,
  versions: Readonly<Record<string, string>>,
  rounds: number,
  measured: readonly Measured[],
): Results {
  const { id: adapter, description: driver } = runtime.info;
  const peaks = medianPeaks(measured.flatMap((each) => each.peaks));
  const results = measured.flatMap(rowsOf);
  return { adapter, driver, commit, peaks, versions, rounds, results };
}

/** The commit this runs from, or was packed from. */
export function commit(): string {
  const packed = process.env.ER_BENCH_COMMIT;
  if (packed !== undefined) {
    return packed;
  }
  const git = (...words: string[]) => spawnSync("git", words, { encoding: "utf8", cwd: import.meta.dirname });
  const head = git("rev-parse", "HEAD");
  if (head.status !== 0) {
    return "unknown";
  }
  const dirty = git("status", "--porcelain", "--untracked-files=no").stdout !== "";
  return `${head.stdout.trim()}${dirty ? "-dirty" : ""}`;
}

/** Writes beside the file and renames, so that the file is whole at any moment. */
export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
