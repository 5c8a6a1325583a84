// er interpolate from the command line: between a probe and what it was fine-tuned to.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
let run: string;
let probed: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-interpolate-"));
  const file = join(directory, "run.json");
  const probe = { steps: 4, batch: 32, features: true };
  writeFileSync(file, JSON.stringify({ ...tiny, pretrain: undefined, probe, train: { steps: 8, batch: 16 } }));
  run = join(directory, "run");
  probed = join(run, "checkpoints", "probed.safetensors");
  const { code, stderr } = await er(["train", file, "--out", run, "--quiet"]);
  expect(code, stderr).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("er interpolate", () => {
  it("goes from a probe to what it was fine-tuned to, and is recorded as a run that er report reads", async () => {
    const out = join(directory, "between");
    const options = ["--alphas", "0,0.5,1", "--batch-norm-images", "48", "--out", out, "--json", "--quiet"];
    const { code, stdout } = await er(["interpolate", probed, run, ...options]);
    expect(code).toBe(0);
    const { evaluations } = JSON.parse(stdout) as {
      evaluations: { alpha: number; splits: Record<string, { n: number }> }[];
    };
    expect(evaluations.map(({ alpha, splits }) => [alpha, Object.keys(splits)])).toEqual(
      [0, 0.5, 1].map((alpha) => [alpha, ["narrow", "shifted"]]),
    );
    const page = join(directory, "both.html");
    const report = await er(["report", run, out, "--out", page, "--no-examples", "--json"]);
    expect(report.code, report.stderr).toBe(0);
    expect(readFileSync(page, "utf8")).toContain(`resnet8 from ${probed} to ${run}`);
    expect(await er(["train", "--out", out, "--resume", "--quiet"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("which trains nothing; give its command again with --overwrite"),
    });
    // There is no --resume here that could be given.
    const again = await er(["interpolate", probed, run, ...options]);
    expect(again.stderr).toBe(
      `er: ${out}: holds a run already; give --overwrite to replace it, or another directory\n`,
    );
  });

  it("refuses what it cannot do in one line, with exit code 2, and leaves nothing behind", async () => {
    const out = join(directory, "none");
    for (const [args, message] of [
      [[probed, probed], "which do not say what to evaluate on; name a run of the same model and data with --like"],
      [[probed, run, "--alphas", "0,x"], '--alphas 0,x: "x" is no number'],
      [[probed, run, "--alphas", "1,0"], "α 1 before 0: expected rising numbers"],
      [[probed, run, "--batch-norm-images", "-3"], "--batch-norm-images -3"],
      [[join(directory, "nothing"), run], "nothing"],
      [[probed, "weights:resnet-20", "--like", run], 'did you mean "resnet20"?'],
    ] as const) {
      const { code, stderr } = await er(["interpolate", ...args, "--out", out, "--quiet"]);
      const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Warning: "));
      expect([code, lines.length], stderr).toEqual([2, 1]);
      expect(lines[0]).toContain(message);
    }
    expect(existsSync(out)).toBe(false);
    const over = await er(["interpolate", probed, run, "--out", run, "--overwrite", "--quiet"]);
    expect(over.code).toBe(2);
    expect(over.stderr).toContain(`${run}: holds ${probed}, which is read; give another directory with --out`);
    expect(existsSync(probed)).toBe(true);
  });
});
