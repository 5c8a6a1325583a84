// What ends a run from outside: signals, a terminal that goes, a reader that goes, output without room.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;
let directory: string;
let config: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-stop-"));
  config = join(directory, "config.json");
  const long = { ...tiny, pretrain: undefined, train: { steps: 100_000, batch: 16 }, checkpointEverySteps: 1_000_000 };
  writeFileSync(config, JSON.stringify(long));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Whether a run left a checkpoint and no lock. */
const isLeftWell = (out: string) =>
  existsSync(join(out, "checkpoints/latest.safetensors")) && !existsSync(join(out, ".er-lock"));
const firstEvaluation = (out: string) => ({ file: join(out, "metrics.jsonl") });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

describe("a run", () => {
  for (const signal of ["SIGHUP", "SIGTERM", "SIGINT"] as const)
    it(`ends in a checkpoint and a line on ${signal}`, async () => {
      const out = join(directory, signal);
      const { code, stderr } = await er(["train", config, "--out", out, "--quiet"], {
        signal,
        when: firstEvaluation(out),
      });
      expect(stderr).toMatch(new RegExp(`stopped; go on with: er train --out ${out} --resume\n$`));
      expect(code).toBe(1);
      expect(isLeftWell(out)).toBe(true);
    });

  for (const stream of ["stdout", "stderr"] as const)
    it(`ends in a checkpoint where nobody reads ${stream === "stdout" ? "both outputs" : "its log"} any more`, async () => {
      const out = join(directory, stream);
      const child = spawn(process.execPath, [main, "train", config, "--out", out], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let said = "";
      child.stdout.on("data", (chunk) => {
        said += chunk;
      });
      child.stderr.resume();
      await until(() => existsSync(join(out, "metrics.jsonl")));
      child.stderr.destroy();
      if (stream === "stdout") child.stdout.destroy();
      const code = await new Promise((resolve) => child.on("exit", resolve));
      expect(code).toBe(1);
      expect(said).not.toContain("Error");
      expect(isLeftWell(out)).toBe(true);
    });

  it("lives through SIGHUP where nohup was asked for", async () => {
    const out = join(directory, "nohup");
    const log = openSync(join(directory, "log"), "w");
    // As a shell starts it.
    const child = spawn("bash", ["-c", 'nohup "$0" "$@"', process.execPath, main, "train", config, "--out", out], {
      stdio: ["ignore", log, log],
      detached: true,
    });
    await until(() => existsSync(join(out, "metrics.jsonl")));
    const reports = () => readFileSync(join(out, "training.jsonl"), "utf8").split("\n").length;
    process.kill(-child.pid!, "SIGHUP");
    const before = reports();
    await until(() => reports() >= before + 3);
    process.kill(-child.pid!, "SIGTERM");
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect(code).toBe(1);
    expect(isLeftWell(out)).toBe(true);
  });
});

describe("an answer", () => {
  it.skipIf(!existsSync("/dev/full"))("that finds no room is one line and exit code 1", async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [main, "fit", "--testbed", "imagenet-r"], {
      stdio: ["ignore", full, "pipe"],
    });
    let stderr = "";
    child.stderr!.on("data", (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe(
      "er: standard output: ENOSPC: no space left on device, write; write to a file with room, or to another place\n",
    );
    expect(code).toBe(1);
  });

  it("whose reader goes is no trace", async () => {
    const child = spawn(
      "bash",
      [
        "-c",
        '"$0" "$@" | head -n 1 >/dev/null; echo "$PIPESTATUS"',
        process.execPath,
        main,
        "testbed",
        "show",
        "imagenet-r",
      ],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
    expect(["0\n", "1\n"]).toContain(stdout);
  });
});
