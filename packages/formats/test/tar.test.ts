// tar archives, made here by tar-stream: what they hold and where it lies, and every way of being cut short.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { afterAll, describe, expect, test } from "vitest";
import { InputError } from "../src/errors.js";
import { openTar } from "../src/tar.js";
import type { TarEntry } from "../src/tar-index.js";

const folder = mkdtempSync(join(tmpdir(), "er-tar-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function packed(
  entries: readonly (readonly [Partial<Header> & { name: string }, (string | Buffer)?])[],
): Promise<Uint8Array> {
  const writer = pack();
  for (const [header, contents] of entries) {
    if (contents === undefined) writer.entry(header);
    else writer.entry(header, contents);
  }
  writer.finalize();
  return await buffer(writer);
}

const LONG = `train/${"long".repeat(40)}/1.jpg`;

const archive = () =>
  packed([
    [{ name: "./train/", type: "directory" }],
    [{ name: "./train/cat/0.jpg" }, "first"],
    [{ name: "train/soft", type: "symlink", linkname: "/etc/passwd" }],
    [{ name: "train/hard", type: "link", linkname: "./train/cat/0.jpg" }],
    [{ name: LONG }, Buffer.alloc(3000, 7)],
    [{ name: "train/pipe", type: "fifo" }],
  ]);

function file(bytes: Uint8Array, name = "a.tar"): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function readAll(bytes: Uint8Array, name?: string) {
  const tar = await openTar(file(bytes, name));
  if (tar === undefined) throw new Error("no tar");
  try {
    const entries: TarEntry[] = [];
    for await (const entry of tar.entries()) entries.push(entry);
    const contents = tar.contents();
    const read = [];
    for (const entry of entries) {
      const { kind, size } = entry;
      const shown = { name: entry.name, kind, ...(entry.target !== "" && { target: entry.target }) };
      read.push(
        kind === "file" ? { ...shown, size, bytes: Buffer.from(await contents.read(entry)).toString() } : shown,
      );
    }
    contents.close();
    return read;
  } finally {
    await tar.close();
  }
}

describe.each([
  ["plain", (bytes: Uint8Array) => bytes],
  ["gzipped", (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))],
])("a %s archive", (_, wrap) => {
  test("tells its files, folders and links in order, and the files' bytes", async () => {
    expect(await readAll(wrap(await archive()))).toEqual([
      { name: "./train/", kind: "folder" },
      { name: "./train/cat/0.jpg", kind: "file", size: 5, bytes: "first" },
      { name: "train/soft", kind: "symbolic link", target: "/etc/passwd" },
      { name: "train/hard", kind: "hard link", target: "./train/cat/0.jpg" },
      { name: LONG, kind: "file", size: 3000, bytes: "\x07".repeat(3000) },
      { name: "train/pipe", kind: "other" },
    ]);
  });

  test("that others are joined to is read to its end, and what is no archive after it is nobody's", async () => {
    const one = await packed([[{ name: "a" }, "1"]]);
    const other = await packed([[{ name: "b" }, "2"]]);
    const names = (await readAll(wrap(Buffer.concat([one, other, Buffer.alloc(700, 65)])))).map(({ name }) => name);
    expect(names).toEqual(["a", "b"]);
  });

  test("cut short anywhere is refused in one line that names it", async () => {
    const bytes = wrap(await archive());
    const whole = bytes.length > 4096 ? bytes.length - 1024 : bytes.length - 1;
    for (let length = 0; length < whole; length += 61) {
      const error = await readAll(bytes.subarray(0, length)).catch((reason: unknown) => reason);
      expect(error, `${length} bytes`).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(/a\.tar: the archive is truncated/);
    }
  });
});

test("is known by its content", async () => {
  expect((await readAll(await archive(), "images.bin")).length).toBe(6);
  expect(await openTar(file(Buffer.from("PK\x03\x04 and so on"), "a.zip"))).toBeUndefined();
});

test("a reader who stops early leaves nothing running", async () => {
  const tar = await openTar(file(gzipSync(await archive())));
  for await (const entry of tar!.entries()) {
    expect(entry.name).toBe("./train/");
    break;
  }
  await tar!.close();
});

test("a gzip bomb is refused where it passes a hundred times its size, with nothing of it kept", async () => {
  // A gigabyte and a half of zeros, as one file: a header of its own would be cut short, so it is one that says so.
  const header = (await packed([[{ name: "big" }, ""]])).subarray(0, 512);
  const claimed = Buffer.from(header);
  claimed.write((3 * 2 ** 29).toString(8).padStart(11, "0"), 124, "latin1");
  claimed.fill(0x20, 148, 156);
  const sum = claimed.reduce((total, byte) => total + byte, 0);
  claimed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const zeros = gzipSync(Buffer.alloc(2 ** 26));
  const bomb = Buffer.concat([gzipSync(claimed), ...Array.from({ length: 24 }, () => zeros)]);
  const before = process.memoryUsage().arrayBuffers;
  await expect(readAll(bomb)).rejects.toThrow(/a\.tar: unpacks to over \d+ bytes; refused as a gzip bomb/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28);
});

test("old sparse files and records of a huge size are told, not read", async () => {
  const bytes = Buffer.from(
    await packed([
      [{ name: "s" }, ""],
      [{ name: "t" }, "1"],
    ]),
  );
  const kind = (letter: string, size: number) => {
    const copy = Buffer.from(bytes);
    copy.write(letter, 156, "latin1");
    copy.write(size.toString(8).padStart(11, "0"), 124, "latin1");
    copy.fill(0x20, 148, 156);
    const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return copy;
  };
  expect(await readAll(kind("S", 0))).toMatchObject([
    { name: "s", kind: "other" },
    { name: "t", kind: "file" },
  ]);
  await expect(readAll(kind("L", 2 ** 30))).rejects.toThrow(/1073741824 bytes of names at byte 512/);
});
