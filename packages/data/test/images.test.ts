// Every form of image file against the pixels that Pillow's convert("RGB") gives.

import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeImage, imageSize } from "../src/images/decode.js";
import { bytesOf, golden } from "./golden.js";

const decoded = async (bytes: Uint8Array) => await decodeImage(bytes, await imageSize(bytes));

const read = Object.entries(golden.images).filter(([name, { pillow }]) => pillow !== null && name !== "ycbcr.tif");
const refused = Object.entries(golden.images).filter(([, { pillow }]) => pillow === null);

describe("has Pillow's pixels, every one", () => {
  test.each(read)("%s", async (_, { file, pillow }) => {
    const { height, width, rgb } = pillow!;
    const pixels = await decoded(bytesOf(file));
    expect(pixels).toMatchObject({ height, width });
    expect([...("data" in pixels ? pixels.data : [])]).toEqual([...bytesOf(rgb)]);
  });
});

test.each(refused)("is refused as Pillow refuses it: %s", async (_, { file }) => {
  await expect(decoded(bytesOf(file))).rejects.toThrow(/truncated|read error|premature|unable|a broken JPEG: marker/i);
});

test("a TIFF whose colours libvips would read otherwise than Pillow is refused", async () => {
  await expect(decoded(bytesOf(golden.images["ycbcr.tif"]!.file))).rejects.toThrow(/photometric 6; save it as PNG/);
});

const text = (contents: string) => Buffer.from(contents, "latin1");

test.each([
  ["SVG", text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG/],
  ["SVG of a huge size", text('<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>'), /SVG/],
  ["a web page", text("<!doctype html><p>404"), /text, perhaps a web page/],
  ["BigTIFF", text("II+\0\b\0\0\0"), /BigTIFF, which is not read; save it as a plain TIFF/],
  ["AVIF", text("\0\0\0\x20ftypavif\0\0\0\0"), /AVIF/],
  ["a pointer of Git LFS", text("version https://git-lfs.github.com/spec/v1\noid sha256:00"), /Git LFS/],
  ["nothing", text(""), /an empty file/],
  ["anything else", text("no image"), /by its content no JPEG/],
  ["a run-length encoded BMP", runLength(), /compression 1; save it uncompressed/],
])("%s is no image, whatever its name", async (_, bytes, message) => {
  await expect(imageSize(new Uint8Array(bytes))).rejects.toThrow(message);
});

function runLength(): Buffer {
  const bytes = Buffer.from(golden.images["grey.bmp"]!.file, "base64");
  bytes.writeUInt32LE(1, 30);
  return bytes;
}

test.each([
  ["PNG", () => pngOf(50_000, 50_000)],
  ["BMP", () => bmpOf(50_000, 50_000)],
  ["netpbm", () => text("P6 50000 50000 255\n")],
])("a %s of 2.5 billion pixels is refused by its header", async (_, make) => {
  await expect(imageSize(new Uint8Array(make()))).rejects.toThrow(/50000×50000 pixels, over 178956970.*bomb/);
});

function pngOf(width: number, height: number): Buffer {
  const bytes = Buffer.from(golden.images["rgb.png"]!.file, "base64");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  // The header's checksum.
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

function bmpOf(width: number, height: number): Buffer {
  const bytes = Buffer.from(golden.images["rgb.bmp"]!.file, "base64");
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  return bytes;
}

test("an image of another size than is expected says its own, without being decoded", async () => {
  for (const name of ["rgb.png", "75.jpg", "rgb.webp", "rgb.gif", "rgb.bmp", "rgb.ppm", "None.tif"]) {
    const bytes = bytesOf(golden.images[name]!.file);
    expect(await decodeImage(bytes, { height: 2, width: 3 }), name).toEqual({ height: 9, width: 13 });
  }
});
