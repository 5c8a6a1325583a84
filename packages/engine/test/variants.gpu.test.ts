// Every variant that the tuner may choose, by name and not by chance: products and convolutions with each core that the
// adapter can run and by each algorithm, against the same references as the defaults.
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { backward, bias, conv2d, kernelNames, matmul } from "../src/index.js";
import type { Choose } from "../src/plan/plan.js";
import { dispatched, evaluate, f32, relativeError, useRuntime, weighted } from "./support/harness.js";
import * as reference from "./support/reference.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;
const runtime = useRuntime();

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

async function holdMatmul([m, n, k, transposeA, transposeB]: Product, wanted: (variant: string) => boolean) {
  const a = transposeA ? f32("a", k, m) : f32("a", m, k);
  const b = transposeB ? f32("b", n, k) : f32("b", k, n);
  const c = f32("c", n);
  const product = reference.matmul(a.data, b.data, m, n, k, transposeA, transposeB);
  const expected = product.map((v, i) => v + c.data[i % n]!);
  await inTurn(wanted, async (choose) => {
    const [y] = await evaluate(
      runtime(),
      { a, b, c },
      (graph, t) => [bias(graph, matmul(graph, t.a!, t.b!, { transposeA, transposeB }), t.c!)],
      { choose },
    );
    return { y: [relativeError(y!, expected), FORWARD] };
  });
}

const shapeOf = (g: reference.ConvGeometry) =>
  `${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}`;

async function holdConv2d(g: reference.ConvGeometry, wanted: (variant: string) => boolean) {
  const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
  const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
  const x = f32("x", g.n, g.h, g.w, g.ci);
  const w = f32("w", g.kh, g.kw, g.ci, g.co);
  const dy = f32("dy", g.n, oh, ow, g.co);
  const y = reference.conv2d(x.data, w.data, g);
  const gradients = reference.conv2dGradients(x.data, w.data, dy.data, g);
  await inTurn(wanted, async (choose) => {
    const [out, dx, dw] = await evaluate(
      runtime(),
      { x, w, dy },
      (graph, t) => {
        const convolved = conv2d(graph, t.x!, t.w!, g);
        return [convolved, ...backward(graph, weighted(graph, convolved, t.dy!), [t.x!, t.w!]).others];
      },
      { choose },
    );
    return {
      y: [relativeError(out!, y), FORWARD],
      dx: [relativeError(dx!, gradients.dx), BACKWARD],
      dw: [relativeError(dw!, gradients.dWeight), BACKWARD],
    };
  });
}

describe("on this adapter", () => {
  const every = () => true;
  for (const product of [
    [1, 1, 1, false, false],
    [13, 70, 9, true, false],
    [40, 33, 64, false, true],
    [9, 5, 131, true, true],
    [70, 68, 36, false, false],
    [51, 72, 70, true, false],
  ] as const)
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(product, every));

  for (const g of [
    { n: 1, h: 1, w: 1, ci: 1, kh: 1, kw: 1, co: 1, stride: 1, padding: 0 },
    { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1 },
    { n: 7, h: 7, w: 7, ci: 5, kh: 3, kw: 3, co: 6, stride: 1, padding: 1 },
    { n: 2, h: 5, w: 8, ci: 20, kh: 3, kw: 3, co: 36, stride: 1, padding: 1 },
    { n: 3, h: 9, w: 1, ci: 8, kh: 3, kw: 3, co: 12, stride: 2, padding: 1 },
    { n: 3, h: 6, w: 5, ci: 24, kh: 1, kw: 1, co: 20, stride: 1, padding: 0 },
  ])
    it(`conv2d of ${shapeOf(g)}, and its gradients`, () => holdConv2d(g, every));
});

describe("as on a GPU, with tiles in workgroup memory", () => {
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
    it(`matmul of ${nameOf(product)}`, () => holdMatmul(product, tiled));

  for (const g of [
    { n: 2, h: 9, w: 1, ci: 12, kh: 3, kw: 3, co: 36, stride: 2, padding: 1 },
    { n: 1, h: 8, w: 9, ci: 8, kh: 3, kw: 3, co: 8, stride: 1, padding: 1 },
  ])
    it(`conv2d of ${shapeOf(g)}, and its gradients`, () => holdConv2d(g, (variant) => /tiled_(32|64)/.test(variant)));
});

describe("channels that four does not divide, on one side", () => {
  for (const [ci, co] of [
    [3, 8],
    [20, 6],
  ] as const)
    it(`${ci} to ${co}`, () =>
      holdConv2d({ n: 2, h: 5, w: 6, ci, kh: 1, kw: 2, co, stride: 1, padding: 1 }, () => true));

  for (const [ci, co] of [
    [3, 8],
    [8, 3],
  ] as const)
    it(`${ci} to ${co}, as on a GPU`, async () => {
      const target = vi.spyOn(runtime(), "target", "get").mockReturnValue({ ...runtime().target, hardware: true });
      await holdConv2d({ n: 2, h: 5, w: 6, ci, kh: 1, kw: 2, co, stride: 1, padding: 1 }, (v) =>
        /tiled_(32|64)/.test(v),
      );
      target.mockRestore();
    });
});

it("together these were all kernels of products that can be chosen", () => {
  const lanes = runtime().target.subgroupSize ?? 0;
  const foreign = lanes >= 8 ? "subgroup4" : lanes >= 4 ? "subgroup8" : "subgroup";
  const products = kernelNames.filter((name) => name.split("/").length === 3 && !name.includes(foreign));
  expect(products.filter((name) => !dispatched.has(name))).toEqual([]);
});
