// What goes on for long or for many: a training of 20,000 steps, another with 5,000 evaluations, 300 listeners on one report.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serveReport } from "@er/experiment";
import { afterAll, beforeAll, expect, it } from "vitest";
import { er, note, tiny, trials } from "./support.js";

const main = new URL("../../apps/er/dist/main.js", import.meta.url).pathname;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "er-endurance-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Resident memory of a process now, MiB; undefined once it has gone. */
function residentOf(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Trains, and looks at the process's memory each second: the medians of the second and of the last quarter. */
async function memoryOf(name: string, config: object): Promise<{ early: number; late: number }> {
  const file = join(root, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...tiny, pretrain: undefined, testbed: undefined, ...config }));
  const child = spawn(process.execPath, [main, "train", file, "--out", join(root, name), "--quiet"], {
    stdio: "ignore",
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const seen: number[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    await sleep(1000);
    const now = residentOf(child.pid!);
    if (now !== undefined) seen.push(now);
  }
  expect(await ended).toBe(0);
  // What the end draws of a report is not the training's.
  const training = seen.slice(0, Math.ceil(seen.length * 0.9));
  const quarter = Math.max(1, training.length >> 2);
  return { early: median(training.slice(quarter, 2 * quarter + 1)), late: median(training.slice(-quarter)) };
}

it.skipIf(!existsSync("/proc/self/status"))("20,000 steps take no more memory in the end", async () => {
  const steps = trials(20_000);
  const { early, late } = await memoryOf("steps", { train: { steps, batch: 8 }, eval: { steps: [steps] } });
  note("training steps", { steps, "early, MiB": Math.round(early), "late, MiB": Math.round(late) });
  expect(late).toBeLessThan(1.15 * early + 16);
});

it.skipIf(!existsSync("/proc/self/status"))(
  "5,000 evaluations take the room of their results and no more",
  async () => {
    const steps = trials(5000) - 1;
    const every = Array.from({ length: steps + 1 }, (_, i) => i);
    const { early, late } = await memoryOf("evaluations", { train: { steps, batch: 8 }, eval: { steps: every } });
    note("evaluations", { evaluations: steps + 1, "early, MiB": Math.round(early), "late, MiB": Math.round(late) });
    // Each evaluation stays in memory until the end, and is written with those before it.
    expect(late).toBeLessThan(1.25 * early + 32);
  },
);

it("300 listeners hear of every change", async () => {
  const config = join(root, "run.json");
  const out = join(root, "run");
  writeFileSync(
    config,
    JSON.stringify({ ...tiny, pretrain: undefined, testbed: undefined, train: { steps: 16, batch: 8 } }),
  );
  expect((await er(["train", config, "--out", out, "--quiet"])).code).toBe(0);
  rmSync(join(out, "checkpoints", "final.safetensors"));
  const server = await serveReport([out], { examples: false, interval: 50 });
  const listeners = trials(300);
  const heard = new Array<number>(listeners).fill(0);
  const stop = new AbortController();
  const before = process.memoryUsage.rss() / 2 ** 20;
  await Promise.all(
    heard.map(async (_, i) => {
      const { body } = await fetch(`${server.address}events`, { signal: stop.signal });
      void (async () => {
        for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
          heard[i]! += chunk.split("event: progress").length - 1;
        }
      })().catch(() => undefined);
    }),
  );
  const changes = 20;
  for (let step = 1; step <= changes; step++) {
    const line = { phase: "train", step, time: 0, loss: step, learningRate: 0.1, imagesPerSecond: 1 };
    appendFileSync(join(out, "training.jsonl"), `${JSON.stringify(line)}\n`);
    await sleep(200);
  }
  await sleep(1000);
  const html = await (await fetch(server.address)).text();
  const after = process.memoryUsage.rss() / 2 ** 20;
  stop.abort();
  server.close();
  await server.closed;
  // Each is told once at the beginning.
  const least = heard.reduce((low, each) => Math.min(low, each), Number.POSITIVE_INFINITY) - 1;
  note("listeners", {
    listeners,
    changes,
    "heard by each, at least": least,
    "more memory, MiB": Math.round(after - before),
  });
  expect(html).toContain("<!doctype html>");
  expect(least).toBeGreaterThanOrEqual(changes / 2);
});
