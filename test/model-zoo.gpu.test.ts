// The models for 224×224 equal PyTorch's, number by number: logits, loss and the gradient of every parameter within 1e-3 of the
// largest. The expected values are made by golden/model_zoo.py in float64.
import { readFileSync } from "node:fs";
import { backward, crossEntropy, Graph, ParameterArena, Runtime, type Shape, sizeOf } from "@er/engine";
import { createModel } from "@er/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFill } from "./support/hash-fill.js";

interface Golden {
  cases: {
    name: string;
    size: number;
    batch: number;
    loss: number;
    logits: number[][];
    /** sum, largest absolute value, and samples */
    gradients: Record<string, [sum: number, most: number, ...samples: number[]]>;
  }[];
}

const { cases } = JSON.parse(readFileSync(new URL("golden/model_zoo.json", import.meta.url), "utf8")) as Golden;
const TOLERANCE = 1e-3;
/** Of each kind one; the others take minutes on a software adapter. */
const ALWAYS = ["resnet18", "bit-r50x1"];
const all = process.env.ER_ZOO === "all";
if (!all) console.warn(`all but ${ALWAYS.join(" and ")} skipped; set ER_ZOO=all to hold every model to PyTorch`);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open();
});
afterAll(() => runtime.close());

/** The twin of the script's `fill`, which says why. */
function seeded(name: string, shape: Shape, norm: "none" | "inner" | "last"): Float32Array {
  const count = sizeOf(shape);
  const values = hashFill(name, count);
  if (shape.length > 1) {
    const scale = Math.sqrt(6 / sizeOf(shape.slice(1)));
    return Float32Array.from(values, (v) => v * scale);
  }
  if (norm === "none") return Float32Array.from(values, (v) => v * 0.1);
  if (name.endsWith("weight")) return Float32Array.from(values, (v) => v * 0.03 + 0.3);
  const sides = norm === "inner" ? hashFill(`${name} side`, count) : undefined;
  return Float32Array.from(values, (v, i) => v * 0.1 + 3 * (sides === undefined ? 1 : Math.sign(sides[i]!)));
}

/** The batch in NHWC, from values indexed as PyTorch's NCHW. */
function images(batch: number, size: number): Float32Array {
  const nchw = hashFill("images", batch * 3 * size * size);
  const area = size * size;
  return Float32Array.from(nchw, (_, i) => {
    const [c, pixel] = [i % 3, Math.floor(i / 3)];
    return nchw[(Math.floor(pixel / area) * 3 + c) * area + (pixel % area)]!;
  });
}

describe.each(cases)("$name, batch $batch of $size×$size", ({ name, size, batch, loss, logits, gradients }) => {
  it.skipIf(!all && !ALWAYS.includes(name))("logits, loss and gradients", async () => {
    const { module } = createModel(name, { classes: 10, dropout: 0 });
    const arena = new ParameterArena(module, 0);
    expect([...arena.parameters.keys()].sort()).toEqual(Object.keys(gradients).sort());
    const normOf = (key: string) => {
      const has = (other: string) => arena.parameters.get(other)?.shape.length === 1;
      if (!has(key.replace(/bias$/, "weight"))) return "none";
      const inner = key.endsWith("bn2.bias") && has(key.replace("bn2.bias", "bn3.bias"));
      return inner || /(bn1|gn\d?|features\.\d+)\.bias$/.test(key) ? "inner" : "last";
    };
    // Drawn when the arena is written, so that R152x4's four gigabytes are on the host once.
    for (const [key, parameter] of arena.parameters) {
      Object.assign(parameter, { initialize: () => seeded(key, parameter.shape, normOf(key)) });
    }
    const graph = new Graph();
    const x = graph.input("x", [batch, size, size, 3]);
    const y = module.forward({ graph, training: true, counter: graph.input("counter", [4], "u32") }, x);
    const mean = crossEntropy(graph, y, graph.input("labels", [batch], "u32"));
    const { parameters } = backward(graph, mean);
    const program = await runtime.compile(graph, [y, mean, ...parameters.values()]);
    program.write("x", images(batch, size));
    program.write(
      "labels",
      Uint32Array.from({ length: batch }, (_, i) => (3 * i) % 10),
    );
    program.run();

    const scale = Math.max(...logits.flat().map(Math.abs));
    const seen = await program.read(y);
    for (const [i, value] of logits.flat().entries())
      expect(Math.abs(seen[i]! - value) / scale).toBeLessThan(TOLERANCE);
    expect(Math.abs((await program.read(mean))[0]! - loss) / loss).toBeLessThan(TOLERANCE);
    // A bias before a batch-norm has no gradient but rounding: what is under a hundredth of the largest is held to that hundredth.
    const least = 0.01 * Math.max(...Object.values(gradients).map(([, most]) => most));
    for (const [key, [sum, most, ...samples]] of Object.entries(gradients)) {
      const parameter = arena.parameters.get(key)!;
      const data = parameter.fromStored(await program.read(parameters.get(parameter)!));
      const added = data.reduce((total, v) => total + v, 0);
      const absolute = data.reduce((total, v) => total + Math.abs(v), 0);
      expect(Math.abs(added - sum), `sum of d${key}`).toBeLessThanOrEqual(TOLERANCE * Math.max(absolute, least));
      for (const [k, sample] of samples.entries()) {
        const place = (k * 2654435761 + 12345) % data.length;
        expect(Math.abs(data[place]! - sample), `d${key}[${place}]`).toBeLessThanOrEqual(
          TOLERANCE * Math.max(most, least),
        );
      }
    }
    program.destroy();
    for (const state of [arena.values, ...arena.buffers.values()]) runtime.release(state);
  });
});
