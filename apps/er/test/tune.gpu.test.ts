// er bench --tune, and what it means for runs: they take what was tuned, and go on with what they began with.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { er, tiny, withOption } from "./support/er.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-tune-"));
  vi.stubEnv("ER_CACHE", join(directory, "cache"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

interface Document {
  file: string;
  tuned: { key: string; chosen: string; ms: Record<string, number> }[];
}

const tune = ["bench", "--tune", "--model", "resnet8", "--batch", "2", "--image-size", "8", "--mode", "eval"];

async function tuned(...more: string[]): Promise<Document> {
  const { code, stdout, stderr } = await er([...tune, "--budget", "1", "--json", "--quiet", ...more]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

describe("er bench --tune", () => {
  it("keeps the fastest variants within its budget, then goes on with the others, or begins again", async () => {
    const first = await tuned();
    expect(first.tuned.length).toBeGreaterThan(0);
    for (const { chosen, ms } of first.tuned) expect(ms[chosen]).toBe(Math.min(...Object.values(ms)));
    const kept = JSON.parse(readFileSync(first.file, "utf8")) as { choices: Record<string, string> };
    expect(kept.choices).toEqual(Object.fromEntries(first.tuned.map(({ key, chosen }) => [key, chosen])));
    const keys = new Set(first.tuned.map(({ key }) => key));
    const second = await tuned();
    expect(second.tuned.filter(({ key }) => keys.has(key))).toEqual([]);
    writeFileSync(first.file, JSON.stringify({ choices: { "work of another model": "plain" } }));
    const again = await tuned("--again");
    expect(readFileSync(first.file, "utf8")).toContain("work of another model");
    expect(again.tuned[0]!.key).toBe(first.tuned[0]!.key);
  });

  const bad: [string, string[], RegExp][] = [
    ["nothing to do", ["bench"], /nothing to measure; give --tune with --model and --batch, or er bench roofline/],
    ["no step", ["bench", "--tune"], /--tune wants a step to tune for: give --model and --batch/],
    ["no budget", [...tune, "--budget", "0"], /--budget 0: expected a whole number of 1 or more/],
    ["another mode", withOption(tune, "--mode", "test"), /--mode test: expected train or eval/],
    [
      "an unknown model",
      withOption(tune, "--model", "resnet21"),
      /model "resnet21": unknown; .*did you mean "resnet20"\?/,
    ],
  ];
  it.each(bad)("refuses %s", async (_, args, message) => {
    const { code, stdout, stderr } = await er(args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

it("a run tunes for itself what nothing was tuned for, notes it, and a second one goes on from there", async () => {
  const config = join(directory, "tuned-run.json");
  writeFileSync(config, JSON.stringify({ ...tiny, train: { steps: 2, batch: 16 } }));
  const train = async (name: string) => {
    const out = join(directory, name);
    const { code, stderr } = await er(["train", config, "--out", out, "--tune", "2"]);
    expect(code, stderr).toBe(0);
    const { variants } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
      variants: Record<string, string>;
    };
    return { variants, tuned: Number(/^tuned (\d+) kinds of work/m.exec(stderr)?.[1]) };
  };
  const kinds = ({ variants }: { variants: object }) => Object.keys(variants).length;
  const first = await train("tunes");
  expect(first.tuned).toBeGreaterThan(0);
  const second = await train("goes-on");
  expect(second.variants).toMatchObject(first.variants);
  expect(kinds(second) - kinds(first)).toBe(second.tuned);

  const refused = await er(["train", "--out", join(directory, "tunes"), "--resume", "--tune"]);
  expect(refused.stderr).toMatch(/--resume goes on with the configuration in the directory; leave out --tune/);
  expect(refused.code).toBe(2);
});

it("a run takes what was tuned, and one that goes on what it began with", async () => {
  const config = join(directory, "config.json");
  const { pretrain: _, ...plain } = tiny;
  writeFileSync(config, JSON.stringify({ ...plain, train: { steps: 200, batch: 16 } }));
  const train = async (name: string, ...more: string[]) => {
    const { code, stderr } = await er(["train", "--out", join(directory, name), "--quiet", ...more]);
    expect(code, stderr).toBe(0);
    return readFileSync(join(directory, name, "checkpoints/final.safetensors"));
  };
  const { file } = await tuned();
  const tunedChoices = readFileSync(file, "utf8");
  rmSync(file);
  const untuned = await train("untuned", config);

  // Winograd's filtering, whose bits are others than the direct sum's, where no adapter takes it by default.
  const choices = { 'conv2d 16×8×8×4 3×3×4×4 {"stride":1,"padding":1}': "winograd plain" };
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(tunedChoices) as object), choices }));
  const whole = await train("whole", config);
  expect(whole.equals(untuned)).toBe(false);

  const out = join(directory, "parts");
  const stop = { signal: "SIGINT", when: { file: join(out, "metrics.jsonl") } } as const;
  expect((await er(["train", config, "--out", out, "--quiet"], stop)).code).toBe(1);
  rmSync(file);
  const parts = await train("parts", "--resume");
  expect(parts.equals(whole)).toBe(true);
});
