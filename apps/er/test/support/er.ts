// `er` as a child process, and a run small enough for a software adapter.
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const main = new URL("../../dist/main.js", import.meta.url).pathname;

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Stop {
  readonly signal: NodeJS.Signals;
  /** Whether standard error so far is far enough, or milliseconds from the start, or a file of so many bytes that is waited for. */
  readonly when: ((stderr: string) => boolean) | number | { readonly file: string; readonly bytes?: number };
}

/** What the system grants it. */
export interface Limits {
  /** Of a file that it writes. */
  readonly fileKiB: number;
}

/** Runs `er`; with `stop`, sends its signal once. */
export function er(args: string[], stop?: Stop, limits?: Limits): Promise<Result> {
  return new Promise((resolve) => {
    const [program, ...rest] =
      limits === undefined
        ? [process.execPath, main, ...args]
        : ["bash", "-c", `ulimit -f ${limits.fileKiB}; exec "$@"`, "bash", process.execPath, main, ...args];
    const child = spawn(program!, rest, { env: process.env });
    let [stdout, stderr, sent] = ["", "", false];
    const when = stop?.when;
    const timer = typeof when === "number" ? setTimeout(() => child.kill(stop?.signal), when) : undefined;
    const poll = setInterval(() => {
      if (typeof when === "object" && existsSync(when.file) && statSync(when.file).size >= (when.bytes ?? 0) && !sent) {
        sent = true;
        child.kill(stop?.signal);
      }
    }, 50);
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      if (typeof when === "function" && when(stderr) && !sent) {
        sent = true;
        child.kill(stop?.signal);
      }
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      clearInterval(poll);
      resolve({ code, stdout, stderr });
    });
  });
}

export const tiny = {
  model: { name: "resnet8", width: 4 },
  data: {
    train: "procedural:narrow?n=96&size=8#train",
    id: { name: "narrow", spec: "procedural:narrow?n=40&size=8#test" },
    ood: { shifted: "procedural:shifted?n=40&size=8#test" },
  },
  pretrain: { data: "procedural:broad?n=64&size=8#train", train: { steps: 8, batch: 16 } },
  train: { steps: 24, batch: 16 },
  eval: { at: "log", points: 4 },
  evalBatch: 40,
  checkpointEverySteps: 8,
};

/** Arguments with one option's value exchanged for another, or with the option where it is not among them. */
export function withOption(args: readonly string[], option: string, value: string): string[] {
  const at = args.indexOf(option);
  return at < 0 ? [...args, option, value] : args.with(at + 1, value);
}
