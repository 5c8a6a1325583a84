// npy, npz, safetensors and CIFAR batches against the packages that define them.

import { describe, expect, test } from "vitest";
import { readCifarBinary, readCifarPython } from "../src/cifar.js";
import { InputError } from "../src/errors.js";
import { type NdArray, toFloat32 } from "../src/ndarray.js";
import { readNpy, writeNpy } from "../src/npy.js";
import { readNpz, writeNpz } from "../src/npz.js";
import { readSafetensors, writeSafetensors } from "../src/safetensors.js";
import { bytesOf, golden } from "./golden.js";

const numbers = (length: number) => Array.from({ length }, (_, i) => i);

describe("npy", () => {
  test("in Fortran order becomes C order", () => {
    const array = readNpy(bytesOf(golden.numpy.fortran));
    expect(array).toMatchObject({ dtype: "float64", shape: [2, 3, 4] });
    expect([...toFloat32(array)]).toEqual(numbers(24));
  });

  test("big-endian becomes little-endian", () => {
    expect(readNpy(bytesOf(golden.numpy.bigEndian))).toEqual({
      dtype: "int32",
      shape: [5],
      data: Int32Array.from([0, -3, -6, -9, -12]),
    });
  });

  test("half floats widen exactly", () => {
    expect([...toFloat32(readNpy(bytesOf(golden.numpy.half)))]).toEqual([0.0999755859375, -2]);
  });

  test("is written as NumPy writes it, byte for byte", () => {
    const bytes = bytesOf(golden.numpy.c);
    expect(writeNpy(readNpy(bytes))).toEqual(bytes);
  });

  test("of Python objects is refused", () => {
    expect(() => readNpy(bytesOf(golden.numpy.object), "o.npy")).toThrow(/o\.npy: .*expected a plain number type/);
  });

  test("of more axes than NumPy has is refused before any are walked", () => {
    const literal = `{'descr': '|u1', 'fortran_order': True, 'shape': (${"1, ".repeat(65)}), }`;
    const bytes = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${literal}x`, "latin1");
    bytes.writeUInt16LE(literal.length, 8);
    expect(() => readNpy(bytes, "deep.npy")).toThrow("deep.npy: a shape of 65 axes; expected at most 64");
  });

  test("cut short is refused at every length", () => {
    const bytes = bytesOf(golden.numpy.c);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readNpy(bytes.subarray(0, length))).toThrow(InputError);
    }
  });
});

describe("npz", () => {
  test("gives its arrays by key", async () => {
    const arrays = await readNpz(bytesOf(golden.numpy.npz));
    expect([...arrays.keys()]).toEqual(["a", "b"]);
    expect(arrays.get("b")!.shape).toEqual([2, 2]);
  });

  test("is read as it was written, and written in the same bytes again", async () => {
    const arrays = await readNpz(bytesOf(golden.numpy.npz));
    const bytes = writeNpz(arrays);
    expect(await readNpz(bytes)).toEqual(arrays);
    expect(writeNpz(arrays)).toEqual(bytes);
  });

  test("is inflated where it is compressed", async () => {
    expect((await readNpz(bytesOf(golden.numpy.npzCompressed))).get("zeros")!.data.length).toBe(50_000);
  });

  test("cut short is refused at every length", async () => {
    const bytes = bytesOf(golden.numpy.npz);
    for (let length = 0; length < bytes.length; length++) {
      await expect(readNpz(bytes.subarray(0, length), "cut.npz")).rejects.toThrow(InputError);
    }
  });

  test("whose entry claims more than deflate can hold is refused", async () => {
    const bytes = bytesOf(golden.numpy.npzCompressed);
    const view = new DataView(bytes.buffer);
    const central = Buffer.from(bytes).indexOf("PK\x01\x02", 0, "latin1");
    view.setUint32(central + 24, 0x7fffffff, true);
    await expect(readNpz(bytes, "bomb.npz")).rejects.toThrow(/bomb\.npz: .*2147483647 bytes unpacked.*zip bomb/);
  });
});

describe("safetensors", () => {
  const file = bytesOf(golden.safetensors.file);

  test("of the reference implementation is read", () => {
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata).toEqual({ step: "12" });
    expect([...toFloat32(tensors.get("w")!)]).toEqual(golden.torch.values.plain!.values);
    expect([...toFloat32(tensors.get("h")!)]).toEqual(golden.torch.values.half!.values);
    expect([...toFloat32(tensors.get("b")!)]).toEqual(golden.torch.values.bfloat16!.values);
    expect(tensors.get("l")!.data).toEqual(BigInt64Array.from([0n, 1n, 2n, 3n, 4n, 5n]));
  });

  test("is written to the same bytes whatever the order of the map", () => {
    const { tensors, metadata } = readSafetensors(file);
    const written = writeSafetensors(tensors, metadata);
    expect(writeSafetensors(new Map([...tensors].reverse()), metadata)).toEqual(written);
    expect(readSafetensors(written).metadata).toEqual({ format: "pt", ...metadata });
    for (const [name, array] of tensors) expect(readSafetensors(written).tensors.get(name)).toEqual(array);
  });

  test("says the format that readers of Hugging Face ask for, unless another is given", () => {
    expect(readSafetensors(writeSafetensors(new Map())).metadata).toEqual({ format: "pt" });
    expect(readSafetensors(writeSafetensors(new Map(), { format: "tf" })).metadata).toEqual({ format: "tf" });
  });

  test("a tensor may be named like a property of every object", () => {
    const array: NdArray = { dtype: "float32", shape: [1], data: new Float32Array([4]) };
    const tensors = new Map([
      ["constructor", array],
      ["toString", array],
    ]);
    expect(readSafetensors(writeSafetensors(tensors)).tensors).toEqual(tensors);
  });

  test("cut short is refused at every length", () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => readSafetensors(file.subarray(0, length), "cut")).toThrow(InputError);
    }
  });

  test.each([
    ["ranges that overlap", { a: entry([1], 0, 4), b: entry([1], 0, 4) }, 4, /overlap/],
    ["a gap", { a: entry([1], 4, 8) }, 8, /gap/],
    ["a shape that does not fit", { a: entry([2], 0, 4) }, 4, /do not fit F32 \[2\]/],
    ["a negative offset", { a: entry([1], -4, 0) }, 4, /bad safetensors header/],
    ["an unknown type", { a: { ...entry([1], 0, 4), dtype: "Q9" } }, 4, /type Q9/],
    ["bytes of no tensor", { a: entry([1], 0, 4) }, 9, /cover 4 of 9 bytes/],
  ])("with %s is refused", (_, header, bodyLength, message) => {
    const text = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + bodyLength);
    bytes[0] = text.length;
    bytes.set(text, 8);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});

function entry(shape: number[], begin: number, end: number) {
  return { dtype: "F32", shape, data_offsets: [begin, end] };
}

describe("a CIFAR-10 batch", () => {
  const expected = { n: 2, images: bytesOf(golden.cifar.images), labels: Uint8Array.from([3, 9]) };

  test("is the same from the binary and both python versions", () => {
    expect(readCifarBinary(bytesOf(golden.cifar.binary))).toEqual(expected);
    expect(readCifarPython(bytesOf(golden.cifar.python2))).toEqual(expected);
    expect(readCifarPython(bytesOf(golden.cifar.python3))).toEqual(expected);
  });

  test("is the same as Python 2 pickled it, with text for bytes", () => {
    const planes = bytesOf(golden.cifar.binary);
    const data = [1, 3074].map((at) => Buffer.from(planes.subarray(at, at + 3072)).toString("latin1")).join("");
    const dtype = "cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb";
    const empty = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R";
    const array = `${empty}(K\x01K\x02M\x00\x0c\x86${dtype}\x89T\x00\x18\x00\x00${data}tb`;
    const batch = `\x80\x02}(U\x0bbatch_labelU\x01xU\x06labels](K\x03K\x09eU\x04data${array}u.`;
    expect(readCifarPython(Buffer.from(batch, "latin1"))).toEqual(expected);
  });

  test("with a label over 9 or cut short is refused", () => {
    const bytes = bytesOf(golden.cifar.binary);
    expect(() => readCifarBinary(bytes.subarray(1))).toThrow(/expected a multiple of 3073/);
    bytes[3073] = 10;
    expect(() => readCifarBinary(bytes, "b.bin")).toThrow(/b\.bin: label 10 of image 1; expected 0 to 9/);
    expect(() => readCifarPython(bytesOf(golden.cifar.python2).subarray(0, 3000))).toThrow(InputError);
  });
});
