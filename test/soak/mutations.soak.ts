// Files that were changed anywhere are read, or refused in one line: images, archives, tables, JSON. Files of weights are
// packages/formats/test/fuzz.test.ts with ER_FUZZ=20000.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import { InputError } from "@er/engine";
import { parseConfig, preset, RunRecord } from "@er/experiment";
import { type NdArray, writeNpy, writeNpz } from "@er/formats";
import { parseKindsCsv, parseModelList, parseTestbedCsv } from "@er/metrics";
import sharp from "sharp";
import { pack } from "tar-stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { draws, note, trials } from "./support.js";

let root: string;
const pictures = new Map<string, Buffer>();
const others = new Map<string, Buffer>();
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "er-mutations-"));
  const noise = Buffer.from(Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7919) % 251));
  const image = sharp(noise, { raw: { width: 16, height: 16, channels: 3 } });
  for (const format of ["png", "jpeg", "webp", "tiff", "gif"] as const) {
    pictures.set(format, await image.clone().toFormat(format).toBuffer());
  }
  pictures.set("ppm", Buffer.concat([Buffer.from("P6 16 16 255\n"), noise]));
  const tar = pack();
  tar.entry({ name: "cat/0.png" }, pictures.get("png")!);
  tar.entry({ name: "cat/1.png", type: "link", linkname: "cat/0.png" });
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  others.set("tar", Buffer.concat(parts));
  const images = { dtype: "uint8", shape: [4, 2, 2, 3], data: new Uint8Array(48) } as const;
  const labels = { dtype: "int32", shape: [4], data: Int32Array.of(0, 1, 2, 3) } as const;
  others.set("npy", Buffer.from(writeNpy(images)));
  others.set(
    "npz",
    Buffer.from(
      writeNpz(
        new Map<string, NdArray>([
          ["data", images],
          ["labels", labels],
        ]),
      ),
    ),
  );
  writeFileSync(join(root, "labels.npy"), writeNpy(labels));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Some bits, bytes, cuts, repeats or numbers changed, at places of a seed's choice. */
function mutated(bytes: Buffer, random: (n: number) => number): Buffer {
  let out = Buffer.from(bytes);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(Math.max(1, out.length));
    switch (random(5)) {
      case 0:
        if (out.length > 0) out[at]! ^= 1 << random(8);
        break;
      case 1:
        out = Buffer.from(out.subarray(0, at));
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), out.subarray(random(at + 1), at), out.subarray(at)]);
        break;
      case 3:
        out.fill([0, 0xff, 0x80, 0x7f][random(4)]!, at, Math.min(out.length, at + 1 + random(8)));
        break;
      default:
        out = Buffer.concat([out.subarray(0, at), Buffer.from([random(256)]), out.subarray(at)]);
    }
  }
  return out;
}

/** Runs it and counts; what is thrown must be an InputError of one line. */
async function held(what: string, seed: number, counts: { read: number }, work: () => unknown): Promise<void> {
  try {
    await work();
    counts.read += 1;
  } catch (error) {
    expect(error, `${what}, trial ${seed}: ${(error as Error).stack}`).toBeInstanceOf(InputError);
    expect((error as Error).message, `${what}, trial ${seed}`).not.toContain("\n");
  }
}

it("images and archives", async () => {
  const random = draws("images");
  const n = trials(5000);
  const counts = { read: 0 };
  let slowest = 0;
  const all = [...pictures, ...others];
  for (let i = 0; i < n; i++) {
    const [format, bytes] = all[i % all.length]!;
    const folder = join(root, "set");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "cat"), { recursive: true });
    const file = pictures.has(format) ? join(folder, "cat", `0.${format}`) : join(folder, `set.${format}`);
    writeFileSync(file, mutated(bytes, random));
    const spec = pictures.has(format)
      ? `imagefolder:${folder}`
      : { tar: `imagefolder:${file}`, npz: `npz:${file}`, npy: `npy:${file},${join(root, "labels.npy")}` }[format]!;
    const began = performance.now();
    await held(format, i, counts, () => loadImageSet(spec, { cache: false }));
    slowest = Math.max(slowest, performance.now() - began);
  }
  note("mutated images and archives", { trials: n, read: counts.read, "slowest, ms": Math.round(slowest) });
});

it("tables and JSON", async () => {
  const random = draws("text");
  const n = trials(5000);
  const counts = { read: 0 };
  const rows = Array.from({ length: 12 }, (_, i) => `model${i},standard,${0.5 + i / 50},${0.4 + i / 50},100,50`);
  const csv = Buffer.from(`model,kind,id,ood,n_id,n_ood\n${rows.join("\n")}\n`);
  const kinds = Buffer.from(`model,type\n${rows.map((row) => row.split(",", 2).join(",")).join("\n")}\n`);
  const config = Buffer.from(JSON.stringify(preset("demo")));
  const evaluation = { step: 1, epoch: 0, learningRate: 1, trainLoss: null, trainAccuracy: null, splits: {}, er: {} };
  const metrics = Buffer.from(`${JSON.stringify(evaluation)}\n`.repeat(4));
  const inventory = Buffer.from(
    `{"format":"er-run","version":1,"began":"2026"}\n${JSON.stringify({ file: "a/b", bytes: 1, sha256: "0" })}\n{"log":"l"}\n`,
  );
  const text = (bytes: Buffer) => bytes.toString("utf8");
  const kindsOfText: readonly [string, (random: (n: number) => number) => unknown][] = [
    ["testbed", () => parseTestbedCsv(text(mutated(csv, random)), { id: "id", ood: "ood", unit: "auto" })],
    ["kinds", () => parseKindsCsv(text(mutated(kinds, random)))],
    ["list", () => parseModelList(text(mutated(kinds, random)))],
    ["configuration", () => parseConfig(jsonOf(text(mutated(config, random))), "config")],
    ["metrics", () => recordWith("metrics.jsonl", mutated(metrics, random)).readEvaluations()],
    ["inventory", () => recordWith("record.jsonl", mutated(inventory, random)).inventory()],
  ];
  for (let i = 0; i < n; i++) {
    const [what, read] = kindsOfText[i % kindsOfText.length]!;
    await held(what, i, counts, () => read(random));
  }
  note("mutated tables and JSON", { trials: n, read: counts.read });
});

/** As the command line refuses what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError("not JSON");
  }
}

function recordWith(file: string, bytes: Buffer): RunRecord {
  const directory = mkdtempSync(join(root, "record-"));
  writeFileSync(join(directory, file), bytes);
  return new RunRecord(directory);
}
