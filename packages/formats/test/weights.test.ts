// Every container is read as torch and NumPy read it, and every one that is written is read again bit for bit.

import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memorySource, openFile } from "../src/byte-source.js";
import { InputError } from "../src/errors.js";
import { openTensors } from "../src/open-tensors.js";
import { safetensorsPieces, writeSafetensors } from "../src/safetensors.js";
import { readAll, storedInMemory } from "../src/tensor-file.js";
import { keepsMetadata, writerFor } from "../src/weight-file-writer.js";
import { joined } from "../src/zip-writer.js";
import { bits, oddTensors, readWeightFile, weightFiles } from "./weight-files.js";

const CONTAINERS: Readonly<Record<string, string>> = {
  ...{ dtypes: "torch zip", shared: "torch zip", zip64: "torch zip", deflated: "torch zip", wrapped: "torch zip" },
  ...{ legacy: "torch legacy", legacyViews: "torch legacy", tar: "torch tar", script: "TorchScript", npzZip64: "npz" },
};

describe.each(Object.entries(CONTAINERS))("%s, a %s file", (name, container) => {
  const { bytes, tensors, wrapper } = weightFiles.get(name)!;

  test("is known by its content and holds torch's bits", async () => {
    const file = await openTensors(memorySource(bytes), name);
    expect(file.container).toBe(container);
    expect(file.wrapper).toBe(wrapper);
    expect(bits(await readAll(file.tensors))).toEqual(bits(tensors));
  });

  test("read from a file, tensor by tensor, is the same in any order", async () => {
    const path = join(await mkdtemp(join(tmpdir(), "er-weights-")), "file.bin");
    await writeFile(path, bytes);
    const source = await openFile(path);
    const stored = [...(await openTensors(source, name)).tensors].reverse();
    expect(bits(await readAll(new Map(stored)))).toEqual(bits(tensors));
    await source.close();
  });

  test("cut short anywhere is refused in one line", async () => {
    for (let length = 0; length < bytes.length; length += 17) {
      const error = await readWeightFile(bytes.subarray(0, length)).then(
        () => undefined,
        (thrown) => thrown,
      );
      // tar ends in zeros for far longer than it needs, and nothing is lost with the last of them.
      const lost = container !== "torch tar" || length < bytes.length - 9000;
      if (lost || error !== undefined) expect(error, `${length} of ${bytes.length}`).toBeInstanceOf(InputError);
      if (error !== undefined) expect(error.message).not.toContain("\n");
    }
  });
});

const written = async (name: string, tensors: ReturnType<typeof oddTensors>) => {
  const stored = new Map([...tensors].map(([key, array]) => [key, storedInMemory(array)]));
  const parts: Uint8Array[] = [];
  for await (const part of writerFor(name)(stored, {})) parts.push(part);
  return joined(parts);
};

describe("tensors of every type, 0-d, empty and of one element among them,", () => {
  const all = oddTensors();
  // NumPy has no bfloat16.
  const numpy = new Map([...all].filter(([, { dtype }]) => dtype !== "bfloat16"));
  const endings = ["safetensors", "pth", "npz"];
  const pairs = endings.flatMap((from) => endings.map((to) => [from, to] as const));

  test.each(pairs)("go through %s and then %s bit for bit", async (from, to) => {
    const tensors = from === "npz" || to === "npz" ? numpy : all;
    const first = await readWeightFile(await written(`a.${from}`, tensors));
    const second = await readWeightFile(await written(`b.${to}`, first));
    expect(bits(second)).toEqual(bits(tensors));
  });

  test.each([
    ...["legacy", "legacyViews", "tar", "script", "shared", "dtypes"].flatMap((from) =>
      endings.map((to) => [from, to] as const),
    ),
  ])("of a %s file go through %s bit for bit", async (from, to) => {
    const given = [...weightFiles.get(from)!.tensors];
    const tensors = new Map(to === "npz" ? given.filter(([, { dtype }]) => dtype !== "bfloat16") : given);
    expect(bits(await readWeightFile(await written(`a.${to}`, tensors)))).toEqual(bits(tensors));
  });

  test.each(endings)("are written as %s in the same bytes each time", async (ending) => {
    expect(await written(`a.${ending}`, numpy)).toEqual(await written(`b.${ending}`, numpy));
  });

  test("are written as safetensors in the same bytes piece by piece and at once", async () => {
    expect(await written("a.safetensors", all)).toEqual(writeSafetensors(all));
  });

  test("lie on multiples of 64 bytes in a torch file, as torch has them", async () => {
    const pattern = new Map([["w", oddTensors().get("layer.float64_300")!]]);
    const bytes = await written("a.pt", pattern);
    const elements = Buffer.from(pattern.get("w")!.data.buffer);
    expect(Buffer.from(bytes).indexOf(elements) % 64).toBe(0);
  });
});

describe("metadata", () => {
  const metadata = { "er.model": JSON.stringify({ classNames: ["a\u2028b", "é", "\u001b[31m"] }), other: "PK\x05\x06" };
  const tensor = storedInMemory({ dtype: "float32", shape: [1], data: new Float32Array(1) });
  const writtenWith = async (name: string, given: Record<string, string>) => {
    const parts: Uint8Array[] = [];
    for await (const part of writerFor(name)(new Map([["w", tensor]]), given)) parts.push(part);
    return joined(parts);
  };

  test.each(["safetensors", "npz", "pth"])("go through .%s, in archives as plain ASCII", async (ending) => {
    const bytes = await writtenWith(`a.${ending}`, metadata);
    const { metadata: read } = await openTensors(memorySource(bytes), "a");
    expect(read).toEqual(ending === "safetensors" ? { format: "pt", ...metadata } : metadata);
    expect(keepsMetadata(`a.${ending}`, metadata)).toBe(true);
    if (ending !== "safetensors") {
      const json = /\{"er\.model.*?"other":"[^"]*"\}/s.exec(Buffer.from(bytes).toString("latin1"))![0];
      expect(Buffer.from(json, "latin1").every((byte) => byte >= 0x20 && byte < 0x7f)).toBe(true);
    }
  });

  test("too long for a comment are left out, and that can be told beforehand", async () => {
    const long = { note: "x".repeat(65_530) };
    const kept = ["npz", "safetensors", "pth"].map((ending) => keepsMetadata(`a.${ending}`, long));
    expect(kept).toEqual([false, true, true]);
    expect((await openTensors(memorySource(await writtenWith("a.pth", long)), "a")).metadata).toEqual(long);
    expect((await openTensors(memorySource(await writtenWith("a.npz", long)), "a")).metadata).toEqual({});
  });

  test("of others in a comment are none, broken ones of ours are refused", async () => {
    const plain = Buffer.from(await writtenWith("a.npz", {}));
    const commented = (text: string) => {
      const length = Buffer.from([text.length & 0xff, text.length >> 8]);
      return Buffer.concat([plain.subarray(0, -2), length, Buffer.from(text, "latin1")]);
    };
    expect((await openTensors(memorySource(commented("made by me")), "a")).metadata).toEqual({});
    await expect(openTensors(memorySource(commented('metadata {"a":')), "a.npz")).rejects.toThrow(
      /^a\.npz: the archive's metadata are broken/,
    );
  });
});

describe("files over 4 GiB", () => {
  const MiB = 2 ** 20;

  test("of safetensors are written piece by piece, their length known before", async () => {
    const part = storedInMemory({ dtype: "float32", shape: [32 * MiB], data: new Float32Array(32 * MiB) });
    const { bytes, pieces } = safetensorsPieces(new Map(Array.from({ length: 40 }, (_, i) => [`t${i}`, part])), {});
    const header: Uint8Array[] = [];
    let length = 0;
    for await (const piece of pieces) {
      if (length === 0) header.push(piece);
      length += piece.length;
    }
    expect([length, bytes]).toEqual([bytes, 40 * 128 * MiB + header[0]!.length]);
    const last = JSON.parse(Buffer.from(header[0]!.subarray(8)).toString()).t9;
    expect(last.data_offsets).toEqual([39 * 128 * MiB, 40 * 128 * MiB]);
  });

  test("of safetensors are read where a tensor lies", async () => {
    // Sparse: the file takes a few blocks of the disk.
    const path = join(await mkdtemp(join(tmpdir(), "er-weights-")), "large.safetensors");
    const shape = [640 * MiB];
    const entry = (from: number, to: number, shape: number[]) => ({ dtype: "F32", shape, data_offsets: [from, to] });
    const end = 4 * 640 * MiB * 2;
    const text = JSON.stringify({
      ...{ a: entry(0, end / 2, shape), b: entry(end / 2, end, shape), c: entry(end, end + 8, [2]) },
    }).padEnd(256);
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(256n);
    const file = await open(path, "w");
    await file.write(Buffer.concat([head, Buffer.from(text)]), 0, undefined, 0);
    await file.write(Buffer.from(Float32Array.of(1, 2).buffer), 0, undefined, 264 + end);
    await file.close();
    const source = await openFile(path);
    const { tensors } = await openTensors(source, path);
    expect(source.size).toBeGreaterThan(2 ** 32);
    expect((await tensors.get("c")!.read()).data).toEqual(Float32Array.of(1, 2));
    await source.close();
    await rm(path);
  });
});

test("so many tensors that a header would not be read again are refused when they are written", () => {
  const tensor = storedInMemory({ dtype: "uint8", shape: [0], data: new Uint8Array(0) });
  const names = Array.from({ length: 2000 }, (_, i) => [`${"x".repeat(10_000)}${i}`, tensor] as const);
  expect(() => safetensorsPieces(new Map(names), {})).toThrow(
    /^safetensors: 2000 tensors need a header of \d+ bytes; expected at most 16777216$/,
  );
});

test("bfloat16 as npz is refused, with what to do", async () => {
  await expect(written("a.npz", oddTensors())).rejects.toThrow(
    /^layer\.bfloat16_: NumPy has no type bfloat16; write float32, or \.safetensors/,
  );
});

test("a name that says no container is refused", () => {
  expect(() => writerFor("weights.bin")).toThrow(/weights\.bin: .*expected one that ends in \.safetensors, \.pth/);
});
