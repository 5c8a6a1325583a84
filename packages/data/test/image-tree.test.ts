// Which files of a folder or an archive are images of which class, what is left out, and what is said of it.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ImageSet, loadImageSet } from "../src/index.js";
import { bytesOf, golden } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "er-tree-"));
const at = (name: string) => join(folder, name);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A PNG of one pixel, told by its red. */
const dot = (red: number) =>
  sharp({ create: { width: 1, height: 1, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();

function put(name: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), bytes);
}

function link(name: string, target: string): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  symlinkSync(target, at(name));
}

const uncached = (spec: string) => loadImageSet(spec, { cache: false });

/** Class and red of every image. */
const seen = ({ n, images, labels, classNames }: ImageSet) =>
  Array.from({ length: n }, (_, i) => `${classNames[labels[i]!]} ${images[3 * i]}`);

beforeAll(() => {
  vi.stubEnv("XDG_CACHE_HOME", at("cache"));
});

describe("a directory", () => {
  test("is read without what is no data, and one line says what that is", async () => {
    const name = "mixed";
    put(`${name}/cat/a.png`, await dot(1));
    put(`${name}/cat/deeper/b.PNG`, await dot(2));
    put(`${name}/cat/._a.png`, "AppleDouble");
    put(`${name}/cat/notes.txt`, "text");
    put(`${name}/cat/list.csv`, "text");
    put(`${name}/cat/Thumbs.db`, "text");
    put(`${name}/dog/c.png`, await dot(3));
    put(`${name}/.ipynb_checkpoints/a.png`, await dot(4));
    put(`${name}/__MACOSX/cat/a.png`, "AppleDouble");
    put(`${name}/stray.png`, await dot(5));
    put(`${name}/owl/readme.md`, "text");
    mkdirSync(at(`${name}/frog`));
    const set = await uncached(`imagefolder:${at(name)}`);
    expect(seen(set)).toEqual(["cat 1", "cat 2", "dog 3"]);
    expect(set.leftOut).toBe(
      "left out: 3 hidden names (.ipynb_checkpoints, __MACOSX, …), 4 files of other kinds (cat/Thumbs.db, cat/list.csv, …), 1 image outside the class folders (stray.png), 2 folders without images (frog, owl)",
    );
  });

  test("says nothing where all of it is data", async () => {
    put("plain/cat/a.png", await dot(1));
    expect((await uncached(`imagefolder:${at("plain")}`)).leftOut).toBeUndefined();
  });

  test("has its links followed, loops and those that lead nowhere left out with a word", async () => {
    put("pool/x.png", await dot(7));
    put("linked/cat/a.png", await dot(1));
    link("linked/cat/b.png", "../../pool/x.png");
    link("linked/owl", "../pool");
    link("linked/cat/gone.png", "nowhere.png");
    link("linked/cat/self.png", "self.png");
    link("linked/cat/up", "../..");
    link("linked/cat/here", "../../linked");
    const set = await uncached(`imagefolder:${at("linked")}`);
    expect(seen(set)).toEqual(["cat 1", "cat 7", "owl 7"]);
    expect(set.leftOut).toBe(
      "left out: 1 link that leads nowhere (cat/gone.png), 3 links that lead back to where they are (cat/here, cat/self.png, …)",
    );
  });

  test("whose links lead to one folder without end is refused", async () => {
    put("bomb/cat/a.png", await dot(1));
    for (let level = 0; level < 12; level++) {
      mkdirSync(at(`bomb/l${level}`));
      for (const side of "ab") link(`bomb/l${level}/${side}`, level === 11 ? "../cat" : `../l${level + 1}`);
    }
    await expect(uncached(`imagefolder:${at("bomb")}`)).rejects.toThrow(/over 100 ways lead to the folder/);
  });

  test("has classes whose names are properties of every object", async () => {
    for (const [i, name] of ["__proto__", "constructor", "toString"].entries()) put(`odd/${name}/a.png`, await dot(i));
    expect(seen(await uncached(`imagefolder:${at("odd")}`))).toEqual(["__proto__ 0", "constructor 1", "toString 2"]);
  });

  test("has numbered classes in the order of their numbers", async () => {
    for (const i of [0, 1, 2, 9, 10]) put(`numbers/${i}/a.png`, await dot(i));
    const set = await uncached(`imagefolder:${at("numbers")}`);
    expect(set.classNames).toEqual(["0", "1", "2", "9", "10"]);
    expect(seen(set)).toContain("10 10");
  });

  test("with two classes that differ in case alone is refused, naming both", async () => {
    for (const name of ["Cat", "cat"]) put(`case/${name}/a.png`, await dot(1));
    await expect(uncached(`imagefolder:${at("case")}`)).rejects.toThrow(/classes "Cat" and "cat"/);
  });

  test("has control characters of its names shown as escapes", async () => {
    put("escape/cat/a.png", await dot(1));
    put("escape/\u001b[31mred\u2028/a.txt", "text");
    const { leftOut } = await uncached(`imagefolder:${at("escape")}`);
    expect(leftOut).toContain("\\u001b[31mred\\u2028");
    expect(leftOut).not.toContain("\u001b");
    expect(leftOut).not.toContain("\u2028");
  });

  test.each([
    ["a name too long", () => `imagefolder:${at("plain")}/${"x".repeat(300)}`, /ENAMETOOLONG: the name is too long/],
    ["a file in the way", () => `imagefolder:${at("plain/cat/a.png/more")}`, /ENOTDIR: part of the path is a file/],
    ["a link to itself", () => `imagefolder:${at("linked/cat/self.png")}`, /ELOOP: symbolic links/],
    ["a file for a folder", () => `imagefolder:${at("plain")}#cat/a.png`, /a file; expected a folder of class folders/],
    ["a folder for an array", () => `npz:${at("plain")}`, /not a regular file; expected a file/],
  ])("%s is told in one line", async (_, spec, message) => {
    const error = await uncached(spec()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "InputError", message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain("\n");
  });
});

describe.each([
  ["a tar", (bytes: Uint8Array) => bytes, ".tar"],
  ["a tar.gz", (bytes: Uint8Array) => gzipSync(bytes), ".tar.gz"],
])("%s", (_, wrap, ending) => {
  const write = (name: string, bytes: Uint8Array) => {
    put(`${name}${ending}`, wrap(bytes));
    return at(`${name}${ending}`);
  };

  test("by Python's tarfile has its hard and symbolic links followed, and never out of it", async () => {
    const path = write("links", bytesOf(golden.archives.links));
    const set = await uncached(`imagefolder:${path}#set`);
    expect(seen(set)).toEqual(["cat 10", "cat 10", "dog 10", "dog 20", "dog 30", "owl 30"]);
    expect(set.leftOut).toBe(
      "left out: 2 links that lead nowhere (cat/4.png, cat/7.png), 3 links that lead back to where they are (cat/5.png, cat/6.png, …), 2 links that leave the archive (cat/8.png, cat/9.png)",
    );
  });

  test.each(["long names, GNU", "long names, pax"] as const)("by Python's tarfile has %s", async (form) => {
    const set = await uncached(`imagefolder:${write("long", bytesOf(golden.archives[form]))}`);
    expect(seen(set)).toEqual([`${"c".repeat(90)} 40`, `${"c".repeat(90)} 40`]);
  });

  test("tells what is left out from the cache too", async () => {
    const writer = pack();
    writer.entry({ name: "cat/a.png" }, await dot(1));
    writer.entry({ name: "cat/._a.png" }, "AppleDouble");
    writer.entry({ name: "frog/", type: "directory" });
    writer.finalize();
    const path = write("apple", await buffer(writer));
    const [first, onProgress] = [await loadImageSet(`imagefolder:${path}`), vi.fn()];
    const again = await loadImageSet(`imagefolder:${path}`, { onProgress });
    expect(onProgress).not.toHaveBeenCalled();
    expect(first.leftOut).toBe("left out: 1 hidden name (cat/._a.png), 1 folder without images (frog)");
    expect(again).toEqual(first);
  });

  test("has the last of two files of one name, and a hard link to the one before", async () => {
    const writer = pack();
    writer.entry({ name: "cat/a.png" }, await dot(1));
    writer.entry({ name: "cat/b.png", type: "link", linkname: "cat/a.png" });
    writer.entry({ name: "cat/a.png" }, await dot(2));
    writer.entry({ name: "../cat/c.png" }, await dot(3));
    writer.entry({ name: "cat/a.png/d.png" }, await dot(4));
    writer.finalize();
    const set = await uncached(`imagefolder:${write("twice", await buffer(writer))}`);
    expect(seen(set)).toEqual(["cat 2", "cat 1"]);
    expect(set.leftOut).toMatch(/left out: 2 names that cannot be unpacked \(\.\.\/cat\/c\.png, cat\/a\.png\/d\.png\)/);
  });

  test("has images of other forms, by content and not by name", async () => {
    const writer = pack();
    for (const name of ["rgb.png", "75.jpg", "rgb.webp", "rgb.gif", "rgb.bmp", "rgb.ppm", "None.tif"]) {
      writer.entry({ name: `cat/${name}` }, Buffer.from(golden.images[name]!.file, "base64"));
    }
    writer.entry({ name: "dog/jpeg.png" }, Buffer.from(golden.images["75.jpg"]!.file, "base64"));
    writer.finalize();
    const set = await uncached(`imagefolder:${write("forms", await buffer(writer))}`);
    expect(set).toMatchObject({ n: 8, height: 9, width: 13, leftOut: undefined });
    const rgb = bytesOf(golden.images["75.jpg"]!.pillow!.rgb);
    expect(set.images.subarray(7 * rgb.length)).toEqual(rgb);
  });
});
