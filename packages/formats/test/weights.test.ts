// Every container is read as torch and NumPy read it, and every one that is written is read again bit for bit.

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memorySource, openFile } from "../src/byte-source.js";
import { InputError } from "../src/errors.js";
import { openTensors } from "../src/open-tensors.js";
import { writeSafetensors } from "../src/safetensors.js";
import { readAll, storedInMemory } from "../src/tensor-file.js";
import { writerFor } from "../src/weight-file-writer.js";
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

test("bfloat16 as npz is refused, with what to do", async () => {
  await expect(written("a.npz", oddTensors())).rejects.toThrow(
    /^layer\.bfloat16_: NumPy has no type bfloat16; write float32, or \.safetensors/,
  );
});

test("a name that says no container is refused", () => {
  expect(() => writerFor("weights.bin")).toThrow(/weights\.bin: .*expected one that ends in \.safetensors, \.pth/);
});
