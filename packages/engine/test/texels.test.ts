// Which operands are copied into textures, and how often: what a plan says of it, without an adapter.
import { describe, expect, it } from "vitest";
import {
  backward,
  Conv2d,
  crossEntropy,
  GlobalAvgPool2d,
  Graph,
  Linear,
  matmul,
  ParameterArena,
  plan,
  ReLU,
  Sequential,
  sgd,
} from "../src/index.js";
import type { Place } from "../src/plan/plan.js";
import { fitsTexels, isTexelFormat, prefersTexels } from "../src/plan/texels.js";

const eightLanes = { subgroupSize: 8, maxBindingBytes: 2 ** 27, workgroupBytes: 2 ** 14, hardware: false };

/** The steps of a product of [m, k] and [k, n]. */
function productSteps(m: number, k: number, n: number, target = eightLanes, transposeA = false) {
  const graph = new Graph();
  const a = graph.input("a", transposeA ? [k, m] : [m, k]);
  const c = matmul(graph, a, graph.input("b", [k, n]), { transposeA });
  return plan(graph, [c], target).steps.map(({ kernel }) => kernel);
}

const COPIES = ["copy_to_texture", "copy_to_texture"];

describe("a product reads its operands from textures", () => {
  it("on a processor with subgroups of 8, four neighbours along either dimension of A in a texel", () => {
    expect(productSteps(256, 128, 256)).toEqual([...COPIES, "matmul/texels/subgroup8"]);
    expect(productSteps(256, 128, 16)).toEqual(["matmul/vectors/subgroup8_narrow"]);
    expect(productSteps(4096, 128, 16)).toEqual([...COPIES, "matmul/texels/quads"]);
    expect(productSteps(16, 1024, 1024)).toEqual([...COPIES, "matmul/texels/subgroup8"]);
    expect(productSteps(64, 4096, 64, eightLanes, true)).toEqual([...COPIES, "matmul/texel_rows/subgroup8"]);
  });

  it("not where four of none are neighbours, or where there is little to do", () => {
    expect(productSteps(256, 126, 256)).toEqual(["matmul/scalars/subgroup8"]);
    expect(productSteps(254, 128, 256, eightLanes, true)).toEqual(["matmul/scalars/subgroup8"]);
    expect(productSteps(128, 128, 128)).toEqual(["matmul/vectors/subgroup8"]);
  });

  it("not on a GPU, nor with subgroups of another size", () => {
    for (const change of [{ hardware: true }, { subgroupSize: 4 }, { subgroupSize: 16 }]) {
      const target = { ...eightLanes, ...change };
      expect(prefersTexels(target)).toBe(false);
      expect(productSteps(256, 128, 256, target)).not.toContain("copy_to_texture");
    }
  });

  it("if they fit a texture of 4096 × 8192 texels of four values", () => {
    expect(fitsTexels({ scratch: true, shape: [2 ** 25, 4], dtype: "f32" })).toBe(true);
    expect(fitsTexels({ scratch: true, shape: [2 ** 25 + 1, 4], dtype: "f16" })).toBe(false);
    expect(fitsTexels({ scratch: true, shape: [6], dtype: "f32" })).toBe(false);
    expect(fitsTexels({ scratch: true, shape: [8], dtype: "u32" })).toBe(false);
  });
});

describe("a training step", () => {
  const convolution = () => new Conv2d(16, 16, 3, { padding: 1 });
  const module = new Sequential(
    convolution(),
    new ReLU(),
    convolution(),
    new ReLU(),
    new GlobalAvgPool2d(),
    new Linear(16, 10),
  );
  const arena = new ParameterArena(module, 0);
  const graph = new Graph();
  const logits = module.forward({ graph, training: true }, graph.input("x", [8, 32, 32, 16]));
  const loss = crossEntropy(graph, logits, graph.input("labels", [8], "u32"));
  sgd(graph, arena, backward(graph, loss).parameters, graph.input("rate", [1]), { momentum: 0.9 });
  const { steps, slots } = plan(graph, [loss], eightLanes);
  const slotOf = (place: Place) => (place.kind === "slot" ? place.slot : undefined);
  const copies = steps.filter(({ kernel }) => kernel === "copy_to_texture");

  it("copies the gradient that both gradients of a convolution read once", () => {
    const gradients = copies.map(({ op }) => op).filter((op) => op !== "conv2d");
    // dy and the weights; x, for which dy is taken over; and, of the first convolution, which has but one gradient, x and dy.
    expect(gradients).toEqual([
      ...["conv2d_input_gradient", "conv2d_input_gradient", "conv2d_weight_gradient"],
      ...["conv2d_weight_gradient", "conv2d_weight_gradient"],
    ]);
  });

  it("copies into textures, and binds as textures nothing else", () => {
    for (const {
      bindings: [from, to],
    } of copies) {
      expect(slots[slotOf(to!.place)!]!.format).toBe("rgba32float");
      const slot = slotOf(from!.place);
      expect(slot === undefined ? undefined : slots[slot]!.format).toBeUndefined();
    }
    for (const { kernel, bindings } of steps) {
      for (const { place, access } of bindings) {
        const slot = slotOf(place);
        const format = slot === undefined ? undefined : slots[slot]!.format;
        if (kernel !== "copy_to_texture") expect(format).toBe(isTexelFormat(access) ? access : undefined);
      }
    }
  });

  it("reads from a texture what was copied into it last", () => {
    const held = new Map<number, string>();
    for (const { kernel, bindings } of steps) {
      if (kernel === "copy_to_texture") {
        held.set(slotOf(bindings[1]!.place)!, bindings[1]!.shape.join());
      } else {
        for (const { place, access, shape } of bindings)
          if (isTexelFormat(access)) expect(held.get(slotOf(place)!)).toBe(shape.join());
      }
    }
  });
});
