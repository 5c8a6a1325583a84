// What an accuracy has to be read with stands in every line of a run that carries it, and what of a set is left out is told.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROCEDURAL_CLASSES } from "@er/data";
import { writeNpy } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
const at = (name: string) => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-notes-"));
  for (const [i, name] of PROCEDURAL_CLASSES.slice(0, 2).entries()) {
    mkdirSync(at(`two/${name}`), { recursive: true });
    writeFileSync(at(`two/${name}/a.ppm`), Buffer.concat([Buffer.from("P6 8 8 255\n"), Buffer.alloc(192, 90 * i)]));
    writeFileSync(at(`two/${name}/.DS_Store`), "");
  }
  const images = Uint8Array.from({ length: 20 * 8 * 8 * 3 }, (_, i) => (i * 7919) % 256);
  const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 5);
  writeFileSync(at("images.npy"), writeNpy({ dtype: "uint8", shape: [20, 8, 8, 3], data: images }));
  writeFileSync(at("labels.npy"), writeNpy({ dtype: "uint8", shape: [20], data: labels }));
});
afterAll(() => rmSync(directory, { recursive: true }));

function configFile(ood: Record<string, string>): string {
  const config = { ...tiny, pretrain: undefined, train: { steps: 2, batch: 16 }, eval: { steps: [2] } };
  writeFileSync(at("config.json"), JSON.stringify({ ...config, data: { ...tiny.data, ood } }));
  return at("config.json");
}

const numbered = () => `npy:${at("images.npy")},${at("labels.npy")}`;

describe("er train", () => {
  it("warns once, and says it with each accuracy, in the answer and in the record", async () => {
    const out = at("run");
    const config = configFile({ two: `imagefolder:${at("two")}`, five: `${numbered()}?classes=index` });
    const { code, stdout, stderr } = await er(["train", config, "--out", out]);
    expect(code, stderr).toBe(0);
    const two = "8 of the model's 10 classes are absent, predicted among all";
    const five = "labels by number: the set has 0 to 4 of the model's 10 outputs, predicted among all";
    expect(stderr).toContain(`warning: two: ${two}\n`);
    expect(stderr).toContain(`warning: five: ${five}\n`);
    expect(stderr).toMatch(
      /warning: imagefolder:.*two: left out: 2 hidden names \(\S+\/\.DS_Store, \S+\/\.DS_Store\)\n/,
    );
    const line = stderr.split("\n").find((each) => each.startsWith("step 2: "));
    expect(line).toContain(`% (${two})`);
    expect(line).toContain(`% (${five})`);
    expect(stdout).toContain(`\ntwo: ${two}\nfive: ${five}\n`);
    const [evaluation] = readFileSync(join(out, "metrics.jsonl"), "utf8").split("\n");
    expect(JSON.parse(evaluation!).splits).toMatchObject({ two: { note: two }, five: { note: five } });
    expect(JSON.parse(evaluation!).splits.narrow).not.toHaveProperty("note");
  });

  it("refuses numbers beside names before anything is written", async () => {
    const out = at("never");
    const { code, stderr } = await er(["train", configFile({ five: numbered() }), "--out", out, "--quiet"]);
    expect(stderr).toMatch(/its classes are numbers \(0, 1, 2, …\) and the model's are names .*\?classes=index/);
    expect(code).toBe(2);
    expect(() => readFileSync(join(out, "config.json"))).toThrow(/ENOENT/);
  });
});
