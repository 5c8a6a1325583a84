// Lists of class names: the known ones, and files.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CIFAR10_CLASSES, classList } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "er-classes-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(contents: string | Uint8Array, name = "names.txt"): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

test("cifar10 and imagenet are known by their names", async () => {
  expect(await classList("cifar10")).toEqual(CIFAR10_CLASSES);
  const imagenet = await classList("imagenet");
  expect(imagenet).toHaveLength(1000);
  expect([...imagenet].sort()).toEqual(imagenet);
  // torchvision's first, goldfish at 1, and its last.
  expect([imagenet[0], imagenet[1], imagenet[999]]).toEqual(["n01440764", "n01443537", "n15075141"]);
});

test("no name at all is refused with what a list may be", async () => {
  await expect(classList("")).rejects.toThrow(/no list of classes is named; expected cifar10, imagenet or a file/);
});

describe("a file", () => {
  test.each([
    ["a name a line", "cat\ndog\nowl bird\n"],
    ["with a byte order mark and line ends of Windows", "\ufeffcat\r\ndog\r\nowl bird\r\n\r\n"],
    ["a JSON list", ' ["cat", "dog", "owl bird"]\n'],
  ])("of %s is read in its order", async (_, contents) => {
    expect(await classList(file(contents))).toEqual(["cat", "dog", "owl bird"]);
  });

  test.each([
    ["without a name", "\n", /0 class names; expected 1 to 65536/],
    ["with an empty line between", "cat\n\ndog\n", /name 2 is empty/],
    ["with a name twice", "cat\ndog\ncat\n", /names 1 and 3, "cat" and "cat", cannot be told apart/],
    ["with names that differ in case", "cat\nCat\n", /names 1 and 2, "cat" and "Cat"/],
    ["of JSON that is no list of names", '{"0": "cat"}', /JSON that is no list of names/],
    ["of numbers in JSON", "[1, 2]", /JSON that is no list of names/],
    ["of broken JSON", '["cat"', /broken JSON/],
    ["in UTF-16", Buffer.from("\ufeffcat\ndog\n", "utf16le"), /no text in UTF-8/],
  ])("%s is refused in one line that names it", async (_, contents, message) => {
    const path = file(contents);
    const error = await classList(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "InputError", message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(path);
    expect((error as Error).message).not.toContain("\n");
  });

  test("that is not there, or is a folder, is refused with what a list may be", async () => {
    await expect(classList(join(folder, "none"))).rejects.toThrow(
      /none: .*ENOENT.*a list of classes is cifar10, imagenet or a file/,
    );
    await expect(classList(folder)).rejects.toThrow(/EISDIR/);
  });
});
