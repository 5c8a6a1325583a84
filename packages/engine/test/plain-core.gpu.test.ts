// The GEMM core for adapters without fixed subgroups, which neither software adapter would choose: the same references.
import { describe, expect, it, vi } from "vitest";
import { backward, bias, conv2d, matmul } from "../src/index.js";
import { dispatched, evaluate, f32, relativeError, useRuntime, weighted } from "./support/harness.js";
import * as reference from "./support/reference.js";

const runtime = useRuntime();

function withoutSubgroups() {
  const { maxBindingBytes } = runtime().target;
  return vi.spyOn(runtime(), "target", "get").mockReturnValue({ subgroupSize: undefined, maxBindingBytes });
}

describe("the plain core", () => {
  for (const [m, n, k, transposeA, transposeB] of [
    [1, 1, 1, false, false],
    [13, 70, 9, true, false],
    [40, 33, 64, false, true],
    [9, 5, 131, true, true],
  ] as const)
    it(`matmul of ${m}×${k}${transposeA ? " transposed" : ""} and ${k}×${n}${transposeB ? " transposed" : ""}, and a bias`, async () => {
      const spy = withoutSubgroups();
      const a = transposeA ? f32("a", k, m) : f32("a", m, k);
      const b = transposeB ? f32("b", n, k) : f32("b", k, n);
      const c = f32("c", n);
      const [y] = await evaluate(runtime(), { a, b, c }, (graph, t) => [
        bias(graph, matmul(graph, t.a!, t.b!, { transposeA, transposeB }), t.c!),
      ]);
      spy.mockRestore();
      const product = reference.matmul(a.data, b.data, m, n, k, transposeA, transposeB);
      const expected = product.map((v, i) => v + c.data[i % n]!);
      expect(relativeError(y!, expected)).toBeLessThan(1e-5);
    });

  for (const g of [
    { n: 1, h: 1, w: 1, ci: 1, kh: 1, kw: 1, co: 1, stride: 1, padding: 0 },
    { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1 },
    { n: 7, h: 7, w: 7, ci: 5, kh: 3, kw: 3, co: 6, stride: 1, padding: 1 },
    { n: 2, h: 5, w: 4, ci: 4, kh: 3, kw: 3, co: 8, stride: 1, padding: 1 },
    { n: 2, h: 9, w: 8, ci: 2, kh: 5, kw: 4, co: 33, stride: 3, padding: 0 },
    { n: 2, h: 5, w: 8, ci: 32, kh: 3, kw: 3, co: 36, stride: 1, padding: 1 },
  ])
    it(`conv2d of ${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}, and its gradients`, async () => {
      const spy = withoutSubgroups();
      const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
      const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
      const x = f32("x", g.n, g.h, g.w, g.ci);
      const w = f32("w", g.kh, g.kw, g.ci, g.co);
      const dy = f32("dy", g.n, oh, ow, g.co);
      const [y, dx, dw] = await evaluate(runtime(), { x, w, dy }, (graph, t) => {
        const out = conv2d(graph, t.x!, t.w!, g);
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.w!]).others];
      });
      spy.mockRestore();
      const expected = reference.conv2dGradients(x.data, w.data, dy.data, g);
      expect(relativeError(y!, reference.conv2d(x.data, w.data, g))).toBeLessThan(1e-5);
      expect(relativeError(dx!, expected.dx)).toBeLessThan(1e-4);
      expect(relativeError(dw!, expected.dWeight)).toBeLessThan(1e-4);
    });

  it("was the one that ran, and reads both ways", () => {
    const products = [...dispatched].filter((kernel) => kernel.split("/").length === 3);
    expect(products.sort()).toEqual([
      "batched_matmul/scalars/plain",
      "batched_matmul/vectors/plain",
      "conv2d_forward/scalars/plain",
      "conv2d_forward/vectors/plain",
      "conv2d_input_gradient/scalars/plain",
      "conv2d_input_gradient/vectors/plain",
      "conv2d_weight_gradient/scalars/plain",
      "matmul/scalars/plain",
      "matmul/vectors/plain",
    ]);
  });
});
