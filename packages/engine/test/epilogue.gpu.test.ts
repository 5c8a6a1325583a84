// Convolutions with the epilogue that fusion gives them in evaluation: batch-norm folded into weights and bias, a residual
// added, ReLU taken; by the direct sum and by Winograd's filtering, against float64.
import { describe, expect, it } from "vitest";
import { add, batchNorm, conv2d, relu } from "../src/index.js";
import { byWinograd, dispatched, evaluate, type Feed, f32, relativeError, useRuntime } from "./support/harness.js";
import * as reference from "./support/reference.js";

const runtime = useRuntime();
const EPS = 1e-5;

describe("relu(batch_norm(conv2d(x)) + residual) in evaluation", () => {
  for (const g of [
    { n: 2, h: 5, w: 6, ci: 3, kh: 3, kw: 3, co: 5, stride: 1, padding: 1 },
    { n: 2, h: 7, w: 6, ci: 8, kh: 3, kw: 3, co: 12, stride: 2, padding: 1 },
    { n: 3, h: 4, w: 4, ci: 24, kh: 1, kw: 1, co: 20, stride: 1, padding: 0 },
    { n: 2, h: 6, w: 9, ci: 32, kh: 3, kw: 3, co: 36, stride: 1, padding: 1, options: byWinograd },
  ])
    it(`${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}`, async () => {
      const positive = (name: string): Feed => {
        const { shape, data } = f32(name, g.co);
        return { shape, data: (data as Float32Array).map((v) => v * v + 0.5) };
      };
      const feeds = {
        x: f32("x", g.n, g.h, g.w, g.ci),
        weight: f32("weight", g.kh, g.kw, g.ci, g.co),
        gamma: f32("gamma", g.co),
        beta: f32("beta", g.co),
        mean: f32("mean", g.co),
        variance: positive("variance"),
        residual: f32(
          "residual",
          g.n,
          reference.outputExtent(g.h, g.kh, g.stride, g.padding),
          reference.outputExtent(g.w, g.kw, g.stride, g.padding),
          g.co,
        ),
      };
      const { gamma, beta, mean, variance, residual } = feeds;
      const normalized = reference.conv2d(feeds.x.data, feeds.weight.data, g).map((v, i) => {
        const c = i % g.co;
        return ((v - mean.data[c]!) * gamma.data[c]!) / Math.sqrt(variance.data[c]! + EPS) + beta.data[c]!;
      });
      for (const [withResidual, withRelu] of [
        [false, false],
        [false, true],
        [true, true],
      ]) {
        const [y] = await evaluate(
          runtime(),
          feeds,
          (graph, t) => {
            const tensors = { weight: t.gamma!, bias: t.beta!, runningMean: t.mean!, runningVar: t.variance! };
            const convolved = conv2d(graph, t.x!, t.weight!, g);
            const norm = batchNorm(graph, convolved, tensors, { training: false, eps: EPS });
            const sum = withResidual ? add(graph, norm, t.residual!) : norm;
            return [withRelu ? relu(graph, sum) : sum];
          },
          g.options,
        );
        const expected = normalized.map((v, i) => {
          const sum = withResidual ? v + residual.data[i]! : v;
          return withRelu ? Math.max(sum, 0) : sum;
        });
        expect(relativeError(y!, expected), `residual ${withResidual}, ReLU ${withRelu}`).toBeLessThan(1e-5);
      }
      expect([...dispatched].some((kernel) => kernel.startsWith("batch_norm"))).toBe(false);
    });
});
