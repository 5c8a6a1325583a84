// Checkpoints with objects of other code beside the weights or around them, as torch wrote them: read where the tensors are plain,
// refused by the name of what would have to run where they are not. Nothing is ever imported or run.

import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { memorySource } from "../src/byte-source.js";
import { InputError } from "../src/errors.js";
import { toFloat32 } from "../src/ndarray.js";
import { openTensors } from "../src/open-tensors.js";
import { PickleWriter } from "../src/pickle-writer.js";
import { storedInMemory } from "../src/tensor-file.js";
import { withoutPrefix } from "../src/tensor-names.js";
import { writerFor } from "../src/weight-file-writer.js";
import { joined, ZipWriter } from "../src/zip-writer.js";
import { bytesOf } from "./golden.js";

interface Golden {
  readonly read: Record<string, { readonly file: string; readonly prefix?: string; readonly leftOut?: string[] }>;
  readonly refused: Record<string, { readonly file: string; readonly names: string }>;
}
const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/formats_foreign.json", import.meta.url), "utf8"),
);

const opened = (file: string) => openTensors(memorySource(bytesOf(file)), "a.pth");

describe("plain tensors among objects of other code are read", () => {
  test.each(Object.entries(golden.read))("%s", async (_, { file, prefix, leftOut = [] }) => {
    const found = await opened(file);
    const values = [...found.tensors].map(async ([name, tensor]) => [name, [...toFloat32(await tensor.read())]]);
    expect(Object.fromEntries(await Promise.all(values))).toEqual({ w: [1, 2, 3], b: [-1] });
    expect(found.prefix).toBe(prefix);
    expect(found.leftOut).toEqual(leftOut);
  });

  test("and what stands as a placeholder is told", async () => {
    const { foreign } = await opened(golden.read.every!.file);
    expect(foreign).toEqual(
      expect.arrayContaining(["argparse.Namespace", "datetime.datetime", "training.script.Mode"]),
    );
  });
});

describe("tensors that only the code of others could put together are refused by its name", () => {
  test.each(Object.entries(golden.refused))("%s", async (_, { file, names }) => {
    const error = await opened(file).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(error?.message).toMatch(/^a\.pth.*whose code would have to run to get at tensors; nothing was run/);
    expect(error?.message).toContain(`"${names}"`);
    expect(error?.message).not.toContain("\n");
  });
});

/** A file of torch.save that holds `w` = [0] and, under "x", what a call of a global gives. */
function calling(module: string, name: string): Uint8Array {
  const pickle = new PickleWriter().op("}(").text("w").global("torch._utils", "_rebuild_tensor_v2").op("((");
  pickle.text("storage").global("torch", "FloatStorage").text("0").text("cpu").int(1).op("tQ");
  pickle.int(0).ints([1]).ints([1]).op("\x89NtR");
  pickle.text("x").global(module, name).op("(").text("touch /tmp/never").op("tRu");
  const zip = new ZipWriter();
  const parts = [...zip.add("a/data.pkl", [pickle.end()]), ...zip.add("a/data/0", [new Uint8Array(4)])];
  return joined([...parts, zip.end()]);
}

test.each([
  ...[
    "os system",
    "posix system",
    "nt system",
    "subprocess Popen",
    "builtins eval",
    "__builtin__ exec",
    "builtins open",
  ],
  ...["builtins __import__", "runpy run_path", "importlib import_module", "pickle loads", "sys exit", "socket socket"],
])("a file that calls %s is refused by it, and runs nothing", async (called) => {
  const [module, name] = called.split(" ") as [string, string];
  await expect(openTensors(memorySource(calling(module, name)), "evil.pth")).rejects.toThrow(
    `evil.pth: the pickle has the global "${module}.${name}", which is not allowed; nothing was run`,
  );
});

test("a function of anybody else's is a name here, and is not looked for", async () => {
  const spy = vi.spyOn(process, "emitWarning");
  const { tensors, foreign, leftOut } = await openTensors(memorySource(calling("child_process", "execSync")), "a.pth");
  expect([[...tensors.keys()], foreign, leftOut]).toEqual([["w"], ["child_process.execSync"], ["x"]]);
  expect(spy).not.toHaveBeenCalled();
});

test("one tensor without the prefix keeps it on all", () => {
  const names = (...given: string[]) => {
    const { tensors, prefix, counters } = withoutPrefix(new Map(given.map((name) => [name, 0])));
    return [[...tensors.keys()], prefix, counters];
  };
  expect(names("model.w", "criterion.w")).toEqual([["model.w", "criterion.w"], undefined, []]);
  expect(names("n_averaged", "w")).toEqual([["n_averaged", "w"], undefined, []]);
  expect(names("n_averaged")).toEqual([["n_averaged"], undefined, []]);
  expect(names("module.", "module.w")).toEqual([["module.", "module.w"], undefined, []]);
  expect(names()).toEqual([[], undefined, []]);
});

test.each(["safetensors", "npz", "pth"])("names of a .%s file lose their prefix too", async (ending) => {
  const array = { dtype: "float32", shape: [1], data: new Float32Array(1) } as const;
  const parts: Uint8Array[] = [];
  const given = new Map([["_orig_mod.w", storedInMemory(array)]]);
  for await (const part of writerFor(`a.${ending}`)(given, {})) parts.push(part);
  const { tensors, prefix } = await openTensors(memorySource(joined(parts)), "a");
  expect([[...tensors.keys()], prefix]).toEqual([["w"], "_orig_mod."]);
});

test("an npz file with text and objects beside its numbers is read without them, and they are named", async () => {
  const header = (descr: string) => {
    const literal = `{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }`.padEnd(117);
    return Buffer.from(`\x93NUMPY\x01\0\x76\0${literal}\n`, "latin1");
  };
  const zip = new ZipWriter();
  const parts = [
    ...zip.add("w.npy", [header("'<f4'"), new Uint8Array(4)]),
    ...zip.add("names.npy", [header("'<U2'"), new Uint8Array(8)]),
    ...zip.add("objects.npy", [header("'|O'"), new Uint8Array(8)]),
    ...zip.add("records.npy", [header("[('a', '<f4')]"), new Uint8Array(4)]),
  ];
  const file = joined([...parts, zip.end()]);
  const { tensors, leftOut } = await openTensors(memorySource(file), "a.npz");
  expect([[...tensors.keys()], leftOut]).toEqual([["w"], ["names", "objects", "records"]]);
  const broken = new ZipWriter();
  const bad = [...broken.add("w.npy", [header("'<f4'").fill(0x20, 40, 60), new Uint8Array(4)])];
  await expect(openTensors(memorySource(joined([...bad, broken.end()])), "a.npz")).rejects.toThrow(
    /^a\.npz\[w\]: .npy/,
  );
});
