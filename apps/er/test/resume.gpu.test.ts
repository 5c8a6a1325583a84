// What a resumed run asks: the configuration of the directory alone, the same data, and a word where the adapter is another.
import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
let config: string;
let out: string;
let stopped: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-resume-"));
  config = join(directory, "config.json");
  writeFileSync(config, JSON.stringify({ ...tiny, pretrain: undefined, train: { steps: 4000, batch: 16 } }));
  out = join(directory, "run");
  const stop = { signal: "SIGINT", when: { file: join(out, "metrics.jsonl") } } as const;
  const { stderr, code } = await er(["train", config, "--out", out, "--quiet"], stop);
  expect(code).toBe(1);
  stopped = stderr;
});
afterAll(() => rmSync(directory, { recursive: true }));

const resume = (...more: string[]) => er(["train", "--out", out, "--resume", "--quiet", ...more]);

/** Changes the manifest, and what the record says of it, for as long as `work` takes. */
async function withManifest(change: (manifest: Manifest) => void, work: () => Promise<void>): Promise<void> {
  const file = join(out, "manifest.json");
  const text = readFileSync(file, "utf8");
  const manifest = JSON.parse(text) as Manifest;
  change(manifest);
  rewrite(file, JSON.stringify(manifest));
  await work();
  rewrite(file, text);
}

function rewrite(file: string, text: string): void {
  writeFileSync(file, text);
  const line = { file: "manifest.json", bytes: text.length, sha256: createHash("sha256").update(text).digest("hex") };
  appendFileSync(join(out, "record.jsonl"), `${JSON.stringify(line)}\n`);
}

interface Manifest {
  adapter: { driver: string };
  data: { splits: Record<string, { sha256: string }> };
}

describe("--resume", () => {
  it("is named under --quiet too, when a run is stopped", () => {
    expect(stopped).toContain(`go on with: er train --out ${out} --resume`);
  });

  const refused: [string, string[], string][] = [
    ["a configuration", ["other.json"], "leave out other.json"],
    ["a preset and a seed", ["--preset", "demo", "--seed", "1"], "leave out --preset, --seed"],
    ["a value set", ["--set", "train.batch=3"], "leave out --set"],
    ["--overwrite", ["--overwrite"], "leave out --overwrite"],
  ];
  for (const [what, args, message] of refused)
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await resume(...args);
      expect(stderr).toBe(`er: --resume goes on with the configuration in the directory; ${message}\n`);
      expect(code).toBe(2);
    });

  it("refuses data that have changed", () =>
    withManifest(
      ({ data }) => {
        data.splits.shifted!.sha256 = "0";
      },
      async () => {
        const { code, stderr } = await resume();
        expect(stderr).toMatch(
          /er: procedural:shifted.*: other images or labels than the run began with, by the SHA-256/,
        );
        expect(code).toBe(2);
      },
    ));

  it("asks before it goes on with another driver, and then warns", () =>
    withManifest(
      ({ adapter }) => {
        adapter.driver = "another 1.0";
      },
      async () => {
        const asked = await resume();
        expect(asked.stderr).toMatch(
          /^er: began on another 1\.0, and would go on on .*; choose the first with --adapter, or say --other-adapter/,
        );
        expect(asked.code).toBe(2);
        const again = await er(["train", "--out", out, "--resume", "--quiet", "--other-adapter"], {
          signal: "SIGINT",
          when: (text) => text.includes("warning: "),
        });
        expect(again.stderr).toMatch(/warning: began on another 1\.0, and would go on on .*bits will differ/);
        expect(again.code).toBe(1);
      },
    ));
});
