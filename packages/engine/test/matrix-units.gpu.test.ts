// The core on matrix units, all but what it says to the units: what loads, places, adds and stores its tiles runs here with
// units made of arrays (support/matrix_units_emulated.wgsl), and is held to the references of the other cores.
// matrix-units.test.ts compiles it as it is.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { kernelNames, kernelSource } from "../src/index.js";
import { needsHalf } from "./support/half.js";
import { dispatched, useRuntime } from "./support/harness.js";
import { holdConv2d, holdMatmul, nameOf, shapeOf } from "./support/products.js";

vi.mock("../src/generated/shaders.js", async (original) => {
  const { shaders } = await original<typeof import("../src/generated/shaders.js")>();
  const emulated = readFileSync(new URL("support/matrix_units_emulated.wgsl", import.meta.url), "utf8");
  return { shaders: { ...shaders, matrix_units: emulated } };
});

const runtime = useRuntime();
const onUnits = (variant: string) => variant.includes("matrix");

// With twice the lanes that a subgroup has there are more subgroups than the tile has quarters.
describe.each([
  ["f32", 1],
  ["f32", 2],
  ["f16", 1],
] as const)("%s, a workgroup of four subgroups times %i", (dtype, excess) => {
  if (dtype === "f16") needsHalf(runtime);
  let target: MockInstance;
  beforeEach(({ skip }) => {
    const { target: plain } = runtime();
    if ((plain.subgroupSize ?? 0) < 4) skip("the emulation wants subgroups of one size, 4 lanes or more");
    const matrixUnits = { operands: [dtype], maxSubgroupSize: excess * plain.subgroupSize! };
    target = vi.spyOn(runtime(), "target", "get").mockReturnValue({ ...plain, matrixUnits });
  });
  afterEach(() => target?.mockRestore());

  for (const product of [
    [131, 132, 70, true, false],
    [70, 68, 36, false, true],
    [1, 4, 1, false, false],
  ] as const)
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(runtime(), dtype, product, onUnits));

  if (excess === 1)
    for (const g of [
      { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 68, stride: 2, padding: 1 },
      { n: 2, h: 9, w: 1, ci: 12, kh: 3, kw: 3, co: 36, stride: 2, padding: 1 },
      { n: 3, h: 8, w: 9, ci: 8, kh: 3, kw: 3, co: 8, stride: 1, padding: 1 },
      { n: 3, h: 8, w: 8, ci: 1, kh: 1, kw: 1, co: 36, stride: 1, padding: 0 },
      { n: 2, h: 6, w: 5, ci: 12, kh: 1, kw: 1, co: 8, stride: 1, padding: 0 },
      { n: 2, h: 5, w: 6, ci: 8, kh: 1, kw: 2, co: 3, stride: 1, padding: 1 },
    ])
      it(`conv2d of ${shapeOf(g)}, and its gradients`, () => holdConv2d(runtime(), dtype, g, onUnits));
});

it("together these were all kernels on matrix units", ({ skip }) => {
  const { device, target } = runtime();
  if ((target.subgroupSize ?? 0) < 4) skip("the emulation wants subgroups of one size, 4 lanes or more");
  const half = device.features.has("shader-f16");
  const wanted = kernelNames.filter(
    (name) => name.includes("/matrix") && (half || !kernelSource(name).includes("enable f16;")),
  );
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.filter((name) => !dispatched.has(name))).toEqual([]);
});
