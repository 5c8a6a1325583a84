// What `--out` and `--overwrite` may touch: a run is replaced by another that can begin, and nothing else ever is.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

const short = { ...tiny, pretrain: undefined, train: { steps: 2, batch: 16 }, eval: { steps: [2] } };

let directory: string;
let existing: string;
let config: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-overwrite-"));
  config = join(directory, "config.json");
  writeFileSync(config, JSON.stringify(short));
  existing = join(directory, "run");
  expect((await er(["train", config, "--out", existing, "--quiet"])).code).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Every file below a directory, with its contents. */
const contents = (root: string) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "base64")] as const);

describe("a directory that holds no run is left alone", () => {
  for (const more of [[], ["--overwrite"]])
    it(`with ${more[0] ?? "no flag"}`, async () => {
      const out = join(directory, `foreign${more.length}`);
      mkdirSync(out);
      // Named as a run's is, but a user's own.
      writeFileSync(join(out, "config.json"), JSON.stringify(short));
      writeFileSync(join(out, "notes.txt"), "mine");
      const before = contents(out);
      const { code, stderr } = await er(["train", config, "--out", out, ...more]);
      expect(stderr).toContain(
        `er: ${out}: holds other files (config.json, notes.txt), no run of er; give a new or an empty directory\n`,
      );
      expect(code).toBe(2);
      expect(contents(out)).toEqual(before);
    });

  it("nor is a file taken for one", async () => {
    const { code, stderr } = await er(["train", config, "--out", config, "--overwrite"]);
    expect(stderr).toMatch(/config\.json: a file; give a new or an empty directory/);
    expect(code).toBe(2);
  });
});

describe("bad input leaves the run that was to be replaced", () => {
  const foreign = () => {
    const file = join(directory, "foreign.safetensors");
    writeFileSync(
      file,
      writeSafetensors(new Map([["layer.weight", { dtype: "float32", shape: [1], data: Float32Array.of(1) }]])),
    );
    return file;
  };
  const cases: [string, () => string[], RegExp][] = [
    [
      "a batch larger than the set",
      () => ["train.batch=97"],
      /96 images are fewer than a batch of 97; lower train\.batch/,
    ],
    [
      "a batch larger than the set for pre-training",
      () => [
        `pretrain=${JSON.stringify({ data: "procedural:broad?n=8&size=8#train", train: { steps: 1, batch: 9 } })}`,
      ],
      /8 images are fewer than a batch of 9; lower pretrain\.train\.batch/,
    ],
    [
      "a batch larger than the set for the baseline",
      () => [`testbed=${JSON.stringify({ build: { widths: [2, 4], points: 2, train: { steps: 4, batch: 97 } } })}`],
      /lower testbed\.build\.train\.batch/,
    ],
    [
      "a baseline of too few steps",
      () => [`testbed=${JSON.stringify({ build: { widths: [2], points: 5, train: { steps: 2, batch: 16 } } })}`],
      /testbed\.build makes 2 models in so few steps; a line with an error needs 3/,
    ],
    [
      "Nesterov without momentum",
      () => ["train.nesterov=true", "train.momentum=0"],
      /train\.nesterov needs a momentum; give train\.momentum/,
    ],
    ["an evaluation past the last step", () => ["eval.steps=[3]"], /eval\.steps: 3 is past the run's last step, 2/],
    ["an evaluation past the last epoch", () => ['eval={"epochs":[9]}'], /step 54 is past the run's last, 2/],
    [
      "weights of another model",
      () => [`init=${foreign()}`],
      /foreign\.safetensors: weights do not fit the model: \d+ missing \(.*1 unknown \(layer\.weight\)/,
    ],
    ["weights that are not there", () => ["init=none.safetensors"], /none\.safetensors: cannot be read \(ENOENT\)/],
    ["an unknown testbed", () => ['testbed={"from":"cifar10.1-v5"}'], /no built-in testbed is named "cifar10\.1-v5"/],
    [
      "a table that is not there",
      () => ['testbed={"from":"none.csv"}'],
      /none\.csv: cannot be read \(ENOENT: not found\)/,
    ],
    [
      "a testbed without the splits",
      () => [`testbed=${JSON.stringify({ from: directory })}`],
      /testbed\.from: .* has no split "narrow"; it has none; call the splits of "data" so/,
    ],
    [
      "a testbed for a split that there is not",
      () => ['testbed={"from":"cifar10.1-v6","ood":"cifar10.1"}'],
      /testbed\.ood "cifar10\.1" is no OOD split of the data; expected one of shifted/,
    ],
    [
      "a testbed for any of several splits",
      () => ['testbed={"from":"cifar10.1-v6"}', "data.ood.other=procedural:broad?n=40&size=8#test"],
      /cifar10\.1-v6 is for one OOD split; name it with testbed\.ood, one of shifted, other/,
    ],
    [
      "columns of no table",
      () => ['testbed={"from":"cifar10.1-v6","columns":{"id":"a","ood":"b"}}'],
      /testbed\.columns is for a \.csv/,
    ],
  ];
  for (const [what, assignments, message] of cases)
    it(what, async () => {
      const before = contents(existing);
      const set = assignments().flatMap((assignment) => ["--set", assignment]);
      const { code, stderr } = await er(["train", config, ...set, "--out", existing, "--overwrite", "--quiet"]);
      expect(stderr).toMatch(message);
      expect(stderr.split("\n").filter((line) => line.startsWith("er: "))).toHaveLength(1);
      expect(code).toBe(2);
      expect(contents(existing)).toEqual(before);
    });
});

describe("a run that can begin", () => {
  it("replaces the one before whole, though it starts from its weights", async () => {
    const stale = join(existing, "predictions", "narrow", "1.npy");
    writeFileSync(stale, "mine");
    const init = join(existing, "checkpoints", "final.safetensors");
    const set = ["--set", `init=${init}`];
    expect((await er(["train", config, ...set, "--out", existing, "--quiet"])).stderr).toMatch(/holds a run already/);
    const again = ["train", config, ...set, "--out", existing, "--overwrite", "--quiet"];
    expect((await er(again)).stderr).toContain(
      "holds files that the run did not write (predictions/narrow/1.npy), so it is not replaced; move them away",
    );
    expect(readFileSync(stale, "utf8")).toBe("mine");
    rmSync(stale);
    // As a writer leaves one that is killed between making it and the file in it.
    mkdirSync(join(existing, "checkpoints", "later"));
    const { code, stderr } = await er(again);
    expect({ code, stderr: stderr.replace(/^Warning.*\n/gm, "") }).toEqual({ code: 0, stderr: "" });
    const files = contents(existing).map(([file]) => file);
    expect(files).toContain(join(existing, "report.html"));
  });

  it("has a baseline on the split alone that a table is for", async () => {
    const table = join(directory, "table.csv");
    writeFileSync(table, "model,clean,moved\na,0.5,0.4\nb,0.6,0.45\nc,0.7,0.6\nd,0.8,0.65\n");
    const testbed = { from: table, ood: "shifted", columns: { id: "clean", ood: "moved" } };
    const set = [
      "--set",
      `testbed=${JSON.stringify(testbed)}`,
      "--set",
      "data.ood.other=procedural:shifted?n=30&size=8#test",
    ];
    const out = join(directory, "table");
    const { code, stdout } = await er(["train", config, ...set, "--out", out, "--json", "--quiet"]);
    expect(code).toBe(0);
    const { evaluations } = JSON.parse(stdout) as { evaluations: { er: object; splits: object }[] };
    expect(Object.keys(evaluations[0]!.er)).toEqual(["shifted"]);
    expect(Object.keys(evaluations[0]!.splits)).toEqual(["narrow", "shifted", "other"]);
    const page = readFileSync(join(out, "report.html"), "utf8");
    expect(page).toContain("logit(shifted) =");
    expect(page).not.toContain("logit(other) =");
  });
});
