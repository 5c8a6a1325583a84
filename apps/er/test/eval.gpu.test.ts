// `er eval` on the weights of a tiny run, and on weights that are of something else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import { readNpy, readSafetensors, writeNpy, writeSafetensors } from "@er/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
let weights: string;
/** The run's own last result on its ID split. */
let own: { n: number; correct: number; accuracy: number };
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-eval-"));
  const config = join(directory, "config.json");
  // Statistics that no default has, so that a test notices where they are not read.
  const normalization = { mean: [0.1, 0.2, 0.3], std: [0.9, 0.8, 0.7] };
  writeFileSync(config, JSON.stringify({ ...tiny, normalization }));
  const out = join(directory, "run");
  const { stdout } = await er(["train", config, "--out", out, "--json", "--quiet"]);
  own = (JSON.parse(stdout) as { evaluations: { splits: { narrow: typeof own } }[] }).evaluations.at(-1)!.splits.narrow;
  weights = join(out, "checkpoints", "final.safetensors");
});
afterAll(() => rmSync(directory, { recursive: true }));

const evaluate = (...args: string[]) => er(["eval", "--data", tiny.data.id.spec, "--quiet", ...args]);

describe("er eval", () => {
  it("takes model, classes and normalisation from the weights, and gives what the run gave", async () => {
    const { code, stdout } = await evaluate("--weights", weights, "--json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown> & {
      accuracy_ci95: [number, number];
      per_class: { class: string; n: number; correct: number; accuracy: number }[];
    };
    expect(result).toMatchObject({
      ...{ ...own, images_per_s: expect.any(Number), notes: [], classes: { from: "file", matched_by: "name" } },
      normalization: { mean: [0.1, 0.2, 0.3], std: [0.9, 0.8, 0.7], from: "file" },
    });
    const [low, high] = result.accuracy_ci95;
    expect(low).toBeLessThanOrEqual(own.accuracy);
    expect(high).toBeGreaterThanOrEqual(own.accuracy);
    const sum = (of: "n" | "correct") => result.per_class.reduce((total, one) => total + one[of], 0);
    expect([sum("n"), sum("correct")]).toEqual([own.n, own.correct]);
    for (const { n, correct, accuracy } of result.per_class) expect(accuracy).toBe(correct / n);
  });

  it("describes the pre-trained weights likewise", async () => {
    const pretrained = weights.replace("final", "pretrained");
    const { code } = await er(["eval", "--data", tiny.pretrain.data, "--quiet", "--weights", pretrained]);
    expect(code).toBe(0);
  });

  it("--predictions writes a class an image", async () => {
    const file = join(directory, "predicted.npy");
    expect((await evaluate("--weights", weights, "--predictions", file, "--restrict-classes")).code).toBe(0);
    const { dtype, shape } = readNpy(readFileSync(file), file);
    expect({ dtype, shape }).toEqual({ dtype: "uint16", shape: [40] });
  });

  it("--restrict-classes predicts among the set's own alone", async () => {
    const file = join(directory, "restricted.npy");
    const images = join(directory, "images.npy");
    const labels = join(directory, "labels.npy");
    const noise = Uint8Array.from({ length: 20 * 8 * 8 * 3 }, (_, i) => (i * 7919) % 256);
    writeFileSync(images, writeNpy({ dtype: "uint8", shape: [20, 8, 8, 3], data: noise }));
    writeFileSync(
      labels,
      writeNpy({ dtype: "uint8", shape: [20], data: Uint8Array.from({ length: 20 }, (_, i) => i % 2) }),
    );
    const args = [
      "eval",
      "--weights",
      weights,
      "--data",
      `npy:${images},${labels}?classes=index`,
      "--predictions",
      file,
    ];
    expect((await er([...args, "--restrict-classes", "--quiet"])).code).toBe(0);
    expect([...(readNpy(readFileSync(file), file).data as Uint16Array)].every((predicted) => predicted < 2)).toBe(true);
  });

  it("refuses weights of something else, naming keys and shapes", async () => {
    const other = await evaluate("--weights", weights, "--width", "8");
    expect(other.stderr).toMatch(
      /final\.safetensors: weights do not fit the model: \d+ of another shape \(.*\[4, 3, 3, 3\], expected \[8, 3, 3, 3\]/,
    );
    expect(other.code).toBe(2);
    const foreign = join(directory, "foreign.safetensors");
    const tensor = { dtype: "float32", shape: [10, 3], data: new Float32Array(30) } as const;
    writeFileSync(foreign, writeSafetensors(new Map([["layer.weight", tensor]])));
    const wrong = await evaluate("--weights", foreign, "--model", "resnet8");
    expect(wrong.stderr).toMatch(
      /foreign\.safetensors: weights do not fit the model: \d+ missing \(conv1.*1 unknown \(layer\.weight\)/,
    );
    expect(wrong.code).toBe(2);
  });

  it("keeps what weights say of themselves through every container and name", async () => {
    for (const name of ["converted.pth", "converted.npz", "renamed.bin"]) {
      const file = join(directory, name);
      if (name === "renamed.bin") writeFileSync(file, readFileSync(weights));
      else expect((await er(["weights", "convert", weights, file, "--quiet"])).code).toBe(0);
      const { stdout } = await evaluate("--weights", file, "--json");
      expect(JSON.parse(stdout), name).toMatchObject({ ...own, notes: [], normalization: { from: "file" } });
    }
  });

  it("takes classes and normalisation that are given, and says which and where they differ from the file's", async () => {
    const bare = join(directory, "said.safetensors");
    writeFileSync(bare, writeSafetensors(readSafetensors(readFileSync(weights)).tensors));
    const said = ["--model", "resnet8", "--normalization", "0.1,0.2,0.3/0.9,0.8,0.7", "--classes"];
    const given = JSON.parse((await evaluate("--weights", bare, ...said, "set", "--json")).stdout);
    const names = ["disc", "ring", "square"];
    expect(given).toMatchObject({ ...own, notes: [], classes: { from: "option" }, normalization: { from: "option" } });
    expect(given.per_class.map((one: { class: string }) => one.class)).toEqual(expect.arrayContaining(names));

    const { stdout } = await evaluate("--weights", weights, "--normalization", "cifar10");
    expect(stdout.split("\n")[0]).toMatch(
      /%.*; --normalization differs from the file's, mean 0\.1, 0\.2, 0\.3, std 0\.9/,
    );
    expect(stdout.split("\n")[1]).toMatch(/normalization: mean 0\.4914, 0\.4822, 0\.4465, std .* \(--normalization\)$/);

    const list = join(directory, "classes.txt");
    const all = (await loadImageSet(tiny.data.id.spec)).classNames;
    writeFileSync(list, [...all].reverse().join("\n"));
    const other = await evaluate("--weights", weights, "--classes", list);
    expect(other.stderr).toBe("");
    expect(other.stdout.split("\n")[0]).toMatch(/%.*; --classes has "\w+" as output 0, where the file has "\w+"/);
  });

  it("says in the line of the accuracy that it assumes a normalisation", async () => {
    const bare = join(directory, "assumed.safetensors");
    writeFileSync(bare, writeSafetensors(readSafetensors(readFileSync(weights)).tensors));
    const { stdout } = await evaluate("--weights", bare, "--model", "resnet8", "--classes", "set");
    expect(stdout.split("\n")[0]).toMatch(/%.*; ImageNet's normalization assumed, since the file names none/);
    expect(stdout.split("\n")[1]).toMatch(/normalization: mean 0\.485, 0\.456, 0\.406, .*\(assumed\)$/);
  });

  it("tells what is cheap to tell before weights and data are looked for", async () => {
    const early = async (...args: string[]) => {
      const data = args.includes("--data") ? [] : ["--data", "imagefolder:absent"];
      const { code, stderr } = await er(["eval", "--weights", "absent.pth", ...data, ...args]);
      expect([code, stderr.match(/absent/)]).toEqual([2, null]);
      return stderr;
    };
    expect(await early("--model", "resnt20")).toMatch(/^er: model "resnt20": unknown; .*did you mean "resnet20"\?\n$/);
    expect(await early("--batch", "0")).toMatch(/^er: --batch 0: expected a whole number/);
    expect(await early("--width", "x")).toMatch(/^er: --width x: expected/);
    expect(await early("--model", "resnet8", "--width", "1000000000")).toMatch(
      /^er: --width 1000000000: expected a whole number from 1 to 1024/,
    );
    expect(await early("--classes", "cifar11")).toMatch(
      /^er: cifar11: .*a list of classes is cifar10, imagenet or a file/,
    );
    expect(await early("--normalization", "imagnet")).toMatch(
      /^er: --normalization imagnet: .*did you mean "imagenet"\?/,
    );
    expect(await early("--normalization", "123.7,116.3,103.5/58,57,57")).toMatch(/of 0 to 255\? divide by 255/);
    expect(await early("--predictions", "/nowhere/p.npy")).toMatch(
      /--predictions .*: the folder \/nowhere is not there/,
    );
    expect(await early("--logits", "/")).toMatch(/--logits \/: a directory/);
    expect(await early("--logits", "a.npy", "--predictions", "./a.npy")).toMatch(/the file that --predictions names/);
    expect(await early("--data", "imgfolder:x")).toMatch(
      /^er: data "imgfolder:x": unknown scheme "imgfolder"; expected/,
    );
    const { stderr } = await er([
      "eval",
      "--model",
      "resnet8",
      "--weights",
      "none.pth",
      "--data",
      "imagefolder:missing",
    ]);
    expect(stderr).toMatch(/^er: none\.pth: cannot be read/);
  });

  it("asks for the model where the weights name none", async () => {
    const bare = join(directory, "bare.safetensors");
    writeFileSync(bare, writeSafetensors(readSafetensors(readFileSync(weights)).tensors));
    const { code, stderr } = await evaluate("--weights", bare);
    expect(stderr).toMatch(/bare\.safetensors: does not say what model it is of; give --model/);
    expect(code).toBe(2);
  });
});
