// The GEMM core for adapters without fixed subgroups, which neither software adapter would choose: the same references.
import { describe, expect, it, vi } from "vitest";
import { backward, conv2d, matmul, sizeOf } from "../src/index.js";
import { reshapeOp } from "../src/ops/reshape.js";
import { evaluate, f32, relativeError, useRuntime } from "./support/harness.js";
import * as reference from "./support/reference.js";

const runtime = useRuntime();

function withoutSubgroups() {
  const { maxBindingBytes } = runtime().target;
  return vi.spyOn(runtime(), "target", "get").mockReturnValue({ subgroupSize: undefined, maxBindingBytes });
}

describe("the plain core", () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [13, 70, 9],
    [40, 33, 64],
  ] as const)
    it(`matmul [${m}, ${k}] · [${k}, ${n}]`, async () => {
      const spy = withoutSubgroups();
      const a = f32("a", m, k);
      const b = f32("b", k, n);
      const [c] = await evaluate(runtime(), { a, b }, (graph, t) => [matmul(graph, t.a!, t.b!)]);
      spy.mockRestore();
      expect(relativeError(c!, reference.matmul(a.data, b.data, m, n, k, false, false))).toBeLessThan(1e-5);
    });

  it("conv2d, stride 2, and its gradients", async () => {
    const spy = withoutSubgroups();
    const g = { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1 };
    const x = f32("x", g.n, g.h, g.w, g.ci);
    const w = f32("w", g.kh, g.kw, g.ci, g.co);
    const dy = f32("dy", g.n, 5, 4, g.co);
    const [y, dx, dw] = await evaluate(runtime(), { x, w, dy }, (graph, t) => {
      const out = conv2d(graph, t.x!, t.w!, g);
      const size = sizeOf(out.shape);
      const flat = graph.add(reshapeOp, [out], [1, size])[0]!;
      const weights = graph.add(reshapeOp, [t.dy!], [size, 1])[0]!;
      const loss = graph.add(reshapeOp, [matmul(graph, flat, weights)], [])[0]!;
      return [out, ...backward(graph, loss, [t.x!, t.w!]).others];
    });
    spy.mockRestore();
    const expected = reference.conv2dGradients(x.data, w.data, dy.data, g);
    expect(relativeError(y!, reference.conv2d(x.data, w.data, g))).toBeLessThan(1e-5);
    expect(relativeError(dx!, expected.dx)).toBeLessThan(1e-4);
    expect(relativeError(dw!, expected.dWeight)).toBeLessThan(1e-4);
  });
});
