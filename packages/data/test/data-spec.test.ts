// Specs whose paths hold what their parts are set off by, and what they say of classes.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type NdArray, writeNpy, writeNpz } from "@er/formats";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alignClasses, CIFAR10_CLASSES, loadImageSet } from "../src/index.js";
import { bytesOf, golden } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "er-spec-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), bytes);
}

const images = { dtype: "uint8", shape: [2, 1, 1, 3], data: Uint8Array.from([1, 2, 3, 4, 5, 6]) } as const;
const labels = { dtype: "int64", shape: [2], data: BigInt64Array.from([9n, 0n]) } as const;

beforeAll(async () => {
  const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#010203" } })
    .png()
    .toBuffer();
  for (const name of ["c#/set#1", "set"]) {
    for (const label of ["0", "10"]) put(`${name}/train/${label}/a.png`, png);
  }
  put("both/train/0/a.png", png);
  put("both#train/0/a.png", png);
  put("a,b.npy", writeNpy(images));
  put("what?.npy", writeNpy(labels));
  put("labels.npy", writeNpy(labels));
  put(
    "a.npz",
    writeNpz(
      new Map<string, typeof images | typeof labels>([
        ["data", images],
        ["labels", labels],
      ]),
    ),
  );
  put("names#.txt", Array.from({ length: 11 }, (_, i) => `class ${i}`).join("\n"));
  put("two.txt", "cat\ndog\n");
});

test.each([
  ["a # in a folder", "imagefolder:@c#/set#1#train"],
  ["a , in a file", "npy:@a,b.npy,@labels.npy"],
  ["a ? in a file", "npy:@a,b.npy,@what?.npy"],
  ["a list of classes", "npy:@a,b.npy,@what?.npy?classes=cifar10"],
  ["a list of classes from a file with a #", "imagefolder:@c#/set#1?classes=@names#.txt#train"],
])("a spec with %s is read by what exists", async (_, spec) => {
  expect((await loadImageSet(spec.replaceAll("@", `${folder}/`))).n).toBe(2);
});

test.each([
  ["imagefolder:@both#train", /may mean ".*both#train" or ".*both", and both exist; rename one/],
  ["imagefolder:@set?class=cifar10#train", /no option "class"; there is classes/],
  ["imagefolder:@set?classes=none.txt#train", /none\.txt: cannot be read \(ENOENT/],
  [
    "imagefolder:@set?classes=cifar10#train",
    /class 10 has no name in cifar10, which has 10; expected numbers from 0 to 9/,
  ],
  ["npz:@a.npz?classes=@two.txt", /class 9 has no name in .*two\.txt, which has 2/],
  ["npz:@a.npz#test", /nothing is asked for after "#" here; leave out "#test"/],
  ["npy:@a,b.npy,@labels.npy#test", /nothing is asked for after "#" here/],
  ["npy:@x,y,z", /expected npy:IMAGES,LABELS, two files/],
  ["cifar10:@set?classes=cifar10#test", /CIFAR-10's classes have their names/],
  ["imagefolder:@set#none", /set\/none: cannot be read \(ENOENT/],
])("%s is refused in one line", async (spec, message) => {
  const error = await loadImageSet(spec.replaceAll("@", `${folder}/`)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "InputError", message: expect.stringMatching(message) });
  expect((error as Error).message).not.toContain("\n");
});

describe("?classes=", () => {
  test("a list gives numbers their names, which then are the set's classes", async () => {
    const set = await loadImageSet(`npz:${at("a.npz")}?classes=cifar10`);
    expect(set.classNames).toEqual(CIFAR10_CLASSES);
    expect(alignClasses(set, [...CIFAR10_CLASSES].reverse())).toMatchObject({
      ...{ labels: Int32Array.from([0, 9]), by: "name" },
    });
    const folders = await loadImageSet(`imagefolder:${at("set")}?classes=imagenet#train`);
    expect([...folders.labels].map((label) => folders.classNames[label])).toEqual(["n01440764", "n01530575"]);
  });

  test("index makes numbers the model's outputs, whatever its classes are called", async () => {
    const set = await loadImageSet(`imagefolder:${at("set")}?classes=index#train`);
    expect([
      ...alignClasses(
        set,
        Array.from({ length: 11 }, (_, i) => `class ${i}`),
      ).labels,
    ]).toEqual([0, 10]);
    // As a training set its outputs are in the order of the numbers.
    expect(set.classNames).toEqual(Array.from({ length: 11 }, (_, i) => String(i)));
  });

  test("on a set whose classes have names is refused", async () => {
    mkdirSync(at("named"));
    for (const name of ["cat", "dog"]) put(`named/${name}/a.png`, bytesOf(golden.images["rgb.png"]!.file));
    await expect(loadImageSet(`imagefolder:${at("named")}?classes=cifar10`)).rejects.toThrow(
      /its classes have names \(cat, dog, …\); \?classes= is for sets whose classes are numbers/,
    );
  });
});

test("an npz with arrays of text and of objects beside those needed is read", async () => {
  put("text.npz", bytesOf(golden.numpy.withText));
  const set = await loadImageSet(`npz:${at("text.npz")}`);
  expect(set).toMatchObject({ n: 2, height: 3, width: 3, classNames: ["0", "1"] });
  expect(set.images).toEqual(bytesOf(golden.numpy.images));
});

test.each(Object.entries(golden.numpy.batches))("a CIFAR batch with labels as %s is read", async (name, base64) => {
  put(`cifar ${name}/test_batch`, bytesOf(base64));
  const set = await loadImageSet(`cifar10:${at(`cifar ${name}`)}#test`);
  expect([...set.labels]).toEqual([3, 9]);
  expect(new Uint8Array(set.images)).toEqual(bytesOf(golden.numpy.batch));
});

test("an npz with two arrays that may be the images is refused", async () => {
  put(
    "two.npz",
    writeNpz(
      new Map<string, NdArray>([
        ["data", images],
        ["images", images],
        ["labels", labels],
      ]),
    ),
  );
  await expect(loadImageSet(`npz:${at("two.npz")}`)).rejects.toThrow(/both "data" and "images"/);
});

test("a number past 32 bits is no number of an output", async () => {
  const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: "#010203" } })
    .png()
    .toBuffer();
  put("wrapped/4294967297/a.png", png);
  put("wrapped/2/a.png", png);
  for (const classes of ["index", "cifar10"]) {
    await expect(loadImageSet(`imagefolder:${at("wrapped")}?classes=${classes}`)).rejects.toThrow(/class 4294967297/);
  }
});
