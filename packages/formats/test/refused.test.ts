// What is no file of weights, is broken, or was crafted, is refused in one line that says what was wrong.

import { mkdtemp, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { memorySource, openFile } from "../src/byte-source.js";
import { InputError } from "../src/errors.js";
import { openTensors } from "../src/open-tensors.js";
import { unpickle } from "../src/pickle.js";
import { PickleWriter } from "../src/pickle-writer.js";
import { openZip } from "../src/zip.js";
import { joined, ZipWriter } from "../src/zip-writer.js";
import { readWeightFile, weightFiles } from "./weight-files.js";

const latin1 = (text: string) => Buffer.from(text, "latin1");

async function refusal(bytes: Uint8Array, what = "bad.bin"): Promise<string> {
  const error = await readWeightFile(bytes, what).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).not.toContain("\n");
  return error.message;
}

function zipOf(entries: Readonly<Record<string, Uint8Array>>): Buffer {
  const zip = new ZipWriter();
  const parts = Object.entries(entries).flatMap(([name, content]) => zip.add(name, [content]));
  return Buffer.from(joined([...parts, zip.end()]));
}

/** A file of torch.save of one float32 tensor `w`. */
function torchZip(elements: number, shape: readonly number[], more: Readonly<Record<string, Uint8Array>> = {}): Buffer {
  const pickle = new PickleWriter().op("}").text("w").global("torch._utils", "_rebuild_tensor_v2").op("((");
  pickle.text("storage").global("torch", "FloatStorage").text("0").text("cpu").int(elements).op("tQ");
  pickle
    .int(0)
    .ints(shape)
    .ints(shape.map(() => 1))
    .op("\x89NtRs");
  return zipOf({ "archive/data.pkl": pickle.end(), ...more });
}

const CENTRAL = "PK\x01\x02";
const LOCAL = "PK\x03\x04";

/** A field of every record with this signature set. */
function patched(bytes: Buffer, signature: string, offset: number, value: number, width: 2 | 4 = 4): Buffer {
  const out = Buffer.from(bytes);
  for (let at = out.indexOf(signature, 0, "latin1"); at >= 0; at = out.indexOf(signature, at + 1, "latin1")) {
    out.writeUIntLE(value, at + offset, width);
  }
  return out;
}

describe("a file that holds no weights", () => {
  test.each([
    ["nothing", "", /no file of weights that is known; expected safetensors, a file of torch\.save/],
    ["noise", "something else altogether, long enough", /no file of weights that is known/],
    ["a web page", "<!DOCTYPE html><html>", /text, perhaps a web page saved in its place/],
    ["gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", /compressed with gzip; unpack it first/],
    ["one NumPy array", "\x93NUMPY\x01\x00", /a single NumPy array without a name; save it with numpy\.savez/],
    ["HDF5", "\x89HDF\r\n\x1a\n", /HDF5, which is not read; convert it to safetensors/],
    ["a plain pickle", "\x80\x02}.", /a pickle without torch's magic number/],
  ])("but %s", async (_, text, message) => {
    expect(await refusal(latin1(text))).toMatch(message);
  });

  test("but a zip archive of something else", async () => {
    expect(await refusal(zipOf({ "readme.txt": latin1("hello") }))).toMatch(
      /without data\.pkl and without \.npy \(it holds: readme\.txt\)/,
    );
  });

  test("because it is not there, or a folder", async () => {
    await expect(openFile("/nowhere/w.pt")).rejects.toThrow("/nowhere/w.pt: cannot be read (ENOENT); check the path");
    await expect(openFile("/")).rejects.toThrow(/not a regular file/);
  });
});

describe("a zip archive", () => {
  const npz = zipOf({ "a.npy": new Uint8Array(200) });

  test("that is encrypted", async () => {
    // Encryption puts 12 bytes before an entry.
    const encrypted = patched(patched(npz, CENTRAL, 8, 0x0801, 2), CENTRAL, 20, npz.readUInt32LE(18) + 12);
    expect(await refusal(encrypted)).toMatch(/"a\.npy" .*is encrypted; unpack it with its password first/);
    expect(await refusal(patched(npz, CENTRAL, 8, 0x0841, 2))).toMatch(/encrypted zip archive/);
  });

  test("packed by a method that is not read", async () => {
    expect(await refusal(patched(npz, CENTRAL, 10, 12, 2))).toMatch(
      /packed by method 12; expected stored \(0\) or deflated/,
    );
  });

  test("with two entries of one name", async () => {
    const bytes = latin1(
      zipOf({ "a.npy": latin1("x"), "b.npy": latin1("x") })
        .toString("latin1")
        .replaceAll("b.npy", "a.npy"),
    );
    expect(await refusal(bytes)).toMatch(/entry "a\.npy" of the zip archive is there twice/);
  });

  test("whose entries share bytes", async () => {
    const bytes = zipOf({ "a.npy": new Uint8Array(100), "b.npy": new Uint8Array(100) });
    expect(await refusal(patched(bytes, CENTRAL, 42, 0))).toMatch(/entry "a\.npy" reaches past byte 0/);
  });

  /** Zeros, deflated; the directory says `size`. */
  const bomb = (zeros: number, size: number) => {
    const packed = deflateRawSync(Buffer.alloc(zeros));
    const sized = patched(patched(zipOf({ "a.npy": packed }), CENTRAL, 24, size), LOCAL, 22, size);
    return patched(patched(sized, CENTRAL, 10, 8, 2), LOCAL, 8, 8, 2);
  };

  test("that is a bomb is refused before it is unpacked", async () => {
    const size = 100 * 2 ** 20;
    expect(await refusal(bomb(size, size))).toMatch(
      /to 104857600 bytes unpacked, in a file of \d+; refused as a zip bomb/,
    );
  });

  test("whose entry unpacks to more than it says is given up there", async () => {
    const entry = (await openZip(memorySource(bomb(2 ** 24, 1000)), "bomb.npz")).entries.get("a.npy")!;
    await expect(entry.bytes()).rejects.toThrow(/^bomb\.npz: entry "a\.npy" .*cannot be unpacked to its 1000 bytes/);
  });

  test("that claims entries without number", async () => {
    const end = Buffer.from(weightFiles.get("zip64")!.bytes);
    end.writeBigUInt64LE(1n << 50n, end.lastIndexOf("PK\x06\x06", undefined, "latin1") + 32);
    expect(await refusal(end)).toMatch(/a zip archive of 1125899906842624 entries; expected at most 100000/);
  });
});

describe("a torch file", () => {
  test("of a big-endian machine", async () => {
    expect(await refusal(weightFiles.get("bigEndian")!.bytes)).toMatch(/byteorder "big"; expected "little"/);
    for (const name of ["legacyViews", "tar"]) {
      const bytes = Buffer.from(weightFiles.get(name)!.bytes);
      const at = bytes.indexOf("\x88", bytes.indexOf("little_endian"), "latin1");
      bytes.write("\x89", at, "latin1");
      expect(await refusal(bytes)).toMatch(/saved on a big-endian machine, which is not read/);
    }
  });

  test("without the storage of a tensor", async () => {
    expect(await refusal(torchZip(4, [4]))).toMatch(/^bad\.bin\[w\]: storage "0" is missing from the file/);
  });

  test("whose storage is shorter than it says", async () => {
    const bytes = torchZip(4, [4], { "archive/data/0": new Uint8Array(12) });
    expect(await refusal(bytes)).toMatch(/storage "0" has 12 bytes; expected 4 elements of float32/);
  });

  test("with a tensor that reaches outside its storage", async () => {
    const bytes = torchZip(4, [5], { "archive/data/0": new Uint8Array(16) });
    expect(await refusal(bytes)).toMatch(/^bad\.bin\[w\]: \[5\] reaches past its storage's 4 elements/);
  });

  test("with a tensor that reaches outside its view of a storage", async () => {
    const bytes = Buffer.from(weightFiles.get("legacyViews")!.bytes);
    // The view ("101", 4, 6), one element shorter.
    const view = bytes.indexOf("101q", 0, "latin1");
    bytes.write("K\x05", bytes.indexOf("K\x06", view, "latin1"), "latin1");
    expect(await refusal(bytes)).toMatch(/^bad\.bin\[part\]: \[2, 3\] reaches past its storage's 5 elements/);
  });

  test("whose tensors would take far more than it holds", async () => {
    const bytes = Buffer.from(torchZip(1, [2 ** 27], { "archive/data/0": new Uint8Array(4) }));
    // A stride of 0 for the 1 that torchZip gives.
    const stride = bytes.indexOf("(K\x01t", 0, "latin1");
    bytes.write("(K\x00t", stride, "latin1");
    expect(await refusal(bytes)).toMatch(/its tensors take 536870912 bytes written out/);
  });

  test("in a tar archive with a member twice, or one missing", async () => {
    const bytes = Buffer.from(weightFiles.get("tar")!.bytes);
    expect(await refusal(Buffer.concat([bytes.subarray(0, 1024), bytes]))).toMatch(
      /"sys_info" is in the archive twice/,
    );
    const end = Buffer.concat([bytes.subarray(0, 1024), Buffer.alloc(1024)]);
    expect(await refusal(end)).toMatch(/a tar archive without "storages" \(it holds: sys_info\)/);
  });

  test("in a tar archive that counts more storages than it has", async () => {
    const text = weightFiles.get("tar")!.bytes;
    const bytes = Buffer.from(text);
    const count = bytes.indexOf("\x80\x02K\x02.", 0, "latin1");
    bytes.write("\x80\x02K\xff.", count, "latin1");
    expect(await refusal(bytes)).toMatch(/bad\.bin: storages/);
  });

  test("in a tar archive whose counts and keys are lists, nested far deeper than a stack", async () => {
    const bytes = Buffer.from(weightFiles.get("tar")!.bytes);
    const deep = `${"]".repeat(100_000)}${"a".repeat(99_999)}.`;
    const [sysInfo, rest] = [bytes.subarray(0, 1024), bytes.subarray(1024)];
    const storages = (content: string) => {
      const member = Buffer.alloc(512 + Math.ceil(content.length / 512) * 512);
      rest.copy(member, 0, 0, 512);
      member.fill(0, 0, 100).write("storages", 0, "latin1");
      member.write(content.length.toString(8).padStart(11, "0"), 124, "latin1");
      member.fill(0x20, 148, 156);
      const sum = member.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      member.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
      member.write(content, 512, "latin1");
      return Buffer.concat([sysInfo, member, Buffer.alloc(1024)]);
    };
    expect(await refusal(storages(`\x80\x02${deep}`))).toMatch(
      /storages: at byte \d+ is a list of 1; expected how many/,
    );
    const keyed = `\x80\x02K\x01.\x80\x02${deep.slice(0, -1)}X\x03\0\0\0cpuctorch\nFloatStorage\n\x87.${"\0".repeat(8)}`;
    expect(await refusal(storages(keyed))).toMatch(/an object numbered a list of 1; expected a number of its own/);
  });

  test("of TorchScript with modules nested without end", async () => {
    const levels = 101;
    const open = "c__torch__\nModule\n)\x81}X\x01\x00\x00\x00m";
    const script = latin1(`\x80\x02${open.repeat(levels)}c__torch__\nModule\n)\x81${"sb".repeat(levels)}.`);
    const bytes = zipOf({ "m/data.pkl": script, "m/constants.pkl": latin1("\x80\x02).") });
    expect(await refusal(bytes)).toMatch(/modules nested over 100 deep/);
  });

  test("of TorchScript whose modules share each other, 2^60 in all", async () => {
    const names = Array.from({ length: 60 }, (_, i) => String.fromCharCode(i));
    const module = (child: string) =>
      `c__torch__\nModule\n)\x81}(X\x01\x00\x00\x00a${child}X\x01\x00\x00\x00b${child}ub`;
    const text = names.map((name, i) => `${module(i === 0 ? "N" : `h${names[i - 1]}`)}q${name}0`).join("");
    const bytes = zipOf({ "m/data.pkl": latin1(`\x80\x02${text}h\x3b.`), "m/constants.pkl": latin1("\x80\x02).") });
    expect(await refusal(bytes)).toMatch(/over 262144 modules and tensors/);
  });

  test("of a class that TorchScript does not define, in an archive of it", async () => {
    const script = latin1("\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.");
    const bytes = zipOf({ "m/data.pkl": script, "m/constants.pkl": latin1("\x80\x02).") });
    expect(await refusal(bytes)).toMatch(/the global "os\.system", which is not allowed; nothing was run/);
  });
});

describe("a pickle", () => {
  const read = (text: string) => unpickle(latin1(text), { what: "crafted", globals: new Map() });

  test("nested over a thousand deep", () => {
    expect(() => read("(".repeat(1001))).toThrow(/^crafted: .*nested over 1000 deep/);
  });

  test("of more values than any state dict has", () => {
    expect(() => read("N".repeat(2 ** 21 + 1))).toThrow(/^crafted: .*over 2097152 values/);
  });
});

describe("safetensors", () => {
  const file = (header: string, data = 0) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, latin1(header), Buffer.alloc(data)]);
  };
  const entry = '{"dtype":"U8","shape":[4],"data_offsets":[0,4]}';

  test("that names a tensor twice", async () => {
    expect(await refusal(file(`{"a":${entry},"a":${entry}}`, 4))).toMatch(/the header names a tensor twice/);
  });

  test("whose header is nested without end", async () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(await refusal(file(`{"a":{"dtype":"U8","shape":${deep},"data_offsets":[0,0]}}`))).toMatch(
      /bad safetensors header|not JSON/,
    );
  });

  test("whose header is longer than the file", async () => {
    const bytes = file(`{"a":${entry}}`, 4);
    bytes.writeUInt32LE(0x7fffffff, 0);
    expect(await refusal(bytes)).toMatch(/header of 2147483647 bytes in a file of \d+; .*truncated/);
  });

  test("whose header would take gigabytes once parsed", async () => {
    const bytes = file("", 2 ** 24 + 1);
    bytes.writeUInt32LE(2 ** 24 + 1, 0);
    bytes.write("{", 8);
    expect(await refusal(bytes)).toMatch(/header of 16777217 bytes; expected at most 16777216/);
  });

  test("whose shape has more elements than can be counted", async () => {
    const shape = "[4294967296,4294967296]";
    expect(await refusal(file(`{"a":{"dtype":"U8","shape":${shape},"data_offsets":[0,0]}}`))).toMatch(
      /more elements than can be counted/,
    );
  });
});

test("a file that becomes shorter while it is open is told so", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "er-weights-")), "w.pt");
  await writeFile(path, weightFiles.get("dtypes")!.bytes);
  const source = await openFile(path);
  const { tensors } = await openTensors(source, path);
  await truncate(path, 500);
  await expect(tensors.get("int64")!.read()).rejects.toThrow(`${path}: became shorter while it was read`);
  await source.close();
});
