// `er difficulty estimate`: what it writes, that it goes on where it was stopped, and what it refuses.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import { readNpz } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, type Stop, tiny } from "./support/er.js";

let directory: string;
let config: string;
let alone: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-difficulty-"));
  config = join(directory, "config.json");
  writeFileSync(config, JSON.stringify({ ...tiny, pretrain: undefined }));
  alone = join(directory, "alone.npz");
  const { code } = await estimate(alone, ["--models", "3", "--share", "0.5", "--json", "--quiet"]);
  expect(code).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true }));

const estimate = (out: string, more: string[], stop?: Stop) =>
  er(["difficulty", "estimate", config, "--out", out, ...more], stop);
const arrays = (file: string) => readNpz(readFileSync(file), file);
const numbers = async (file: string, key: string) => Array.from((await arrays(file)).get(key)!.data, Number);

describe("er difficulty estimate", () => {
  it("scores each example by the models that did not see it", async () => {
    const [scores, heldOut, right] = await Promise.all(
      ["scores", "held_out", "right"].map((key) => numbers(alone, key)),
    );
    expect(scores).toHaveLength(96);
    // Three models hold out half of 96 each.
    expect(heldOut!.reduce((sum, times) => sum + times, 0)).toBe(3 * 48);
    expect(scores).toEqual(heldOut!.map((times, i) => right![i]! / times));
    expect(right!.every((times, i) => times <= heldOut![i]!)).toBe(true);
    expect(await numbers(alone, "labels")).toEqual([...(await loadImageSet(tiny.data.train)).labels]);
    expect(await numbers(alone, "models")).toEqual([3]);
  });

  it("with folds holds every example out once", async () => {
    const out = join(directory, "folds.npz");
    const { code, stdout } = await estimate(out, ["--folds", "2", "--json", "--quiet"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      n: 96,
      models: 2,
      held_out_least: 1,
      held_out_most: 1,
      never_held_out: 0,
    });
    expect(new Set(await numbers(out, "held_out"))).toEqual(new Set([1]));
  });

  it("stopped by SIGINT says how to go on, and goes on to the same bytes", async () => {
    const out = join(directory, "stopped.npz");
    const args = ["--models", "3", "--share", "0.5"];
    const first = await estimate(out, args, { signal: "SIGINT", when: (text) => text.includes("difficulty 32/72") });
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(
      `go on with: er difficulty estimate ${config} --models 3 --share 0.5 --out ${out} --resume`,
    );
    expect(await numbers(out, "models")).toEqual([1]);
    const resumed = await estimate(out, [...args, "--resume"]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).not.toContain("difficulty 24/72");
    expect(readFileSync(out).equals(readFileSync(alone))).toBe(true);
    expect(readdirSync(directory).filter((name) => name.startsWith("stopped"))).toEqual(["stopped.npz"]);
  });

  it("takes more models where it goes on with them", async () => {
    const out = join(directory, "more.npz");
    expect((await estimate(out, ["--models", "2", "--share", "0.5", "--quiet"])).code).toBe(0);
    expect((await estimate(out, ["--models", "3", "--share", "0.5", "--quiet", "--resume"])).code).toBe(0);
    expect(readFileSync(out).equals(readFileSync(alone))).toBe(true);
  });

  it("makes a file that er difficulty reads", async () => {
    const list = join(directory, "list.json");
    writeFileSync(list, JSON.stringify(await numbers(alone, "labels")));
    const { code, stdout } = await er([
      "difficulty",
      list,
      "--labels",
      alone,
      "--scores",
      alone,
      "--bins",
      "2",
      "--json",
    ]);
    expect(code).toBe(0);
    const { n, unscored, bins } = JSON.parse(stdout);
    expect(n).toBe(96);
    expect(unscored).toBe((await numbers(alone, "held_out")).filter((times) => times === 0).length);
    expect(bins[0].lowest).toBeGreaterThanOrEqual(bins[1].highest);
  });

  const refused: [string, string[], RegExp][] = [
    ["a file that is there", [], /alone\.npz: is there already; give --resume/],
    [
      "to go on with other settings",
      ["--resume", "--share", "0.6"],
      /estimated with another configuration or other data/,
    ],
    ["folds and models at once", ["--folds", "2", "--models", "2"], /leave out --models and --share/],
    ["one fold", ["--folds", "1"], /--folds 1: expected 2 or more/],
    ["a share of all", ["--share", "1"], /--share 1: expected a fraction between 0 and 1/],
    ["--resume beside --overwrite", ["--resume", "--overwrite"], /give one/],
    ["a share smaller than a batch", ["--share", "0.1", "--overwrite"], /10 images are fewer than a batch of 16/],
  ];
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, async () => {
      const out = what.startsWith("a share smaller") ? join(directory, "small.npz") : alone;
      const { code, stderr } = await estimate(out, [...args, "--quiet"]);
      expect(stderr).toMatch(message);
      expect(existsSync(join(directory, "small.npz"))).toBe(false);
      expect(code).toBe(2);
    });
});
