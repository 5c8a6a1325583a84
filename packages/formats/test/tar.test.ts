// tar archives, made here by tar-stream: their files in order, and every way of being cut short.

import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { InputError } from "../src/errors.js";
import { readTar, type TarFile } from "../src/tar.js";

async function archive(): Promise<Uint8Array> {
  const writer = pack();
  writer.entry({ name: "./train/", type: "directory" });
  writer.entry({ name: "./train/cat/0.jpg" }, "first");
  writer.entry({ name: "train/link", type: "symlink", linkname: "/etc/passwd" });
  writer.entry({ name: `train/${"long".repeat(40)}/1.jpg` }, Buffer.alloc(3000, 7));
  writer.finalize();
  return await buffer(writer);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size = 700): Promise<TarFile[]> {
  return await collect(readTar(pieces(bytes, size), "a.tar"));
}

async function collect(files: AsyncIterable<TarFile>): Promise<TarFile[]> {
  const all: TarFile[] = [];
  for await (const file of files) all.push(file);
  return all;
}

describe.each([
  ["plain", (bytes: Uint8Array) => bytes],
  ["gzipped", (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))],
])("a %s archive", (_, wrap) => {
  test("gives its regular files, whatever the pieces it comes in", async () => {
    const bytes = wrap(await archive());
    for (const size of [2, 511, 100_000]) {
      const files = await read(bytes, size);
      expect(files.map(({ name }) => name)).toEqual(["train/cat/0.jpg", `train/${"long".repeat(40)}/1.jpg`]);
      expect(new TextDecoder().decode(files[0]!.bytes)).toBe("first");
      expect(files[1]!.bytes).toEqual(Buffer.alloc(3000, 7));
    }
  });

  test("cut short anywhere is refused in one line that names it", async () => {
    const bytes = wrap(await archive());
    const whole = bytes.length > 4096 ? bytes.length - 1024 : bytes.length - 1;
    for (let length = 0; length < whole; length += 61) {
      const error = await read(bytes.subarray(0, length)).catch((reason: unknown) => reason);
      expect(error, `${length} bytes`).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(/^a\.tar: the archive is truncated/);
    }
  });
});

test("a reader who stops early leaves nothing running", async () => {
  for await (const file of readTar(pieces(await archive(), 512))) {
    expect(file.name).toBe("train/cat/0.jpg");
    break;
  }
});

test("an error of the source stays what it was", async () => {
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(512);
    throw new RangeError("disk on fire");
  };
  await expect(collect(readTar(broken()))).rejects.toThrow("disk on fire");
});
