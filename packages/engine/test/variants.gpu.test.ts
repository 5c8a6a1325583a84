// Every variant that the tuner may choose, by name and not by chance: products and convolutions with each core that the
// adapter can run and by each algorithm, against the same references as the defaults.
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import {
  backward,
  bias,
  cast,
  conv2d,
  type KernelName,
  kernelNames,
  kernelSource,
  matmul,
  relu,
  type Tensor,
} from "../src/index.js";
import type { Choose } from "../src/plan/plan.js";
import { HALF_ROUNDOFF, needsHalf, ofType } from "./support/half.js";
import { dispatched, evaluate, isProduct, relativeError, useRuntime, weighted } from "./support/harness.js";
import * as reference from "./support/reference.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;
const runtime = useRuntime();

type FloatType = "f32" | "f16";
/** What a result stored in a type may be off by, in addition to the error of its float32 sum. */
const rounding = (dtype: FloatType) => (dtype === "f16" ? HALF_ROUNDOFF : 0);

/** Calls `run` with choices that take each op's first variant that is `wanted`, then its second, and so on to the last. */
async function inTurn(
  wanted: (variant: string) => boolean,
  run: (choose: Choose) => Promise<Record<string, [error: number, limit: number]>>,
): Promise<void> {
  let most = 1;
  for (let turn = 0; turn < most; turn++) {
    const chosen = new Set<string>();
    const errors = await run(({ op }, variants) => {
      const among = variants.filter(wanted);
      most = Math.max(most, among.length);
      const variant = among[Math.min(turn, among.length - 1)];
      chosen.add(`${op.name} by ${variant}`);
      return variant;
    });
    for (const [what, [error, limit]] of Object.entries(errors)) {
      expect(error, `${what}, ${[...chosen].join(", ")}`).toBeLessThan(limit);
    }
  }
}

type Product = readonly [m: number, n: number, k: number, transposeA: boolean, transposeB: boolean];

const nameOf = ([m, n, k, transposeA, transposeB]: Product) =>
  `${m}×${k}${transposeA ? " transposed" : ""} and ${k}×${n}${transposeB ? " transposed" : ""}, and a bias`;

async function holdMatmul(
  dtype: FloatType,
  [m, n, k, transposeA, transposeB]: Product,
  wanted: (variant: string) => boolean,
) {
  const a = transposeA ? ofType(dtype, "a", k, m) : ofType(dtype, "a", m, k);
  const b = transposeB ? ofType(dtype, "b", n, k) : ofType(dtype, "b", k, n);
  const c = ofType("f32", "c", n);
  const product = reference.matmul(a.data, b.data, m, n, k, transposeA, transposeB);
  const expected = product.map((v, i) => v + c.data[i % n]!);
  await inTurn(wanted, async (choose) => {
    const [y, unrounded] = await evaluate(
      runtime(),
      { a, b, c },
      (graph, t) => {
        const [left, right] = [cast(graph, t.a!, dtype), cast(graph, t.b!, dtype)];
        const whole = dtype === "f16" ? ({ dtype: "f32" } as const) : {};
        return [
          bias(graph, matmul(graph, left, right, { transposeA, transposeB }), t.c!),
          bias(graph, matmul(graph, left, right, { transposeA, transposeB, ...whole }), t.c!),
        ];
      },
      { choose },
    );
    return {
      y: [relativeError(y!, expected), FORWARD + rounding(dtype)],
      unrounded: [relativeError(unrounded!, expected), FORWARD],
    };
  });
}

const shapeOf = (g: reference.ConvGeometry) =>
  `${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}`;

async function holdConv2d(dtype: FloatType, g: reference.ConvGeometry, wanted: (variant: string) => boolean) {
  const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
  const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
  const x = ofType(dtype, "x", g.n, g.h, g.w, g.ci);
  const w = ofType(dtype, "w", g.kh, g.kw, g.ci, g.co);
  const dy = ofType(dtype, "dy", g.n, oh, ow, g.co);
  const y = reference.conv2d(x.data, w.data, g);
  const gradients = reference.conv2dGradients(x.data, w.data, dy.data, g);
  const rectifiedDx = gradients.dx.map((v, i) => (x.data[i]! > 0 ? v : 0));
  await inTurn(wanted, async (choose) => {
    const [out, dx, dw, behindRelu] = await evaluate(
      runtime(),
      { x, w, dy },
      (graph, t) => {
        const [images, weight] = [cast(graph, t.x!, dtype), cast(graph, t.w!, dtype)];
        const lossOf = (y: Tensor) => weighted(graph, y, cast(graph, t.dy!, dtype));
        const convolved = conv2d(graph, images, weight, g);
        // The mask is the same code in f16, whose kernels take long enough to compile as it is.
        const rectified = dtype === "f32" && lossOf(conv2d(graph, relu(graph, images), weight, g));
        return [
          ...[convolved, ...backward(graph, lossOf(convolved), [t.x!, t.w!]).others],
          ...(rectified ? backward(graph, rectified, [t.x!]).others : []),
        ];
      },
      { choose },
    );
    return {
      y: [relativeError(out!, y), FORWARD + rounding(dtype)],
      dx: [relativeError(dx!, gradients.dx), BACKWARD + rounding(dtype)],
      dw: [relativeError(dw!, gradients.dWeight), BACKWARD],
      ...(behindRelu && { "dx behind ReLU": [relativeError(behindRelu, rectifiedDx), BACKWARD] }),
    };
  });
}

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
  ] as const)
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(dtype, product, every));

  for (const g of [
    { n: 1, h: 1, w: 1, ci: 1, kh: 1, kw: 1, co: 1, stride: 1, padding: 0 },
    { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1 },
    { n: 7, h: 7, w: 7, ci: 5, kh: 3, kw: 3, co: 6, stride: 1, padding: 1 },
    { n: 2, h: 5, w: 8, ci: 20, kh: 3, kw: 3, co: 36, stride: 1, padding: 1 },
    { n: 3, h: 9, w: 1, ci: 8, kh: 3, kw: 3, co: 12, stride: 2, padding: 1 },
    { n: 3, h: 6, w: 5, ci: 24, kh: 1, kw: 1, co: 20, stride: 1, padding: 0 },
    { n: 3, h: 8, w: 8, ci: 1, kh: 1, kw: 1, co: 36, stride: 1, padding: 0 },
  ])
    it(`conv2d of ${shapeOf(g)}, and its gradients`, () => holdConv2d(dtype, g, every));
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
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(dtype, product, tiled));

  for (const g of [
    { n: 2, h: 9, w: 1, ci: 12, kh: 3, kw: 3, co: 36, stride: 2, padding: 1 },
    { n: 1, h: 8, w: 9, ci: 8, kh: 3, kw: 3, co: 8, stride: 1, padding: 1 },
    { n: 3, h: 8, w: 8, ci: 1, kh: 1, kw: 1, co: 36, stride: 1, padding: 0 },
    { n: 2, h: 6, w: 5, ci: 12, kh: 1, kw: 1, co: 8, stride: 1, padding: 0 },
  ])
    it(`conv2d of ${shapeOf(g)}, and its gradients`, () =>
      holdConv2d(dtype, g, (variant) => /tiled_(32|64)/.test(variant)));
});

describe.each(["f32", "f16"] as const)("channels that four does not divide, on one side, %s", (dtype) => {
  if (dtype === "f16") needsHalf(runtime);
  for (const [ci, co] of [
    [3, 8],
    [20, 6],
  ] as const)
    it(`${ci} to ${co}`, () =>
      holdConv2d(dtype, { n: 2, h: 5, w: 6, ci, kh: 1, kw: 2, co, stride: 1, padding: 1 }, () => true));

  for (const [ci, co] of [
    [3, 8],
    [8, 3],
  ] as const)
    it(`${ci} to ${co}, as on a GPU`, async () => {
      const target = vi.spyOn(runtime(), "target", "get").mockReturnValue({ ...runtime().target, hardware: true });
      await holdConv2d(dtype, { n: 2, h: 5, w: 6, ci, kh: 1, kw: 2, co, stride: 1, padding: 1 }, (v) =>
        /tiled_(32|64)/.test(v),
      );
      target.mockRestore();
    });
});

it("together these were all kernels of products that can be chosen", () => {
  const lanes = runtime().target.subgroupSize ?? 0;
  const foreign = lanes >= 8 ? "subgroup4" : lanes >= 4 ? "subgroup8" : "subgroup";
  const half = runtime().device.features.has("shader-f16");
  // Of processors alone, and by subgroups of 8; see window.ts.
  const windows = lanes >= 8 && !runtime().target.hardware;
  const canRun = (name: KernelName) =>
    !name.includes(foreign) &&
    (windows || !name.startsWith("conv2d_window")) &&
    (half || !kernelSource(name).includes("enable f16;"));
  const products = kernelNames.filter((name) => isProduct(name) && canRun(name));
  expect(products.filter((name) => !dispatched.has(name))).toEqual([]);
});
