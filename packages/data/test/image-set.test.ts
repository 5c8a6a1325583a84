// Loading real layouts: what comes back, and one clear line for each mistake.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { writeNpy } from "@er/formats";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { alignClasses, CIFAR10_CLASSES, imageSubset, loadImageSet } from "../src/index.js";
import { missing, sharedData } from "./shared-data.js";

const folder = mkdtempSync(join(tmpdir(), "er-data-"));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  vi.stubEnv("XDG_CACHE_HOME", at("cache"));
  const png = async (red: number, options: { size?: number; gray?: boolean; alpha?: boolean } = {}) => {
    const size = options.size ?? 4;
    const image = sharp({
      create: { width: size, height: size, channels: options.alpha ? 4 : 3, background: { r: red, g: red, b: red } },
    });
    return await (options.gray ? image.toColourspace("b-w") : image).png().toBuffer();
  };
  const put = (name: string, bytes: Uint8Array) => {
    mkdirSync(join(at(name), ".."), { recursive: true });
    writeFileSync(at(name), bytes);
  };
  put("set/test/dog/b.png", await png(20));
  put("set/test/dog/a.png", await png(10, { gray: true }));
  put("set/test/cat/deeper/z.png", await png(30, { alpha: true }));
  put("set/test/notes.txt", Buffer.from("no image"));
  put("sizes/cat/a.png", await png(1));
  put("sizes/cat/b.png", await png(1, { size: 5 }));
  put("broken/cat/a.png", await png(1));
  put("broken/cat/b.png", (await png(1)).subarray(0, 50));
  put("tar/test/dog/b.png", await png(20));
  const { pack } = await import("tar-stream");
  const writer = pack();
  for (const name of ["dog/b.png", "dog/a.png", "cat/deeper/z.png"]) {
    writer.entry({ name: `./test/${name}` }, readFileSync(at(`set/test/${name}`)));
  }
  writer.finalize();
  const tar = await buffer(writer);
  put("set.tar", tar);
  put("set.tar.gz", gzipSync(tar));
  put("cut.tar", tar.subarray(0, 1700));
  const images = { dtype: "uint8", shape: [2, 4, 4, 3], data: new Uint8Array(96).fill(9) } as const;
  put("images.npy", writeNpy(images));
  put("labels.npy", writeNpy({ dtype: "int64", shape: [2], data: BigInt64Array.from([2n, 0n]) }));
  put("three.npy", writeNpy({ dtype: "int64", shape: [3], data: new BigInt64Array(3) }));
  put("negative.npy", writeNpy({ dtype: "int32", shape: [2], data: Int32Array.from([0, -1]) }));
  put("float.npy", writeNpy({ dtype: "float32", shape: [2], data: new Float32Array(2) }));
  put("none.npy", writeNpy({ dtype: "uint8", shape: [0, 4, 4, 3], data: new Uint8Array(0) }));
  put("nolabels.npy", writeNpy({ dtype: "int32", shape: [0], data: new Int32Array(0) }));
  const batch = new Uint8Array(3073).fill(5);
  put("cifar/test_batch.bin", batch);
  for (let i = 1; i <= 5; i++) put(`cifar/data_batch_${i}.bin`, batch);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("imagefolder", () => {
  test("sorts classes and images, takes files deeper in a class, and makes gray and transparent images RGB", async () => {
    const set = await loadImageSet(`imagefolder:${at("set")}#test`);
    expect(set).toMatchObject({ n: 3, height: 4, width: 4, channels: 3, classNames: ["cat", "dog"] });
    expect([...set.labels]).toEqual([0, 1, 1]);
    expect([0, 1, 2].map((i) => [...set.images.subarray(i * 48, i * 48 + 3)])).toEqual([
      [30, 30, 30],
      [10, 10, 10],
      [20, 20, 20],
    ]);
  });

  test("is the same set from a folder, a tar and a tar.gz", async () => {
    const sets = await Promise.all(
      ["set", "set.tar", "set.tar.gz"].map((name) => loadImageSet(`imagefolder:${at(name)}#test`, { cache: false })),
    );
    expect(new Set(sets.map(({ sha256 }) => sha256)).size).toBe(1);
  });

  test("comes from the cache the second time, and is decoded again where the cache is damaged", async () => {
    const spec = `imagefolder:${at("set.tar")}#test`;
    const first = await loadImageSet(spec);
    const directory = join(at("cache"), "er", "decoded");
    const decoded = vi.fn();
    expect(await loadImageSet(spec, { onProgress: decoded })).toEqual(first);
    expect(decoded).not.toHaveBeenCalled();

    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    for (const name of readdirSync(directory)) {
      const bytes = readFileSync(join(directory, name));
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(join(directory, name), bytes);
    }
    expect(await loadImageSet(spec, { onProgress: decoded })).toEqual(first);
    expect(decoded).toHaveBeenCalledWith(3, 3);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("is damaged"));
    warn.mockRestore();
  });

  test("stops when its signal says so", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(loadImageSet(`imagefolder:${at("set")}#test`, { signal })).rejects.toThrow("enough");
  });
});

test("npy images and labels load with classes called by number", async () => {
  const set = await loadImageSet(`npy:${at("images.npy")},${at("labels.npy")}`);
  expect(set).toMatchObject({ n: 2, height: 4, width: 4, classNames: ["0", "1", "2"] });
  expect([...set.labels]).toEqual([2, 0]);
});

test("cifar10 loads the official files of each split", async () => {
  expect(await loadImageSet(`cifar10:${at("cifar")}#train`)).toMatchObject({ n: 5, classNames: CIFAR10_CLASSES });
  expect(await loadImageSet(`cifar10:${at("cifar")}#test`)).toMatchObject({ n: 1, height: 32 });
});

test.each([
  ["coco:x", /unknown scheme "coco".*imagefolder/],
  ["just a path", /not a spec/],
  ["npz:/nowhere.npz", /\/nowhere\.npz: cannot be read \(ENOENT/],
  ["imagefolder:/nowhere", /\/nowhere: cannot be read \(ENOENT: not found\)/],
  ["imagefolder:@set#train", /set\/train: cannot be read \(ENOENT: not found\)/],
  ["imagefolder:@set.tar#train", /set\.tar: no folder "train"; the archive holds test/],
  ["imagefolder:@cut.tar#test", /cut\.tar: the archive is truncated/],
  ["imagefolder:@sizes", /cat\/b\.png is 5×5, cat\/a\.png 4×4/],
  ["imagefolder:@broken", /cat\/b\.png cannot be decoded/],
  ["imagefolder:@images.npy", /expected a folder, a \.tar or a \.tar\.gz/],
  ["npy:@images.npy", /expected npy:IMAGES,LABELS/],
  ["npy:@images.npy,@three.npy", /2 images but 3 labels/],
  ["npy:@images.npy,@negative.npy", /label -1 of image 1 is outside/],
  ["npy:@images.npy,@float.npy", /labels are float32/],
  ["npy:@labels.npy,@labels.npy", /images are int64 \[2\]; expected uint8/],
  ["npy:@none.npy,@nolabels.npy", /no images/],
  ["cifar10:@cifar#val", /expected #train or #test/],
  ["cifar10:@set#test", /test_batch: cannot be read/],
  ["procedural:toString", /no domain "toString"/],
  ["procedural:broad?count=3", /no option "count"/],
  ["procedural:broad?n=0", /n "0"; expected a whole number from 1/],
])("%s is refused in one line", async (spec, message) => {
  const error = await loadImageSet(spec.replaceAll("@", `${folder}/`)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "InputError", message: expect.stringMatching(message) });
  expect((error as Error).message).not.toContain("\n");
});

describe("a subset", () => {
  test("has its images and labels in the order asked for, and all of the set's classes", async () => {
    const set = await loadImageSet("procedural:narrow?n=12&size=8#train");
    const part = imageSubset(set, Uint32Array.of(11, 3));
    expect(part).toMatchObject({ n: 2, height: 8, width: 8, classNames: set.classNames, spec: set.spec });
    expect([...part.labels]).toEqual([set.labels[11], set.labels[3]]);
    expect(part.images.subarray(0, 192)).toEqual(set.images.subarray(11 * 192, 12 * 192));
    expect(part.images.subarray(192)).toEqual(set.images.subarray(3 * 192, 4 * 192));
    expect(part.sha256).not.toBe(set.sha256);
  });
  test("of nothing is refused", async () => {
    const set = await loadImageSet("procedural:narrow?n=12&size=8#train");
    expect(() => imageSubset(set, new Uint32Array(0))).toThrow("no images");
  });
});

describe.skipIf(missing("cifar10-tin.tar.gz"))("the natural shift from Tiny ImageNet", () => {
  test("has 3,300 images of seven of CIFAR-10's classes", async () => {
    const set = await loadImageSet(`imagefolder:${sharedData}/cifar10-tin.tar.gz`, { cache: false });
    expect(set).toMatchObject({ n: 3300, height: 32, width: 32 });
    expect(alignClasses(set, CIFAR10_CLASSES).missing).toEqual(["airplane", "deer", "horse"]);
  }, 60_000);
});
