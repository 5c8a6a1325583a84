// The table that bench/gpu/run.sh ends in, on made-up results of both sides.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-gpu-table-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const product = { case: "gpu_matmul", shape: "4096×4096×4096" };
const step = { case: "gpu_training_step", shape: "resnet18 32×32 batch 512" };
const ours = {
  adapter: "card",
  driver: "driver 1",
  commit: "abc",
  results: [
    { ...product, median_ms: 4, gflops: 33_500, images_per_s: null, share_of_fma_peak: 0.6, js_ms: null },
    { ...step, median_ms: 100, gflops: 17_000, images_per_s: 5120, share_of_fma_peak: 0.3, js_ms: 2 },
  ],
};
const theirs = {
  device: "card",
  versions: { torch: "2.5", cuda: "12.4", cudnn: 90100 },
  results: [
    { ...product, precision: "f32", median_ms: 3, gflops: 45_000, images_per_s: null },
    { ...step, precision: "f32", median_ms: 150, gflops: null, images_per_s: 3413 },
    { ...step, precision: "mixed", median_ms: 50, gflops: null, images_per_s: 10_240 },
  ],
};

function table(both: boolean): string[] {
  const files = [join(directory, "er.json"), join(directory, both ? "torch.json" : "none.json")];
  writeFileSync(files[0]!, JSON.stringify(ours));
  if (both) writeFileSync(files[1]!, JSON.stringify(theirs));
  const script = new URL("../bench/gpu/join.mjs", import.meta.url).pathname;
  return execFileSync(process.execPath, [script, ...files], { encoding: "utf8" }).split("\n");
}

const cells = (line: string) => line.trim().split(/ {2,}/);

it("sets each case beside its twin of the same precision, by their times", () => {
  const rows = table(true).map(cells);
  const steps = rows.filter(([shape]) => shape === "training_step resnet18 32×32 batch 512");
  expect(steps).toEqual([
    ["training_step resnet18 32×32 batch 512", "f32", "5120 images/s", "3413 images/s", "1.50×"],
    ["training_step resnet18 32×32 batch 512", "mixed", "–", "10240 images/s", "–"],
  ]);
  expect(rows).toContainEqual(["matmul 4096×4096×4096", "f32", "33.50 TFLOP/s", "45.00 TFLOP/s", "0.75×"]);
});

it("tells shares: of the card's rate, of the peak measured, of the step that JavaScript takes", () => {
  const text = table(true).join("\n");
  expect(text).toContain("50.0 % of an H100's 67 TFLOP/s, 60.0 % of the multiply-adds measured here");
  expect(text).toContain("JavaScript 2.00 ms of 100.00 ms a step, 2.0 %");
});

it("has our half alone where there is no PyTorch", () => {
  const rows = table(false).map(cells);
  expect(rows).toContainEqual(["matmul 4096×4096×4096", "f32", "33.50 TFLOP/s", "–", "–"]);
  expect(rows.flat().join()).not.toContain("PyTorch 2");
});
