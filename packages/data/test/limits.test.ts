// What a set may take is told from headers, before any memory is taken.

import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeNpy } from "@er/formats";
import sharp from "sharp";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { checkDataSize, dataLimit } from "../src/data-limit.js";
import { loadImageSet } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "er-limits-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function put(name: string, bytes: Uint8Array): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), bytes);
}

/** A .npy of so many bytes of zeros, which take no room on the disk. */
function hollow(name: string, dtype: "uint8", shape: readonly number[]): string {
  const header = writeNpy({ dtype, shape: [0], data: new Uint8Array(0) });
  const literal = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  header.set(Buffer.from(`${literal.padEnd(header.length - 11)}\n`), 10);
  const file = openSync(at(name), "w");
  writeSync(file, header);
  ftruncateSync(file, header.length + shape.reduce((product, extent) => product * extent, 1));
  closeSync(file);
  return at(name);
}

/** What the process holds more at most while it runs. */
async function heldBy(run: () => Promise<unknown>): Promise<number> {
  const held = () => process.memoryUsage().rss;
  const before = held();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, held() - before);
  }, 5);
  await run();
  clearInterval(watch);
  return Math.max(most, held() - before);
}

describe("the limit", () => {
  test("is half of the machine's memory, or what ER_DATA_LIMIT says", () => {
    expect(dataLimit()).toBeGreaterThan(2 ** 26);
    for (const [text, bytes] of [
      ["12GiB", 12 * 2 ** 30],
      ["1.5 MiB", 1.5 * 2 ** 20],
      ["4096", 4096],
    ] as const) {
      vi.stubEnv("ER_DATA_LIMIT", text);
      expect(dataLimit()).toBe(bytes);
    }
    for (const text of ["much", "-1GiB", "0", "1e9", "3 GB"]) {
      vi.stubEnv("ER_DATA_LIMIT", text);
      expect(() => dataLimit()).toThrow(`ER_DATA_LIMIT "${text}": expected a size such as 12GiB`);
    }
  });

  test("is told in one line with what to do", () => {
    vi.stubEnv("ER_DATA_LIMIT", "1GiB");
    expect(() => checkDataSize("npz:a", 20_000, { height: 224, width: 224 })).toThrow(
      "npz:a: 20000 images of 224×224 take 2.8 GiB decoded; the limit is 1.0 GiB, ER_DATA_LIMIT: use fewer or smaller images, or set ER_DATA_LIMIT, as ER_DATA_LIMIT=3GiB",
    );
  });

  test("of one array of Node is told in one line too", () => {
    vi.stubEnv("ER_DATA_LIMIT", "1000000000GiB");
    expect(() => checkDataSize("npz:a", 2 ** 40, { height: 224, width: 224 })).toThrow(/an array of Node [\d.]+ holds/);
  });
});

describe("is found before memory is taken", () => {
  test("for two small PNGs of many pixels", async () => {
    const huge = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: "#000" } })
      .png()
      .toBuffer();
    for (const name of ["a", "b"]) put(`huge/cat/${name}.png`, huge);
    vi.stubEnv("ER_DATA_LIMIT", "512MiB");
    const held = await heldBy(() =>
      expect(loadImageSet(`imagefolder:${at("huge")}`)).rejects.toThrow(
        /2 images of 12000×12000 take 824.0 MiB decoded/,
      ),
    );
    expect(held).toBeLessThan(2 ** 28);
  });

  test("for one PNG of many pixels among small ones", async () => {
    const small = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#000" } })
      .png()
      .toBuffer();
    const huge = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: "#000" } })
      .png()
      .toBuffer();
    put("one/cat/a.png", small);
    for (let i = 0; i < 16; i++) put(`one/cat/b${i}.png`, huge);
    const held = await heldBy(() =>
      expect(loadImageSet(`imagefolder:${at("one")}`)).rejects.toThrow(
        /cat\/b\d+\.png is 12000×12000, cat\/a\.png 8×8/,
      ),
    );
    expect(held).toBeLessThan(2 ** 28);
  });

  test("for arrays of more bytes than the limit, and more than one array holds", async () => {
    const labels = hollow("labels.npy", "uint8", [40_000]);
    const images = hollow("images.npy", "uint8", [40_000, 224, 224, 3]);
    vi.stubEnv("ER_DATA_LIMIT", "2GiB");
    const held = await heldBy(() =>
      expect(loadImageSet(`npy:${images},${labels}`)).rejects.toThrow(
        /40000 images of 224×224 take 5.6 GiB decoded; the limit/,
      ),
    );
    expect(held).toBeLessThan(2 ** 28);
  });

  test("for a .npy that claims a header of 50 MB", async () => {
    const bytes = Buffer.alloc(50_000_100, 0x20);
    bytes.write("\x93NUMPY\x02\x00", 0, "latin1");
    bytes.writeUInt32LE(50_000_000, 8);
    put("header.npy", bytes);
    const held = await heldBy(() =>
      expect(loadImageSet(`npy:${at("header.npy")},${at("header.npy")}`)).rejects.toThrow(
        /header\.npy: a \.npy header of 50000012 bytes; expected at most 16384/,
      ),
    );
    expect(held).toBeLessThan(2 ** 28);
  });

  test("for a .npy that claims a huge shape", async () => {
    put("shape.npy", writeNpy({ dtype: "uint8", shape: [1], data: new Uint8Array(1) }));
    const bytes = Buffer.from(writeNpy({ dtype: "uint8", shape: [1], data: new Uint8Array(1) }));
    bytes.write("(99999999999, 9, 9, 3), }", bytes.indexOf("(1,"), "latin1");
    put("shape.npy", bytes);
    await expect(loadImageSet(`npy:${at("shape.npy")},${at("shape.npy")}`)).rejects.toThrow(
      /shape\.npy: 1 bytes of data; expected 24299999999757 for uint8 \[99999999999, 9, 9, 3\]/,
    );
  });
});

test("a file of more than 2 GiB is read piece by piece", async () => {
  const n = 16_000;
  const images = hollow("large.npy", "uint8", [n, 220, 220, 3]);
  const labels = hollow("large-labels.npy", "uint8", [n]);
  vi.stubEnv("ER_DATA_LIMIT", "3GiB");
  const set = await loadImageSet(`npy:${images},${labels}`);
  expect(set).toMatchObject({ n, height: 220, width: 220 });
  expect(set.images.length).toBeGreaterThan(2 ** 31);
}, 120_000);
