// Directories of predictions, as they are published and as they are built here.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@er/formats";
import { namedTestbed } from "@er/metrics";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missing, sharedData } from "../../metrics/test/shared-data.js";
import { loadTestbed } from "../src/index.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "er-predictions-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const truth = [0, 1, 2, 3];
/** So many of four right. */
const predictions = (correct: number) => truth.map((label, i) => (i < correct ? label : 9));

function split(name: string, correct: Record<string, number>): void {
  mkdirSync(join(directory, `${name}_predictions`));
  for (const [model, count] of Object.entries(correct)) {
    const file = join(directory, `${name}_predictions`, `${model}_predictions.json`);
    writeFileSync(file, JSON.stringify(predictions(count)));
  }
}

function labels(file: string): void {
  writeFileSync(join(directory, file), writeNpy({ dtype: "uint8", shape: [4], data: Uint8Array.from(truth) }));
}

const counts = async (options = {}) =>
  (await loadTestbed(directory, options)).models.map(({ model, id, ood }) => [model, id.correct, ood.correct]);

describe("a directory of predictions", () => {
  it("needs no options with the published name of the ID split and one OOD split", async () => {
    split("original", { a: 3, b: 2 });
    split("v4", { a: 1, b: 0 });
    labels("original_labels.npy");
    labels("set_v4_labels.npy");
    expect(await counts()).toEqual([
      ["a", 3, 1],
      ["b", 2, 0],
    ]);
  });

  it("takes testbed.json's word for the ID split and the models", async () => {
    split("val", { a: 3, b: 2 });
    split("shifted", { a: 1, b: 0 });
    labels("val_labels.npy");
    labels("shifted_labels.npy");
    const model = { model: "b", width: 4, seed: 0, step: 1, adapter: "none", trainLoss: 1, splits: {} };
    const describe = (finished: boolean) =>
      writeFileSync(
        join(directory, "testbed.json"),
        JSON.stringify({ finished, id: "val", config: {}, models: [model] }),
      );
    describe(true);
    expect(await counts()).toEqual([["b", 2, 0]]);
    expect(await counts({ id: "shifted", ood: "val" })).toEqual([["b", 0, 2]]);
    describe(false);
    await expect(counts()).rejects.toThrow(/unfinished, 1 models so far/);
  });

  it("takes labels given over those found", async () => {
    split("original", { a: 3 });
    split("v4", { a: 1 });
    labels("v4_labels.npy");
    labels("elsewhere.npy");
    expect(await counts({ labels: { original: join(directory, "elsewhere.npy") } })).toEqual([["a", 3, 1]]);
  });

  it("says in one line what is missing or open", async () => {
    split("original", { a: 3 });
    await expect(counts()).rejects.toThrow(`${directory}: 0 OOD splits beside the ID split "original"`);
    split("v4", { a: 1 });
    split("v6", {});
    await expect(counts()).rejects.toThrow(
      '2 OOD splits beside the ID split "original"; choose one with --ood out of v4, v6',
    );
    await expect(counts({ id: "val" })).rejects.toThrow(
      'no ID split "val"; choose one with --id out of original, v4, v6',
    );
    await expect(counts({ ood: "v5" })).rejects.toThrow(
      'no OOD split "v5"; choose one with --ood out of original, v4, v6',
    );
    await expect(counts({ ood: "v4" })).rejects.toThrow("no original_labels.npy; give --labels original=FILE.npy");
    labels("a_original_labels.npy");
    labels("b_original_labels.npy");
    await expect(counts({ ood: "v4" })).rejects.toThrow("a_original_labels.npy and b_original_labels.npy both fit");
    labels("original_labels.npy");
    labels("v6_labels.npy");
    await expect(counts({ ood: "v6" })).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringMatching(/v6_predictions.a_predictions\.json: cannot be read \(ENOENT\)/),
    });
  });
});

const published = join(sharedData, "testbed", "cifar10");
describe.skipIf(missing("testbed/cifar10"))("the published CIFAR-10.1 testbed", () => {
  it.each(["v4", "v6"])("gives the built-in counts of %s, its labels found", async (ood) => {
    const original = join(sharedData, "cifar10-test-labels.npy");
    const byName = new Map(namedTestbed(`cifar10.1-${ood}`).map((model) => [model.model, model]));
    const { models: loaded } = await loadTestbed(published, { ood, labels: { original } });
    expect(loaded).toHaveLength(30);
    for (const model of loaded) expect(model).toEqual(byName.get(model.model));
  });
});
