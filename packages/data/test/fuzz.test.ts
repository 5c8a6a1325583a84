// Mutated images, archives, arrays and CIFAR batches are read or refused with an InputError of one line, whatever was changed, in
// memory and time that are bounded. ER_FUZZ sets how many mutations there are, ER_FUZZ_SEED where they begin.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { InputError, type NdArray, writeNpy, writeNpz } from "@er/formats";
import { pack } from "tar-stream";
import { afterAll, expect, test, vi } from "vitest";
import { mutated, type Original, type Random, randomOf } from "../../formats/test/mutations.js";
import { loadImageSet } from "../src/index.js";
import { bytesOf, golden } from "./golden.js";

const COUNT = Number(process.env.ER_FUZZ ?? 450);
const SEED = Number(process.env.ER_FUZZ_SEED ?? 0);

/** Bytes that the process may take more: what is in flight, what libvips keeps, and what Node has not yet let go. */
const MEMORY_LIMIT = 1 << 30;

/** Milliseconds that one may take on a machine that is busy with other things too; without an end is what is looked for. */
const TIME_LIMIT = 30_000;

const folder = mkdtempSync(join(tmpdir(), "er-fuzz-"));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A file that is changed, and the spec of a set that it is, written where it is asked for. */
interface Kind extends Original {
  readonly spec: (bytes: Uint8Array, random: Random) => string;
}

function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

function images(): Kind[] {
  return Object.entries(golden.images).map(([name, { file }]) => ({
    ...{ name, bytes: bytesOf(file), entries: [] },
    spec: (bytes) => {
      const image = `image/cat/a${name.slice(name.lastIndexOf("."))}`;
      rmSync(join(folder, "image"), { recursive: true, force: true });
      put(image, bytes);
      return `imagefolder:${folder}/image`;
    },
  }));
}

async function archives(): Promise<Kind[]> {
  const writer = pack();
  for (const name of ["rgb.png", "75.jpg", "rgb.bmp", "rgb.ppm"]) {
    writer.entry({ name: `cat/${name}` }, Buffer.from(golden.images[name]!.file, "base64"));
  }
  writer.finalize();
  const files = { ...golden.archives, images: Buffer.from(await buffer(writer)).toString("base64") };
  return Object.entries(files).flatMap(([name, file]): Kind[] => [
    {
      ...{ name: `${name}.tar`, bytes: bytesOf(file), entries: [] },
      // Wrapped whole where it is gzipped, so that what was changed is met behind it.
      spec: (bytes, random) => `imagefolder:${put("a.tar", random.below(2) === 0 ? bytes : gzipSync(bytes))}`,
    },
    {
      ...{ name: `${name}.tar.gz`, bytes: gzipSync(bytesOf(file)), entries: [] },
      spec: (bytes) => `imagefolder:${put("a.tar", bytes)}`,
    },
  ]);
}

function arrays(): Kind[] {
  const pixels: NdArray = { dtype: "uint8", shape: [4, 3, 3, 3], data: new Uint8Array(108).fill(7) };
  const labels: NdArray = { dtype: "int64", shape: [4], data: BigInt64Array.from([0n, 1n, 2n, 1n]) };
  const npz = writeNpz(
    new Map<string, NdArray>([
      ["data", pixels],
      ["labels", labels],
    ]),
  );
  const entries = [
    ["data.npy", writeNpy(pixels)],
    ["labels.npy", writeNpy(labels)],
  ] as const;
  const spec = (bytes: Uint8Array) => `npz:${put("a.npz", bytes)}`;
  const whole = put("labels.npy", writeNpy(labels));
  return [
    { name: "npz", bytes: npz, entries, spec },
    { name: "npz with text", bytes: bytesOf(golden.numpy.withText), entries: [], spec },
    { name: "npy", bytes: writeNpy(pixels), entries: [], spec: (bytes) => `npy:${put("images.npy", bytes)},${whole}` },
    {
      ...{ name: "npy of labels", bytes: writeNpy(labels), entries: [] },
      spec: (bytes) => `npy:${put("whole.npy", writeNpy(pixels))},${put("some.npy", bytes)}`,
    },
  ];
}

function batches(): Kind[] {
  const python = Object.entries(golden.numpy.batches).map(
    ([name, file]): Kind => ({
      ...{ name, bytes: bytesOf(file), entries: [] },
      spec: (bytes) => `cifar10:${dirname(put("python/test_batch", bytes))}#test`,
    }),
  );
  return [
    ...python,
    {
      ...{ name: "binary", bytes: new Uint8Array(3 * 3073).fill(5), entries: [] },
      spec: (bytes) => `cifar10:${dirname(put("binary/test_batch.bin", bytes))}#test`,
    },
  ];
}

test(`${COUNT} mutated files of data are read or refused in one line`, async () => {
  vi.stubEnv("ER_DATA_LIMIT", "64MiB");
  const [tars, all] = [await archives(), images()];
  const others = [...all, ...tars, ...arrays(), ...batches()];
  const pieces = others.map(({ bytes }) => bytes);
  // As many of each kind, though there are more forms of images.
  const kinds = [all, tars, arrays(), batches(), all];
  const before = process.memoryUsage().rss;
  let [read, largest, slowest, slowestSeed] = [0, 0, 0, 0];
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const random = randomOf(seed);
    const kind = random.pick(kinds[seed % kinds.length]!);
    const spec = kind.spec(mutated(kind, random, pieces), random);
    const began = performance.now();
    try {
      await loadImageSet(spec, { cache: false });
      read++;
    } catch (error) {
      const where = `seed ${seed} of ${kind.name}`;
      expect(error, `${where}: ${error instanceof Error ? error.stack : error}`).toBeInstanceOf(InputError);
      expect((error as Error).message, where).toMatch(/^[^\n]{1,1003}$/);
    }
    const took = performance.now() - began;
    if (took > slowest) [slowest, slowestSeed] = [took, seed];
    largest = Math.max(largest, process.memoryUsage().rss - before);
  }
  expect(largest).toBeLessThan(MEMORY_LIMIT);
  expect(slowest, `seed ${slowestSeed}`).toBeLessThan(TIME_LIMIT);
  if (COUNT > 1000) {
    console.info(
      `${COUNT} mutations from seed ${SEED}: ${read} read, the others refused; slowest ${slowest.toFixed(0)} ms (seed ${slowestSeed}), most memory ${(largest / 2 ** 20).toFixed(0)} MiB`,
    );
  }
}, 3_600_000);
