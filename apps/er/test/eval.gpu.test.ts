// `er eval` on the weights of a tiny run, and on weights that are of something else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
    expect(Object.keys(result)).toEqual(["n", "correct", "accuracy", "accuracy_ci95", "per_class", "images_per_s"]);
    expect(result).toMatchObject({ ...own, images_per_s: expect.any(Number) });
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

  it("asks for the model where the weights name none", async () => {
    const bare = join(directory, "bare.safetensors");
    writeFileSync(bare, writeSafetensors(readSafetensors(readFileSync(weights)).tensors));
    const { code, stderr } = await evaluate("--weights", bare);
    expect(stderr).toMatch(/bare\.safetensors: does not say what model it is of; give --model/);
    expect(code).toBe(2);
  });
});
