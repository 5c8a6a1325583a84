// The embedded benchmark is the same bytes on every machine; a change of these sums is a change of the benchmark.

import { expect, test } from "vitest";
import { loadImageSet } from "../src/index.js";

test.each([
  ["procedural:broad?n=200&size=16#train", "0e210b77837375fa0d40bb24c1d17bf3913923c323b412fa5fd229b56bd8f80d"],
  ["procedural:narrow?n=200&size=16#train", "4352fdb73442a38214bade6ff3a323224ae4bf7b4e9253d53d4600508b4960b5"],
  ["procedural:narrow?n=200&size=32#test", "0a0d17036c74e1dd43a6249787633a7312d8010bbe69123b25985f7f9d34410a"],
  ["procedural:shifted?n=200&size=16#test", "ac240fb02cf2ff797e2b4533df7e5fe3fc5ca3e7a216ff86b2b8811b55dfa84c"],
])("%s draws the pixels it always drew", async (spec, sha256) => {
  expect((await loadImageSet(spec)).sha256).toBe(sha256);
});

test("a longer set begins with the shorter, and other seeds and splits share no image with it", async () => {
  const short = await loadImageSet("procedural:narrow?n=10#test");
  const long = await loadImageSet("procedural:narrow?n=20#test");
  expect(long.images.subarray(0, short.images.length)).toEqual(short.images);
  for (const other of ["procedural:narrow?n=10&seed=1#test", "procedural:narrow?n=10#train"]) {
    const { images } = await loadImageSet(other);
    const bytes = images.length / 10;
    for (let i = 0; i < 10; i++) {
      const image = (all: Uint8Array) => Buffer.from(all.subarray(i * bytes, (i + 1) * bytes));
      expect(image(images).equals(image(short.images))).toBe(false);
    }
  }
});

test("defaults to 4,000 images to train on and 2,000 to test on, balanced over twenty or ten classes", async () => {
  const broad = await loadImageSet("procedural:broad?size=8#train");
  const shifted = await loadImageSet("procedural:shifted?size=8#test");
  expect([broad.n, broad.classNames.length]).toEqual([4000, 20]);
  expect([shifted.n, shifted.classNames.length]).toEqual([2000, 10]);
  expect(shifted.classNames).toEqual(broad.classNames.slice(0, 10));
  const counts = shifted.classNames.map((_, label) => shifted.labels.filter((other) => other === label).length);
  expect(new Set(counts)).toEqual(new Set([200]));
});

test("the background's tint tells the class more often in the narrow domain than in the shifted", async () => {
  expect(await tintAccuracy("narrow")).toBeGreaterThan((await tintAccuracy("shifted")) + 0.1);
});

/** Accuracy of the nearest class mean of the corner pixels' colour ratios, the means taken on the narrow training set. */
async function tintAccuracy(domain: string): Promise<number> {
  const train = await loadImageSet("procedural:narrow?n=1000&size=16#train");
  const set = await loadImageSet(`procedural:${domain}?n=1000&size=16#test`);
  const tint = ({ images }: { images: Uint8Array }, i: number) => {
    const sums = [0, 0, 0];
    for (const corner of [0, 15, 240, 255]) {
      for (let c = 0; c < 3; c++) sums[c]! += images[(i * 256 + corner) * 3 + c]!;
    }
    const total = sums[0]! + sums[1]! + sums[2]! + 1;
    return sums.map((sum) => sum / total);
  };
  const means = train.classNames.map(() => [0, 0, 0]);
  for (let i = 0; i < train.n; i++) {
    const own = tint(train, i);
    for (let c = 0; c < 3; c++) means[train.labels[i]!]![c]! += own[c]! / 100;
  }
  let right = 0;
  for (let i = 0; i < set.n; i++) {
    const own = tint(set, i);
    const distance = (mean: number[]) => mean.reduce((sum, value, c) => sum + (value - own[c]!) ** 2, 0);
    const nearest = means.reduce((best, mean, k) => (distance(mean) < distance(means[best]!) ? k : best), 0);
    if (nearest === set.labels[i]) right++;
  }
  return right / set.n;
}
