// Every variant that the tuner may choose, by name and not by chance: products and convolutions with each core that the
// adapter can run and by each algorithm, against the same references as the defaults. Those on matrix units:
// matrix-units.gpu.test.ts.
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { type KernelName, kernelNames, kernelSource } from "../src/index.js";
import { needsHalf } from "./support/half.js";
import { dispatched, isProduct, useRuntime } from "./support/harness.js";
import { holdConv2d, holdMatmul, nameOf, shapeOf } from "./support/products.js";

const runtime = useRuntime();

describe.each(["f32", "f16"] as const)("on this adapter, %s", (dtype) => {
  if (dtype === "f16") needsHalf(runtime);
  const every = () => true;
  for (const product of [
    [1, 1, 1, false, false],
    [13, 70, 9, true, false],
    [40, 33, 64, false, true],
    [9, 5, 131, true, true],
    [70, 68, 36, false, false],
    [51, 72, 70, true, false],
    [68, 72, 36, true, false],
  ] as const)
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(runtime(), dtype, product, every));

  for (const g of [
    { n: 1, h: 1, w: 1, ci: 1, kh: 1, kw: 1, co: 1, stride: 1, padding: 0 },
    { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1 },
    { n: 7, h: 7, w: 7, ci: 5, kh: 3, kw: 3, co: 6, stride: 1, padding: 1 },
    { n: 2, h: 5, w: 8, ci: 20, kh: 3, kw: 3, co: 36, stride: 1, padding: 1 },
    { n: 3, h: 9, w: 1, ci: 8, kh: 3, kw: 3, co: 12, stride: 2, padding: 1 },
    { n: 3, h: 6, w: 5, ci: 24, kh: 1, kw: 1, co: 20, stride: 1, padding: 0 },
    { n: 3, h: 8, w: 8, ci: 1, kh: 1, kw: 1, co: 36, stride: 1, padding: 0 },
    { n: 2, h: 8, w: 8, ci: 24, kh: 1, kw: 1, co: 20, stride: 1, padding: 0 },
    // The types differ in what is loaded and stored, not in what is indexed; each kernel takes lavapipe seconds to compile.
    ...(dtype === "f32" ? [{ n: 2, h: 9, w: 8, ci: 12, kh: 3, kw: 3, co: 8, stride: 2, padding: 1 }] : []),
  ])
    it(`conv2d of ${shapeOf(g)}, and its gradients`, () => holdConv2d(runtime(), dtype, g, every));
});

describe.each(["f32", "f16"] as const)("as on a GPU, with tiles in workgroup memory, %s", (dtype) => {
  if (dtype === "f16") needsHalf(runtime);
  const tiled = (variant: string) => variant.includes("tiled");
  let target: MockInstance;
  beforeEach(() => {
    const { subgroupSize, maxBindingBytes, workgroupBytes } = runtime().target;
    target = vi
      .spyOn(runtime(), "target", "get")
      .mockReturnValue({ subgroupSize, maxBindingBytes, workgroupBytes, hardware: true });
  });
  afterEach(() => target.mockRestore());

  for (const product of [
    [131, 132, 70, true, false],
    [70, 68, 36, false, true],
  ] as const)
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(runtime(), dtype, product, tiled));

  for (const g of [
    { n: 2, h: 9, w: 1, ci: 12, kh: 3, kw: 3, co: 36, stride: 2, padding: 1 },
    { n: 1, h: 8, w: 9, ci: 8, kh: 3, kw: 3, co: 8, stride: 1, padding: 1 },
    { n: 3, h: 8, w: 8, ci: 1, kh: 1, kw: 1, co: 36, stride: 1, padding: 0 },
    { n: 2, h: 6, w: 5, ci: 12, kh: 1, kw: 1, co: 8, stride: 1, padding: 0 },
  ])
    it(`conv2d of ${shapeOf(g)}, and its gradients`, () =>
      holdConv2d(runtime(), dtype, g, (variant) => /tiled_(32|64)/.test(variant)));
});

describe.each(["f32", "f16"] as const)("channels that four does not divide, on one side, %s", (dtype) => {
  if (dtype === "f16") needsHalf(runtime);
  for (const [ci, co] of [
    [3, 8],
    [20, 6],
  ] as const)
    it(`${ci} to ${co}`, () =>
      holdConv2d(runtime(), dtype, { n: 2, h: 5, w: 6, ci, kh: 1, kw: 2, co, stride: 1, padding: 1 }, () => true));

  for (const [ci, co] of [
    [3, 8],
    [8, 3],
  ] as const)
    it(`${ci} to ${co}, as on a GPU`, async () => {
      const target = vi.spyOn(runtime(), "target", "get").mockReturnValue({ ...runtime().target, hardware: true });
      await holdConv2d(runtime(), dtype, { n: 2, h: 5, w: 6, ci, kh: 1, kw: 2, co, stride: 1, padding: 1 }, (v) =>
        /tiled_(32|64)/.test(v),
      );
      target.mockRestore();
    });
});

it("together these were all kernels of products that can be chosen", () => {
  const lanes = runtime().target.subgroupSize ?? 0;
  const foreign = lanes >= 8 ? "subgroup4" : lanes >= 4 ? "subgroup8" : "subgroup";
  const half = runtime().device.features.has("shader-f16");
  // Of processors alone, and by subgroups of 8; see window.ts and texels.ts.
  const eightLanes = lanes >= 8 && !runtime().target.hardware;
  const canRun = (name: KernelName) =>
    !name.includes(foreign) &&
    !name.includes("/matrix") &&
    (eightLanes || !/conv2d_window|texel/.test(name)) &&
    (half || !kernelSource(name).includes("enable f16;"));
  const products = kernelNames.filter((name) => isProduct(name) && canRun(name));
  expect(products.filter((name) => !dispatched.has(name))).toEqual([]);
});
