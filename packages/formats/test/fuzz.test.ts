// Mutated files of every container are read or refused with an InputError, whatever was changed, in memory that is bounded.
// ER_FUZZ sets how many mutations there are, ER_FUZZ_SEED where they begin.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { memorySource } from "../src/byte-source.js";
import { InputError } from "../src/errors.js";
import { storedInMemory } from "../src/tensor-file.js";
import { writerFor } from "../src/weight-file-writer.js";
import { openZip } from "../src/zip.js";
import { joined } from "../src/zip-writer.js";
import { bytesOf } from "./golden.js";
import { mutated, type Original, randomOf } from "./mutations.js";
import { readWeightFile, weightFiles } from "./weight-files.js";

const COUNT = Number(process.env.ER_FUZZ ?? 450);
const SEED = Number(process.env.ER_FUZZ_SEED ?? 0);

/** Bytes that a file of some kilobytes may take: 64 MiB unpacked, what is read of it and written out, and what Node keeps. */
const MEMORY_LIMIT = 1 << 29;

async function entriesOf(bytes: Uint8Array): Promise<[string, Uint8Array][]> {
  if (bytes[0] !== 0x50) return [];
  const { entries } = await openZip(memorySource(bytes), "original");
  return Promise.all([...entries].map(async ([name, entry]) => [name, await entry.bytes()] as [string, Uint8Array]));
}

async function originals(): Promise<Original[]> {
  const files: { name: string; bytes: Uint8Array }[] = [...weightFiles]
    .filter(([name]) => name !== "bigEndian")
    .map(([name, { bytes }]) => ({ name, bytes }));
  const foreign = JSON.parse(
    readFileSync(new URL("../../../test/golden/formats_foreign.json", import.meta.url), "utf8"),
  ).read;
  for (const name of ["everyLegacy", "every4", "every5", "averaged", "attributes"]) {
    files.push({ name, bytes: bytesOf(foreign[name].file) });
  }
  for (const ending of ["safetensors", "npz", "pt"]) {
    const tensors = [...weightFiles.get("script")!.tensors].map(
      ([name, array]) => [name, storedInMemory(array)] as const,
    );
    const parts: Uint8Array[] = [];
    for await (const part of writerFor(`a.${ending}`)(new Map(tensors), { note: "text" })) parts.push(part);
    files.push({ name: ending, bytes: joined(parts) });
  }
  return Promise.all(files.map(async (file) => ({ ...file, entries: await entriesOf(file.bytes) })));
}

test(`${COUNT} mutated files are read or refused in one line`, async () => {
  const files = await originals();
  const others = files.map(({ bytes }) => bytes);
  const held = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  let [read, largest, slowest, slowestSeed] = [0, 0, 0, 0];
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const random = randomOf(seed);
    const original = files[seed % files.length]!;
    const file = mutated(original, random, others);
    const began = performance.now();
    try {
      await readWeightFile(file, original.name);
      read++;
    } catch (error) {
      expect(error, `seed ${seed} of ${original.name}: ${error instanceof Error ? error.stack : error}`).toBeInstanceOf(
        InputError,
      );
      expect((error as Error).message, `seed ${seed}`).toMatch(/^[^\n]{1,1003}$/);
    }
    const took = performance.now() - began;
    if (took > slowest) [slowest, slowestSeed] = [took, seed];
    largest = Math.max(largest, held() - before);
  }
  expect(largest).toBeLessThan(MEMORY_LIMIT);
  if (COUNT > 1000) {
    console.info(
      `${COUNT} mutations from seed ${SEED}: ${read} read, the others refused; slowest ${slowest.toFixed(0)} ms (seed ${slowestSeed}), most memory ${(largest / 2 ** 20).toFixed(0)} MiB`,
    );
  }
});
