// torch checkpoints: what torch wrote is read back, and what could run is refused by name.

import { describe, expect, test, vi } from "vitest";
import { memorySource, openFile } from "../src/byte-source.js";
import { InputError } from "../src/errors.js";
import { toFloat32 } from "../src/ndarray.js";
import { NUMPY_GLOBALS } from "../src/numpy-pickle.js";
import { openTensors } from "../src/open-tensors.js";
import { unpickle } from "../src/pickle.js";
import { readAll } from "../src/tensor-file.js";
import { bytesOf, golden } from "./golden.js";
import { missing, sharedData } from "./shared-data.js";

const readTorch = async (bytes: Uint8Array, what = "torch") =>
  readAll((await openTensors(memorySource(bytes), what)).tensors);

describe.each(["zip", "legacy"] as const)("a %s checkpoint", async (form) => {
  const bytes = bytesOf(golden.torch[form]);
  const tensors = await readTorch(bytes);

  test("has the names torch gave, without the prefix of DataParallel", () => {
    expect([...tensors.keys()]).toEqual(Object.keys(golden.torch.values));
  });

  test.each(Object.entries(golden.torch.values))("holds torch's values of %s in C order", (name, { shape, values }) => {
    const array = tensors.get(name)!;
    expect(array.shape).toEqual(shape);
    expect([...toFloat32(array)]).toEqual(values.map(Math.fround));
  });

  test("gives each tensor elements of its own, shared storage or not", () => {
    expect(tensors.get("long")!.data.buffer).not.toBe(tensors.get("long_tail")!.data.buffer);
  });

  test("is refused in one line at every length it may be cut to", async () => {
    for (let length = 0; length < bytes.length; length += 13) {
      const error = await caught(() => readTorch(bytes.subarray(0, length)));
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).not.toContain("\n");
    }
  });

  test("with any one byte changed is read or refused, and nothing else happens", async () => {
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = bytes.slice();
      changed[at] = changed[at]! ^ 0xff;
      const error = await caught(() => readTorch(changed));
      if (error !== undefined) expect(error, `byte ${at}`).toBeInstanceOf(InputError);
    }
  });
});

test("a module's own state_dict, with its _metadata, is read", async () => {
  expect([...(await readTorch(bytesOf(golden.torch.module))).keys()]).toEqual([
    "weight",
    "bias",
    "running_mean",
    "running_var",
    "num_batches_tracked",
  ]);
});

test.each(["harmfulZip", "harmfulLegacy"] as const)(
  "%s names a function: refused by its name, not called",
  async (form) => {
    const print = vi.spyOn(process.stdout, "write");
    await expect(readTorch(bytesOf(golden.torch[form]), "evil.pt")).rejects.toThrow(
      /evil\.pt: .*"(builtins|__builtin__)\.print"/,
    );
    expect(print.mock.calls.flat().join("")).not.toContain("this must never be printed");
    print.mockRestore();
  },
);

test("a whole module is refused by the name of its class", async () => {
  await expect(readTorch(bytesOf(golden.torch.wholeModule))).rejects.toThrow(/"torch\.nn\.modules\.linear\.Linear"/);
});

describe("a crafted pickle", () => {
  const read = (text: string) => unpickle(Buffer.from(text, "latin1"), { what: "crafted", globals: new Map() });

  test.each([
    ["an opcode that makes instances", "(i__main__\nX\n.", /opcode 0x69/],
    ["an instance of what is no class", "N)\x81.", /no class/],
    ["an extension code", "\x82\x01.", /opcode 0x82/],
    ["a text longer than the file", "X\xff\xff\xff\x7fab.", /truncated/],
    ["a text of 2^63 bytes", "\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", /truncated/],
    ["an endless integer", "\x8b\xff\xff\xff\x7f.", /integer of 2147483647 bytes/],
    ["an empty stack", ".", /empty stack/],
    ["a missing mark", "]e.", /no mark/],
    ["a missing memo", "h\x01.", /no memo 1/],
    ["a global by the stack", "\x8c\x02os\x8c\x06system\x93.", /"os\.system"/],
  ])("with %s is refused", (_, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(InputError);
  });

  test("that hands one long text to a function over and over is refused before memory grows with it", () => {
    const text = `X\x40\x0d\x03\x00${"x".repeat(200_000)}q\x00\x8c\x06latin1q\x01`;
    const pickle = Buffer.from(`${text}${"c_codecs\nencode\nh\x00h\x01\x86R".repeat(1000)}.`, "latin1");
    expect(() => unpickle(pickle, { what: "crafted", globals: NUMPY_GLOBALS })).toThrow(
      "crafted: the pickle has values used over and over, far beyond the size of the file",
    );
  });

  test("that sets one long key of bytes over and over is refused", () => {
    const key = `B\x40\x0d\x03\x00${"x".repeat(200_000)}q\x00`;
    expect(() => read(`${key}}${"h\x00Ns".repeat(1000)}.`)).toThrow(/^crafted: .*used over and over/);
  });

  test("whose function refuses its arguments is told by the name of the file", () => {
    const pickle = Buffer.from("cnumpy\ndtype\nK\x01\x85R.", "latin1");
    expect(() => unpickle(pickle, { what: "a.pt", globals: NUMPY_GLOBALS })).toThrow(
      /^a\.pt: .*dtype without its code/,
    );
  });

  test("whose list holds itself is read without end", () => {
    const { value } = read("]q\x00h\x00a.");
    expect(Array.isArray(value) && value[0]).toBe(value);
  });
});

describe("a crafted legacy checkpoint", () => {
  const opening = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.";
  const read = (object: string) => readTorch(Buffer.from(`${opening}${object}.\x80\x02].`, "latin1"), "crafted.pt");

  test("whose keys are lists that share each other, 2^60 deep in text, is refused without writing them out", async () => {
    const memo = (index: number) => String.fromCharCode(index);
    const levels = Array.from({ length: 60 }, (_, i) => `](h${memo(i)}h${memo(i)}eq${memo(i + 1)}`);
    await expect(read(`}(]q\x00${levels.join("")}K\x01u`)).rejects.toThrow(/no tensors .*it holds: a list of/);
  });

  test("whose storage key is a list nested 200,000 deep is refused, the stack unharmed", async () => {
    const key = `${"]".repeat(200_000)}${"a".repeat(199_999)}`;
    await expect(read(`(\x8c\x07storagectorch\nFloatStorage\n${key}\x8c\x03cpuK\x01NtQ`)).rejects.toThrow(
      /^crafted\.pt: .*a list of 1 as the key of a storage/,
    );
  });

  test("whose names hold line ends is refused in one line", async () => {
    const error = await caught(() => read("\x8c\x04a\nos\x8c\x03x\r\n\x93"));
    expect((error as Error).message).toContain("a\\u000aos.x\\u000d\\u000a");
    expect((error as Error).message).not.toMatch(/[\r\n]/);
  });
});

test("a tensor that strides of 0 blow up past what a file may grow to is refused before it is made", async () => {
  const key = "\x8c\x010";
  const storage = `(\x8c\x07storagectorch\nFloatStorage\n${key}\x8c\x03cpuK\x01NtQ`;
  const extent = "J\x00\x00\x00\x40";
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00${extent}\x85K\x00\x85\x89NtR`;
  const magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  const body = `\x80\x02}\x8c\x01w${tensor}s.\x80\x02]${key}a.\x01\0\0\0\0\0\0\0\0\0\0\0`;
  const file = Buffer.from(`${magic}\x80\x02M\xe9\x03.\x80\x02}.${body}`, "latin1");
  await expect(readTorch(file, "bomb.pt")).rejects.toThrow(/bomb\.pt: its tensors take 4294967296 bytes/);
});

describe.skipIf(missing("checkpoints"))("the published CIFAR-10 checkpoints", () => {
  // Parameters of the CIFAR ResNets with option-A shortcuts, running statistics and batch counters included.
  test.each([
    ["resnet20-12fca82f.th", 269_722, 0.1936],
    ["resnet56-4bfd9763.th", 853_018, 0.1347],
  ])("%s has its published number of parameters", async (file, parameters, firstBias) => {
    const source = await openFile(`${sharedData}/checkpoints/${file}`);
    const tensors = await readAll((await openTensors(source, file)).tensors);
    await source.close();
    const learned = [...tensors].filter(([name]) => !/running_|num_batches/.test(name));
    expect(learned.reduce((sum, [, array]) => sum + array.data.length, 0)).toBe(parameters);
    expect(toFloat32(tensors.get("linear.bias")!)[0]).toBeCloseTo(firstBias, 4);
  });
});

async function caught(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}
