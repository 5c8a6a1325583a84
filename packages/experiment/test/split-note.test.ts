// Splits whose classes are not the training set's are refused before a run begins, and what changes an accuracy is warned of once.

import type { ImageSet } from "@er/data";
import { expect, test } from "vitest";
import { type Config, parseConfig } from "../src/config.js";
import type { Progress } from "../src/progress.js";
import { checkClasses } from "../src/split-note.js";

const setOf = (spec: string, classNames: readonly string[]): ImageSet => ({
  ...{ spec, n: classNames.length, height: 1, width: 1, channels: 3, sha256: spec, classNames },
  images: new Uint8Array(3 * classNames.length),
  labels: Int32Array.from(classNames, (_, i) => i),
});

const config = (restrictClasses: boolean): Config =>
  parseConfig(
    {
      ...{ model: { name: "resnet8" }, restrictClasses, train: { steps: 1, batch: 1 }, eval: { points: 2 } },
      data: { train: "npz:a", id: { name: "id", spec: "npz:a" }, ood: { ood: "npz:b" } },
    },
    "test",
  );

function check(train: readonly string[], ood: readonly string[], restrictClasses = false): Progress[] {
  const said: Progress[] = [];
  const sets = {
    train: setOf("npz:train", train),
    pretrain: undefined,
    evaluated: { id: setOf("npz:id", train), ood: setOf("npz:ood", ood) },
  };
  checkClasses(config(restrictClasses), sets, { onProgress: (progress) => said.push(progress) });
  return said;
}

test("a split of the same classes needs no word", () => {
  expect(check(["cat", "dog"], ["dog", "cat"])).toEqual([]);
});

test("a split that lacks classes is warned of, with what is predicted among", () => {
  expect(check(["cat", "dog"], ["dog"])).toEqual([
    { kind: "warning", text: "ood: 1 of the model's 2 classes are absent, predicted among all" },
  ]);
  expect(check(["0", "1", "2"], ["0", "1"], true)).toEqual([
    {
      kind: "warning",
      text: "ood: labels by number: the set has 0 to 1 of the model's 3 outputs, predicted among the set's own alone",
    },
  ]);
});

test("a split of the very images that are trained on, or of another split, is warned of", () => {
  const texts = (id: string, ood: string) => {
    const said: Progress[] = [];
    const sets = {
      train: setOf("npz:train", ["cat"]),
      pretrain: undefined,
      evaluated: { id: setOf(id, ["cat"]), ood: setOf(ood, ["cat"]) },
    };
    checkClasses(config(false), sets, { onProgress: (progress) => said.push(progress) });
    return said.map((each) => ("text" in each ? each.text : each.kind));
  };
  expect(texts("npz:id", "npz:ood")).toEqual([]);
  expect(texts("npz:train", "npz:ood")).toEqual(["id: the very images that are trained on"]);
  expect(texts("npz:id", "npz:id")).toEqual(["id: the very images of ood", "ood: the very images of id"]);
});

test("a split of numbers beside a training set of names is refused, and the other way round", () => {
  expect(() => check(["cat", "dog"], ["0", "1"])).toThrow(/npz:ood: its classes are numbers/);
  expect(() => check(["0", "1"], ["cat", "dog"])).toThrow(/npz:ood: its classes are names/);
});
