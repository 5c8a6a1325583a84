// The weights that a run begins with: whether their head is the run's, by what they say of their classes.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import { Runtime } from "@er/engine";
import { type NdArray, writeSafetensors } from "@er/formats";
import { createModel } from "@er/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig, readWeights, run } from "../src/index.js";

const TRAIN = "procedural:narrow?n=40&size=8#train";
/** No run's own statistics, and a head that no initialisation has. */
const HEAD = 0.25;
let runtime: Runtime;
let directory: string;
let classNames: readonly string[];
beforeAll(async () => {
  runtime = await Runtime.open();
  directory = mkdtempSync(join(tmpdir(), "er-init-"));
  classNames = (await loadImageSet(TRAIN)).classNames;
});
afterAll(() => {
  runtime.close();
  rmSync(directory, { recursive: true });
});

/** Weights of zeros but for the head; `said` is what they say of themselves. */
function weights(name: string, classes: number, said?: { classNames: readonly string[]; mean?: number }): string {
  const tensors = new Map<string, NdArray>();
  for (const [key, { shape }] of createModel("resnet8", { classes, width: 4 }).module.namedState()) {
    const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    tensors.set(key, { dtype: "float32", shape, data: key.startsWith("linear") ? data.fill(HEAD) : data });
  }
  const normalization = { mean: [said?.mean ?? 0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const described = { model: "resnet8", width: 4, classNames: said?.classNames, normalization };
  const file = join(directory, `${name}.safetensors`);
  writeFileSync(file, writeSafetensors(tensors, said && { "er.model": JSON.stringify(described) }));
  return file;
}

/** Runs one step at next to no rate; tells what was said and what the head is. */
async function begun(name: string, init: string) {
  const said: string[] = [];
  const out = join(directory, name);
  await run(runtime, {
    directory: out,
    config: parseConfig(
      {
        ...{ model: { name: "resnet8", width: 4 }, init },
        data: { train: TRAIN, id: { name: "narrow", spec: TRAIN }, ood: {} },
        train: { steps: 1, batch: 8, learningRate: 1e-12, weightDecay: 0 },
        eval: { steps: [1] },
      },
      "test",
    ),
    ...{ resume: false, overwrite: false, command: "test" },
    onProgress: (progress) => {
      if ("text" in progress) said.push(`${progress.kind}: ${progress.text}`);
    },
  });
  const head = (await readWeights(join(out, "checkpoints/final.safetensors"))).get("linear.weight")!.data;
  return {
    kept: head.every((value) => Math.abs(value - HEAD) < 1e-6),
    said: said.filter((line) => line.includes(init)),
  };
}

describe("init", () => {
  it("keeps the head for the same classes in the same order", async () => {
    const init = weights("same", 10, { classNames });
    expect(await begun("keeps", init)).toEqual({ kept: true, said: [`message: ${init}: loaded`] });
  });

  it("begins a head of as many other classes at random, and says so", async () => {
    const init = weights("others", 10, { classNames: [...classNames.slice(1), "zebra"] });
    const said = [`message: ${init}: of other classes; the head starts at random`];
    expect(await begun("replaces", init)).toEqual({ kept: false, said });
  });

  it("takes a head that names no classes by place, with a warning", async () => {
    const init = weights("silent", 10);
    const said = [`warning: ${init}: its 10 outputs are taken as the run's classes by place, since it names none`];
    expect(await begun("by-place", init)).toEqual({ kept: true, said });
  });

  it("of another class count begins the head at random; of another normalisation it warns", async () => {
    const init = weights("few", 3, { classNames: ["a", "b", "c"], mean: 0.5 });
    const { kept, said } = await begun("few", init);
    expect(kept).toBe(false);
    expect(said).toEqual([
      `message: ${init}: another class count; the head starts at random`,
      expect.stringMatching(/^warning: .*: made with images of mean 0\.5, 0\.456, 0\.406, .*, the run has mean 0\.485/),
    ]);
  });

  it("of the same classes in another order is refused before anything is written", async () => {
    const init = weights("order", 10, { classNames: [...classNames].reverse() });
    await expect(begun("never", init)).rejects.toThrow(
      `${init}: has "${classNames[9]}" as output 0, where ${TRAIN} has "${classNames[0]}": the same classes in another order`,
    );
    expect(existsSync(join(directory, "never", "config.json"))).toBe(false);
  });
});
