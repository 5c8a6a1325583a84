// What the campaign's parts share: draws from a seed, `er` as a process with a fault in it, and what must be the same in the end.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const main = new URL("../../apps/er/dist/main.js", import.meta.url).pathname;
const faults = new URL("./faults.mjs", import.meta.url).href;

/** How much of the campaign is done: 1 for all of it. */
const SCALE = Number(process.env.ER_SOAK ?? 1);
const SEED = Number(process.env.ER_SOAK_SEED ?? 1);

/** A share of a number of trials, at least one. */
export const trials = (whole: number) => Math.max(1, Math.round(whole * SCALE));

/** Whole numbers below `n`, the same for the same seed and name (mulberry32). */
export function draws(name: string): (n: number) => number {
  let state = createHash("sha256").update(`${SEED} ${name}`).digest().readUInt32LE(0);
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}

export interface Ended {
  /** null where it was killed */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** whether it had to be ended after the time it was given */
  readonly hung: boolean;
}

export interface Faulty {
  /** As test/soak/faults.mjs has it. */
  readonly fault?: string;
  /** A file that is told how many calls change files. */
  readonly count?: string;
  /** Milliseconds after which it is killed. */
  readonly killAfter?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Milliseconds after which a command is taken to hang. */
const PATIENCE = 240_000;

/** Runs `er`. */
export function er(args: readonly string[], { fault, count, killAfter, env }: Faulty = {}): Promise<Ended> {
  const preload = fault === undefined && count === undefined ? [] : ["--import", faults];
  const child = spawn(process.execPath, [...preload, main, ...args], {
    env: {
      ...process.env,
      ...env,
      ...(fault !== undefined && { ER_FAULT: fault }),
      ...(count !== undefined && { ER_FAULT_COUNT: count }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr, hung] = ["", "", false];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const killer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  const patience = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, PATIENCE);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(killer);
      clearTimeout(patience);
      resolve({ code, stdout, stderr, hung });
    });
  });
}

/** Every file below a directory by its SHA-256, but for logs, which hold times, and the inventory, which holds their order. */
export function bits(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && !/tfevents|(training|record)\.jsonl|manifest\.json|report\.html/.test(entry.name),
    )
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      file.slice(directory.length + 1),
      createHash("sha256").update(readFileSync(file)).digest("hex"),
    ]),
  );
}

/** Whether what a command said on standard error is lines for people: no trace, and of errors one. */
export function isForPeople({ stderr }: Pick<Ended, "stderr">): boolean {
  const lines = stderr.split("\n");
  return (
    !/^\s+at |Error:|node:internal|Unhandled/m.test(stderr) &&
    lines.filter((line) => line.startsWith("er: ")).length <= 1
  );
}

/** Two at a time, as there are cores. */
export async function inTwos<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < work.length) {
      const i = next++;
      results[i] = await work[i]!();
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** Notes a part's figures for docs/reliability.md, and shows them. */
export function note(part: string, figures: Readonly<Record<string, number | string>>): void {
  const file = new URL("../../runs/soak.jsonl", import.meta.url).pathname;
  mkdirSync(dirname(file), { recursive: true });
  const line = JSON.stringify({ part, seed: SEED, scale: SCALE, ...figures });
  appendFileSync(file, `${line}\n`);
  console.log(line);
}

/** A run that takes a second or two on a software adapter. */
export const tiny = {
  model: { name: "resnet8", width: 2 },
  data: {
    train: "procedural:narrow?n=96&size=8#train",
    id: { name: "narrow", spec: "procedural:narrow?n=40&size=8#test" },
    ood: { shifted: "procedural:shifted?n=40&size=8#test" },
  },
  pretrain: { data: "procedural:broad?n=32&size=8#train", train: { steps: 4, batch: 8 } },
  train: { steps: 16, batch: 8 },
  eval: { steps: [0, 5, 16] },
  evalBatch: 40,
  checkpointEverySteps: 8,
  testbed: { build: { widths: [2, 4], points: 2, train: { steps: 16, batch: 16 } } },
};
