import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadImageSet } from "../src/index.js";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "er-data-"));
  const colours = { cat: [200, 10, 10], dog: [10, 200, 10] } as const;
  for (const [name, [r, g, b]] of Object.entries(colours)) {
    await mkdir(join(directory, "train", name), { recursive: true });
    for (const i of [0, 1])
      await sharp({ create: { width: 4, height: 4, channels: 3, background: { r, g, b } } })
        .png()
        .toFile(join(directory, "train", name, `${i}.png`));
  }
});
afterAll(() => rm(directory, { recursive: true }));

describe("procedural", () => {
  // Bytes that must be the same on every machine.
  const sums = {
    broad: "fd68dc5ce53a6a8c97aa6a3d910b264e406d1e0c9f3d0d5320c4979434b033dc",
    narrow: "08192de47b4aeee8320fdde69264ece4bc47d2930a7e3298746bf5b51c9d4691",
    shifted: "f31b071d327e127313ca4b37af3dbea05077f4b52ee4ef75fe0ae266cfb8ae1d",
  };
  for (const [domain, sum] of Object.entries(sums))
    it(`${domain} draws the same bytes everywhere`, async () => {
      expect((await loadImageSet(`procedural:${domain}?n=40&size=16#test`)).sha256).toBe(sum);
    });
  it("train and test differ, and so do seeds", async () => {
    const specs = ["narrow?n=20&size=8#train", "narrow?n=20&size=8#test", "narrow?n=20&size=8&seed=1#test"];
    const sets = await Promise.all(specs.map((spec) => loadImageSet(`procedural:${spec}`)));
    expect(new Set(sets.map((set) => set.sha256)).size).toBe(3);
  });
  it("refuses an unknown domain and option in one line", async () => {
    await expect(loadImageSet("procedural:wide#train")).rejects.toThrow(
      'no domain "wide"; there are broad, narrow, shifted',
    );
    await expect(loadImageSet("procedural:narrow?count=3")).rejects.toThrow(
      'no option "count"; there are n, size, seed',
    );
  });
});

describe("imagefolder", () => {
  it("takes folders for classes, sorted, and decodes exactly", async () => {
    const set = await loadImageSet(`imagefolder:${directory}#train`);
    expect(set).toMatchObject({ n: 4, height: 4, width: 4, classNames: ["cat", "dog"] });
    expect([...set.labels]).toEqual([0, 0, 1, 1]);
    expect([...set.images.subarray(0, 3)]).toEqual([200, 10, 10]);
  });
  it("names the image that cannot be decoded", async () => {
    const broken = join(directory, "broken");
    await mkdir(join(broken, "cat"), { recursive: true });
    await writeFile(join(broken, "cat", "0.png"), "no image");
    await expect(loadImageSet(`imagefolder:${broken}`)).rejects.toThrow("cat/0.png cannot be decoded");
  });
  it("says what is missing or empty", async () => {
    await expect(loadImageSet(`imagefolder:${directory}/none`)).rejects.toThrow("ENOENT: not found");
    await mkdir(join(directory, "empty"));
    await expect(loadImageSet(`imagefolder:${directory}/empty`)).rejects.toThrow("no images in class folders");
  });
});

it("a spec of no known scheme is refused with those there are", async () => {
  await expect(loadImageSet("folder:/x")).rejects.toThrow('unknown scheme "folder"; expected one of cifar10:DIR');
  await expect(loadImageSet("nonsense")).rejects.toThrow("not a spec");
});
