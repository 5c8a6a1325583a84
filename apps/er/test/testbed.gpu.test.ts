// `er testbed build`, and the same build as the baseline of `er train`: what they leave behind, stopped or not.
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Evaluation } from "@er/experiment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
let config: string;
/** A run that nobody stopped. */
let alone: string;
let aloneText: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-testbed-"));
  config = join(directory, "config.json");
  const build = { widths: [2, 4], points: 3, train: { steps: 24, batch: 16 } };
  writeFileSync(config, JSON.stringify({ ...tiny, pretrain: undefined, testbed: { build } }));
  alone = join(directory, "alone");
  const { code, stdout } = await er(["train", config, "--out", alone, "--quiet"]);
  expect(code).toBe(0);
  aloneText = stdout;
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The SHA-256 of every file below a directory but those that hold times. */
function contents(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/tfevents|(training|record)\.jsonl/.test(entry.name),
  );
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(root.length + 1), createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );
}

const evaluations = (run: string) =>
  readFileSync(join(run, "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Evaluation);

describe("er testbed build", () => {
  it("writes the very files of the baseline of a run", async () => {
    const out = join(directory, "built");
    const { code, stdout } = await er(["testbed", "build", config, "--out", out, "--json", "--quiet"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ directory: out, id: "narrow", models: { length: 6 } });
    expect(contents(out)).toEqual(contents(join(alone, "testbed")));
  });

  it("says what was trained, and n, correct and accuracy for each model and split", () => {
    const { models, ...rest } = JSON.parse(readFileSync(join(alone, "testbed", "testbed.json"), "utf8"));
    expect(rest).toMatchObject({ finished: true, id: "narrow", config: { model: { name: "resnet8" } } });
    expect(models[5]).toMatchObject({ model: "resnet8-width4-step24", width: 4, seed: 1004, step: 24 });
    const { n, correct, accuracy } = models[5].splits.shifted;
    expect({ n, accuracy }).toEqual({ n: 40, accuracy: correct / 40 });
  });

  it("stopped by SIGINT says how to go on, and goes on to the same files", async () => {
    const out = join(directory, "interrupted");
    const stop = { signal: "SIGINT", when: (text: string) => text.includes("baseline width 4 8/24") } as const;
    const first = await er(["testbed", "build", config, "--out", out], stop);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(`go on with: er testbed build --out ${out} --resume`);
    const early = await er(["fit", "--testbed", out]);
    expect(early.code).toBe(2);
    expect(early.stderr).toMatch(/unfinished, \d models so far/);
    const resumed = await er(["testbed", "build", "--out", out, "--resume"]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).not.toContain("baseline width 2");
    expect(contents(out)).toEqual(contents(join(alone, "testbed")));
  });

  const refused: [string, () => string[], RegExp][] = [
    ["a testbed that is there", () => ["--out", join(alone, "testbed")], /holds a testbed already; give --resume/],
    [
      "a directory of other things",
      () => ["--out", alone, "--overwrite"],
      /holds a record of another kind \(er-run\); give another directory/,
    ],
    [
      "a configuration that builds none",
      () => ["--out", join(directory, "none"), "--set", 'testbed={"from":"cifar10.1-v4"}'],
      /builds no testbed; give "testbed"/,
    ],
    [
      "fewer models than a line needs",
      () => ["--out", join(directory, "few"), "--set", "testbed.build.points=1"],
      /testbed\.build makes 2 models; a line with an error needs 3/,
    ],
    [
      "a configuration beside --resume",
      () => ["--out", join(alone, "testbed"), "--resume"],
      /--resume goes on with the configuration in the directory; leave out .*config\.json/,
    ],
  ];
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await er(["testbed", "build", config, ...args()]);
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    });
});

it("er testbed build refuses to resume nothing", async () => {
  const { code, stderr } = await er(["testbed", "build", "--out", join(directory, "none"), "--resume"]);
  expect(stderr).toMatch(/no testbed to resume/);
  expect(code).toBe(2);
});

describe("a run with a baseline", () => {
  it("reports the line that er fit gives, and the effective robustness that er robustness gives", async () => {
    const testbed = join(alone, "testbed");
    const fit = await er(["fit", "--testbed", testbed, "--json"]);
    const line = JSON.parse(fit.stdout) as { n: number; intercept: number; slope: number };
    expect(line.n).toBe(6);
    const [, intercept, slope] = /logit\(OOD\) = (\S+) \+ (\S+) · logit\(ID\)/.exec(aloneText)!;
    expect(line.intercept).toBeCloseTo(Number(intercept), 2);
    expect(line.slope).toBeCloseTo(Number(slope), 2);
    const { splits, er: found } = evaluations(alone).at(-1)!;
    const accuracies = ["--id", `${splits.narrow!.correct}/40`, "--ood", `${splits.shifted!.correct}/40`];
    const robustness = await er(["robustness", "--testbed", testbed, ...accuracies, "--json"]);
    expect(JSON.parse(robustness.stdout)).toMatchObject(found.shifted!);
  });

  const kills: [string, RegExp][] = [
    ["baseline width 2, step 16", /baseline width 2, step 8 /],
    ["baseline width 4, step 24", /baseline width 2|baseline width 4, step 8 /],
  ];
  for (const [line, notAgain] of kills)
    it(`killed after "${line}" trains no finished model again and ends in the same bits`, async () => {
      const out = join(directory, line.replace(/\W/g, ""));
      await er(["train", config, "--out", out], { signal: "SIGKILL", when: (text) => text.includes(line) });
      const resumed = await er(["train", "--out", out, "--resume"]);
      expect(resumed.code).toBe(0);
      expect(resumed.stderr).not.toMatch(notAgain);
      expect(contents(out)).toEqual(contents(alone));
    });

  it("stopped by SIGINT in the baseline says how to go on", async () => {
    const out = join(directory, "run interrupted");
    const stop = { signal: "SIGINT", when: (text: string) => text.includes("baseline width 2 8/24") } as const;
    const first = await er(["train", config, "--out", out], stop);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(`go on with: er train --out ${out} --resume`);
  });
});
