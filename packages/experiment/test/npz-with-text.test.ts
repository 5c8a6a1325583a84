// Labels and scores from an .npz that has arrays of text and of objects beside them, as data sets are published.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readClassFile } from "../src/class-file.js";
import { readScores } from "../src/score-file.js";

const folder = mkdtempSync(join(tmpdir(), "er-text-"));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = JSON.parse(readFileSync(new URL("../../../test/golden/data_images.json", import.meta.url), "utf8"));
const file = join(folder, "text.npz");
writeFileSync(file, Buffer.from(golden.numpy.withText as string, "base64"));

test("labels are read", async () => {
  expect([...(await readClassFile(file))]).toEqual([1, 0]);
});

test("scores are read, and text asked for is refused", async () => {
  const labels = Uint16Array.of(1, 0);
  expect([...(await readScores(file, { key: "labels", labels })).values]).toEqual([1, 0]);
  await expect(readScores(file, { key: "label_names", labels })).rejects.toThrow(/text\.npz\[label_names\]: .*U3/);
  await expect(readScores(file, { key: "label", labels })).rejects.toThrow(/no key "label"; did you mean "labels"\?/);
});
