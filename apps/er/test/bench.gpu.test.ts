// `er bench roofline` on the smallest network, and what it refuses.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, withOption } from "./support/er.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-bench-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const step = ["bench", "roofline", "--model", "resnet8", "--batch", "2", "--image-size", "8", "--rounds", "1"];

interface Document {
  model: string;
  mode: string;
  step_ms: number;
  js_ms: number;
  encode_ms: number;
  submit_ms: number;
  total: { ms: number; lost_ms: number; flops: number };
  dispatches: { op: string; scope: string; kernel: string; ms: number; lost_ms: number; flops: number }[];
}

describe("er bench roofline", () => {
  it("times every dispatch of a training step, draws it, and answers in one document", async () => {
    const svg = join(directory, "roofline.svg");
    const { code, stdout, stderr } = await er([...step, "--json", "--svg", svg]);
    expect(code, stderr).toBe(0);
    const measured = JSON.parse(stdout) as Document;
    expect(measured).toMatchObject({
      model: "resnet8",
      batch: 2,
      image_size: 8,
      classes: 10,
      mode: "train",
      rounds: 1,
    });
    const { dispatches, total } = measured;
    const ops = new Set(dispatches.map(({ op }) => op));
    for (const op of ["image_batch", "conv2d", "batch_norm", "conv2d_weight_gradient", "sgd"])
      expect(ops).toContain(op);
    const lost = dispatches.map(({ lost_ms }) => lost_ms);
    expect(lost).toEqual([...lost].sort((a, b) => b - a));
    expect(lost.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(total.lost_ms, 6);
    expect(measured.js_ms).toBeGreaterThan(0);
    const drawn = readFileSync(svg, "utf8");
    expect(drawn).toContain("Roofline of a training step of resnet8, batch 2");
  });

  it("--mode eval leaves gradients out, and the table adds up what it does not show", async () => {
    const { code, stdout } = await er([...step, "--mode", "eval", "--top", "3", "--quiet"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^evaluation step of resnet8, batch 2, 8×8, 10 classes\n/);
    expect(stdout).not.toMatch(/gradient|sgd/);
    expect(stdout).toMatch(/^\d+ others /m);
    expect(stdout).toMatch(/JavaScript .* to encode, .* to submit/);
  });

  const bad: [string, [string, string], RegExp][] = [
    ["an unknown model", ["--model", "resnet21"], /model "resnet21": unknown; .*did you mean "resnet20"\?/],
    ["a batch of none", ["--batch", "0"], /--batch 0: expected a whole number of 1 or more/],
    ["images of no size", ["--image-size", "x"], /--image-size x: expected a whole number of 1 or more/],
    ["another mode", ["--mode", "test"], /--mode test: expected train or eval/],
    ["an adapter that is not there", ["--adapter", "voodoo"], /adapter "voodoo" not found/],
  ];
  it.each(bad)("refuses %s", async (_, args, message) => {
    const { code, stdout, stderr } = await er([...withOption(step, ...args), "--quiet"]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("stopped by Ctrl-C says so and writes nothing", async () => {
    const svg = join(directory, "stopped.svg");
    const when = (stderr: string) => stderr.includes("profile 0/");
    const { code, stdout, stderr } = await er([...withOption(step, "--rounds", "1000"), "--svg", svg], {
      signal: "SIGINT",
      when,
    });
    expect(stderr).toContain("stopped; nothing was written");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(() => readFileSync(svg)).toThrow("ENOENT");
  });
});
