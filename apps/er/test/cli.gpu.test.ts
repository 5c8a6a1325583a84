// The command line as a user meets it: a child process, its exit code, its one line, what it leaves behind.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, toFloat32 } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-cli-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function configFile(name: string, changes: object = {}): string {
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify({ ...tiny, ...changes }));
  return file;
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("Warning: max"));

describe("bad input gets one line and exit code 2, and nothing is written", () => {
  const cases: [string, (out: string) => string[], RegExp][] = [
    [
      "an unknown key of the configuration",
      (out) => ["train", configFile("key.json", { sead: 3 }), "--out", out],
      /unknown key "sead"; did you mean "seed"\?/,
    ],
    [
      "a missing configuration",
      (out) => ["train", "none.json", "--out", out],
      /none\.json: cannot be read \(ENOENT: not found\); check the path/,
    ],
    [
      "a missing data file",
      (out) => ["train", configFile("d.json"), "--set", "data.train=npz:none.npz", "--out", out],
      /none\.npz: .*ENOENT/,
    ],
    [
      "an unknown preset",
      (out) => ["train", "--preset", "demos", "--out", out],
      /preset "demos": unknown; there are demo/,
    ],
    ["nothing to resume", (out) => ["train", "--out", out, "--resume"], /no run of er to go on with/],
    [
      "per cent for a fraction",
      () => ["robustness", "--testbed", "cifar10.1-v4", "--id", "93.1", "--ood", "0.85"],
      /--id 93\.1: expected a fraction .*divide by 100/,
    ],
    ["an unknown testbed", () => ["fit", "--testbed", "cifar10.1-v5"], /cifar10\.1-v/],
    ["an unknown option", () => ["doctor", "--jsn"], /unknown option '--jsn'/],
  ];
  for (const [what, args, message] of cases)
    it(what, async () => {
      const out = join(directory, "never");
      const { code, stdout, stderr } = await er(args(out));
      expect(stderr).toMatch(message);
      expect(lines(stderr).filter((line) => line.startsWith("er: ") || line.startsWith("error: "))).toHaveLength(1);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(existsSync(out)).toBe(false);
    });

  it("a truncated tar", async () => {
    const file = join(directory, "cut.tar");
    writeFileSync(file, Buffer.concat([Buffer.from("train/cat/0.png"), Buffer.alloc(200)]));
    const { code, stderr } = await er(["train", configFile("t.json"), "--set", `data.train=imagefolder:${file}`]);
    expect(stderr).toMatch(/cut\.tar: .*(truncated|no tar|tar)/);
    expect(code).toBe(2);
  });

  it("a loss that is no number: the step, the learning rate and the last good checkpoint", async () => {
    const out = join(directory, "nan");
    const config = configFile("nan.json", { pretrain: undefined, eval: { steps: [24] } });
    const { code, stderr } = await er(["train", config, "--set", "train.learningRate=1e30", "--out", out]);
    expect(stderr).toMatch(
      /the loss is .* by step \d+ of train at learning rate .*; lower the learning rate \(last good checkpoint: /,
    );
    expect(code).toBe(2);
  });
});

describe("fit and robustness", () => {
  it("--json prints one document", async () => {
    const { code, stdout } = await er(["fit", "--testbed", "cifar10.1-v4", "--json"]);
    const fit = JSON.parse(stdout) as { n: number; slope: number; intercept: number; r: number };
    expect(code).toBe(0);
    // SciPy's values, test/golden/metrics_cifar10_1.json.
    expect(fit).toMatchObject({ n: 30 });
    expect(fit.slope).toBeCloseTo(0.83854, 4);
    expect(fit.intercept).toBeCloseTo(-0.4966, 4);
    const golden = await er([
      "robustness",
      "--testbed",
      "cifar10.1-v4",
      "--id",
      "9500/10000",
      "--ood",
      "1800/2021",
      "--json",
    ]);
    const robustness = JSON.parse(golden.stdout) as { er: number; low: number; high: number };
    expect(robustness.low).toBeLessThan(robustness.er);
    expect(robustness.er).toBeLessThan(robustness.high);
  });
});

/** training.jsonl, and the events for TensorBoard, without what differs from run to run: times. */
function noted(run: string) {
  const lines = readFileSync(join(run, "training.jsonl"), "utf8").trimEnd().split("\n");
  const reports = lines.map((line) => {
    const { phase, step, loss, learningRate } = JSON.parse(line) as Record<string, unknown>;
    return { phase, step, loss, learningRate };
  });
  const file = readFileSync(join(run, "tensorboard", "events.out.tfevents.run"));
  const events: string[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    // A record's payload begins after 12 bytes, and an event with the 9 of its time.
    events.push(file.subarray(at + 12 + 9, at + 12 + length).toString("hex"));
    at += 16 + length;
  }
  return { reports, events };
}

describe("a run", () => {
  const weights = (out: string) => readFileSync(join(out, "checkpoints", "final.safetensors"));
  let left: Buffer;
  let lasted: number;
  beforeAll(async () => {
    const out = join(directory, "alone");
    await er(["train", configFile("run.json"), "--out", join(directory, "warm-up"), "--quiet"]);
    const start = performance.now();
    const { code, stdout } = await er(["train", configFile("run.json"), "--out", out, "--json"]);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { evaluations: unknown[] }).evaluations).toHaveLength(4);
    lasted = performance.now() - start;
    left = weights(out);
  });

  it("leaves a whole record", () => {
    const out = join(directory, "alone");
    for (const file of [
      "config.json",
      "manifest.json",
      "metrics.jsonl",
      "training.jsonl",
      "tensorboard/events.out.tfevents.run",
      "predictions/narrow/24.npy",
      "predictions/shifted/0.npy",
      "figures/accuracy-shifted.svg",
      "report.html",
    ])
      expect(existsSync(join(out, file)), file).toBe(true);
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain("no baseline, hence no effective robustness");
  });

  it("names what it was made with", () => {
    const manifest = JSON.parse(readFileSync(join(directory, "alone", "manifest.json"), "utf8"));
    const version = expect.stringMatching(/^v?\d+\.\d+\.\d+/);
    expect(manifest.versions).toMatchObject({ project: version, node: process.version, webgpu: version });
    expect(manifest.versions.commit).toSatisfy((commit) => commit === null || /^[0-9a-f]{40}(-dirty)?$/.test(commit));
    expect(manifest.adapter).toMatchObject({ id: expect.any(String), driver: expect.stringMatching(/\d/) });
    const sum = { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };
    expect(manifest.data).toMatchObject({ train: sum, pretrain: sum, splits: { narrow: sum, shifted: sum } });
  });

  it("of the same seed ends in the same bits", async () => {
    const out = join(directory, "again");
    expect((await er(["train", configFile("run.json"), "--out", out, "--quiet"])).code).toBe(0);
    expect(weights(out).equals(left)).toBe(true);
  });

  it("of another seed ends in others", async () => {
    const out = join(directory, "seed");
    expect((await er(["train", configFile("run.json"), "--out", out, "--seed", "1", "--quiet"])).code).toBe(0);
    expect(weights(out).equals(left)).toBe(false);
  });

  it("of the same seed notes the same, but for the times", () => {
    expect(noted(join(directory, "again"))).toEqual(noted(join(directory, "alone")));
    const steps = noted(join(directory, "alone")).reports.map(({ phase, step }) => `${phase} ${step}`);
    expect(steps).toEqual(["pretrain 8", "train 1", "train 5", "train 8", "train 16", "train 24"]);
    expect(noted(join(directory, "alone")).events).toHaveLength(1 + steps.length + 4);
  });

  const stops: [NodeJS.Signals, string][] = [
    ["SIGKILL", "pretrain 8/8"],
    ["SIGKILL", "step 0:"],
    ["SIGKILL", "train 16/24"],
    ["SIGINT", "train 5/24"],
  ];
  for (const [signal, line] of stops)
    it(`stopped by ${signal} after "${line}" resumes to the same bits`, async () => {
      const out = join(directory, `${signal} ${line.replace(/\W/g, "")}`);
      const first = await er(["train", configFile("run.json"), "--out", out], {
        signal,
        when: (text) => text.includes(line),
      });
      expect(existsSync(join(out, "checkpoints", "final.safetensors"))).toBe(false);
      if (signal === "SIGINT") {
        expect(first.stderr).toContain(`go on with: er train --out ${out} --resume`);
        expect(first.code).toBe(1);
      }
      const resumed = await er(["train", "--out", out, "--resume", "--quiet"]);
      expect(resumed).toMatchObject({ code: 0 });
      expect(weights(out).equals(left)).toBe(true);
      expect(noted(out)).toEqual(noted(join(directory, "alone")));
    });

  for (let kill = 1; kill <= 10; kill++)
    it(`killed at a moment drawn at random resumes to the same bits (${kill} of 10)`, async () => {
      const out = join(directory, `kill ${kill}`);
      const when = Math.random() * lasted;
      await er(["train", configFile("run.json"), "--out", out], { signal: "SIGKILL", when });
      // Killed before there was anything to resume, it is started again.
      const again = existsSync(join(out, "config.json")) ? ["--resume"] : [configFile("run.json")];
      const resumed = await er(["train", ...again, "--out", out, "--quiet"]);
      expect(resumed, `killed after ${when} ms`).toMatchObject({ code: 0 });
      expect(weights(out).equals(left), `killed after ${when} ms`).toBe(true);
      expect(noted(out), `killed after ${when} ms`).toEqual(noted(join(directory, "alone")));
    });
});

it("with freezeBatchNorm the running statistics stay what they were, and the weights do not", async () => {
  const { pretrain: _, ...plain } = tiny;
  const file = join(directory, "frozen.json");
  writeFileSync(file, JSON.stringify({ ...plain, train: { steps: 3, batch: 16, freezeBatchNorm: true } }));
  const out = join(directory, "frozen");
  const { code, stderr } = await er(["train", file, "--out", out, "--quiet"]);
  expect(code, stderr).toBe(0);
  const { tensors } = readSafetensors(readFileSync(join(out, "checkpoints/final.safetensors")));
  const means = [...tensors].filter(([name]) => name.endsWith("running_mean"));
  expect(means.length).toBeGreaterThan(0);
  for (const [name, mean] of means) expect(toFloat32(mean), name).toEqual(new Float32Array(mean.shape[0]!));
  expect(toFloat32(tensors.get("bn1.bias")!).some((v) => v !== 0)).toBe(true);
});
