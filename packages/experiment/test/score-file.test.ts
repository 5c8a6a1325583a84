// Scores and logits of examples from files: what would be another order or no measure at all is refused.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@er/formats";
import { afterAll, describe, expect, it } from "vitest";
import { readClassFile } from "../src/class-file.js";
import { readLogitsFile } from "../src/logits-file.js";
import { readScores } from "../src/score-file.js";

const directory = mkdtempSync(join(tmpdir(), "er-scores-"));
afterAll(() => rmSync(directory, { recursive: true }));

const labels = Uint16Array.of(0, 1, 1);

function file(name: string, contents: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
}

const floats = (name: string, shape: number[], values: number[]) =>
  file(name, writeNpy({ dtype: "float32", shape, data: Float32Array.from(values) }));

describe("scores", () => {
  const column = async (text: string, name = "s.csv") => [
    ...(await readScores(file(name, text), { labels, key: "score" })).values,
  ];
  it("are read in the order of the examples", async () => {
    expect(await column("score\n3\n1\n2\n")).toEqual([3, 1, 2]);
    expect(await column("index;score\n0;3,5\n1;1\n2;2\n", "S.CSV")).toEqual([3.5, 1, 2]);
    expect(await column("example,score\n1,3\n2,1\n3,2\n")).toEqual([3, 1, 2]);
  });
  it("of examples numbered in another order, or one twice, are refused", async () => {
    await expect(column("index,score\n0,3\n2,2\n1,1\n")).rejects.toThrow(
      /s\.csv, line 3: example 2 by the column "index", out of order; sort the lines/,
    );
    await expect(column("index,score\n0,3\n1,2\n1,1\n")).rejects.toThrow("line 4: example 1");
  });
  it("that are all the same are refused", async () => {
    await expect(readScores(floats("same.npy", [3], [1, 1, 1]), { labels })).rejects.toThrow(
      /same\.npy: every score is 1, which tells no example from another/,
    );
  });
  it("of one array have no key", async () => {
    await expect(readScores(floats("one.npy", [3], [1, 2, 3]), { labels, key: "score" })).rejects.toThrow(
      /one\.npy: one array, which has no key "score"; leave --key out/,
    );
  });
  it("of probabilities are no logits", async () => {
    await expect(readScores(floats("p.npy", [3, 2], [0.5, 0.5, 3, -2, 0, 1]), { labels })).rejects.toThrow(
      "got -2 for class 1 of example 1; expected a probability from 0 to 1 (of logits? take their softmax first)",
    );
  });
});

describe("logits that are not finite are refused with file, class and example", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("%s", async (value) => {
    const path = floats("l.npy", [3, 2], [0, 1, 2, value, 4, 5]);
    await expect(readLogitsFile(path, labels)).rejects.toThrow(
      `${path}: the logit of class 1 for example 1 is ${value}; expected finite numbers`,
    );
  });
});

it("classes are read from a file whose ending is in upper case", async () => {
  expect([...(await readClassFile(file("P.JSON", "[0, 1, 2]")))]).toEqual([0, 1, 2]);
});
