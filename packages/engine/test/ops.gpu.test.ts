// Every op against a float64 reference: relative error at most 1e-5 forward and 1e-4 backward, at odd sizes, sizes of 1,
// sizes off the kernels' tiles, and strides.
import { describe, expect, it } from "vitest";
import type { Op } from "../src/graph/op.js";
import {
  add,
  argmax,
  avgPool2d,
  backward,
  batchNorm,
  bias,
  conv2d,
  crossEntropy,
  type Graph,
  globalAvgPool2d,
  kernelNames,
  kernelSource,
  matmul,
  maxPool2d,
  NO_CLASS,
  relu,
  type StateTensor,
  sizeOf,
  subsamplePad,
  type Tensor,
} from "../src/index.js";
import { onesOp } from "../src/ops/ones.js";
import { type GemmCore, gemm, gemmCores } from "../src/plan/gemm.js";
import {
  byWinograd,
  dispatched,
  evaluate,
  type Feed,
  f32,
  isProduct,
  relativeError,
  useRuntime,
  values,
  weighted,
} from "./support/harness.js";
import * as reference from "./support/reference.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;
const runtime = useRuntime();

describe("matmul", () => {
  const sizes: [number, number, number][] = [
    [1, 1, 1],
    [1, 7, 3],
    [13, 1, 5],
    [12, 16, 8],
    [25, 17, 33],
    [64, 65, 40],
    [3, 100, 129],
    [7, 20, 24],
    [35, 22, 16],
  ];
  for (const [m, n, k] of sizes)
    for (const transposeA of [false, true])
      for (const transposeB of [false, true])
        it(`[${m}, ${k}]${transposeA ? "ᵀ" : ""} · [${k}, ${n}]${transposeB ? "ᵀ" : ""} and its gradients`, async () => {
          const a = transposeA ? f32("a", k, m) : f32("a", m, k);
          const b = transposeB ? f32("b", n, k) : f32("b", k, n);
          const dy = f32("dy", m, n);
          const [c, da, db] = await evaluate(runtime(), { a, b, dy }, (graph, t) => {
            const y = matmul(graph, t.a!, t.b!, { transposeA, transposeB });
            return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.a!, t.b!]).others];
          });
          expect(relativeError(c!, reference.matmul(a.data, b.data, m, n, k, transposeA, transposeB))).toBeLessThan(
            FORWARD,
          );
          const daPlain = reference.matmul(dy.data, b.data, m, k, n, false, !transposeB);
          const daExpected = transposeA ? transpose(daPlain, m, k) : daPlain;
          const dbPlain = reference.matmul(a.data, dy.data, k, n, m, !transposeA, false);
          const dbExpected = transposeB ? transpose(dbPlain, k, n) : dbPlain;
          expect(relativeError(da!, daExpected)).toBeLessThan(BACKWARD);
          expect(relativeError(db!, dbExpected)).toBeLessThan(BACKWARD);
        });
});

// Batched products stand within Winograd's filtering, whose shapes do not reach every core; this op does.
const batchedProductOp = (batch: number, m: number, n: number, k: number, transposeA: boolean): Op<null> => ({
  name: "batched_product",
  infer: () => [{ shape: [batch, m, n], dtype: "f32" }],
  variants: (target) => {
    const fours = k % 4 === 0 && (!transposeA || m % 4 === 0) ? (transposeA ? "rows" : "inner") : undefined;
    return gemmCores(target, { m, n, k, fours }, "f32");
  },
  lower: ({ target, variant }, node) =>
    gemm(target, variant as GemmCore, {
      rows: "batched_matmul",
      m,
      n,
      taps: batch,
      tapsPerSlice: 1,
      inner: k,
      innerStride: transposeA ? m : 1,
      rowsInFours: transposeA && m % 4 === 0,
      constants: { A_ROW: transposeA ? 1 : k },
      a: node.inputs[0]!,
      b: node.inputs[1]!,
      c: node.outputs[0]!,
    }),
});

describe("a batch of products", () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [13, 5, 12],
    [50, 8, 20],
    [9, 6, 7],
    [35, 68, 24],
  ] as const)
    for (const transposeA of [false, true])
      it(`3 of ${m}×${k}${transposeA ? " transposed" : ""} and ${k}×${n}`, async () => {
        const a = transposeA ? f32("a", 3, k, m) : f32("a", 3, m, k);
        const b = f32("b", 3, k, n);
        const op = batchedProductOp(3, m, n, k, transposeA);
        const [c] = await evaluate(runtime(), { a, b }, (graph, t) => graph.add(op, [t.a!, t.b!], null));
        const expected = [0, 1, 2].flatMap((i) => {
          const part = (feed: Feed, size: number) => feed.data.slice(i * size, (i + 1) * size);
          return [...reference.matmul(part(a, m * k), part(b, k * n), m, n, k, transposeA, false)];
        });
        expect(relativeError(c!, expected)).toBeLessThan(FORWARD);
      });
});

it("matmul of more rows than one row of workgroups covers", async () => {
  const rows = 800_001;
  const a = f32("a", rows, 1);
  const b = f32("b", 1, 1);
  const [c] = await evaluate(runtime(), { a, b }, (graph, t) => [matmul(graph, t.a!, t.b!)]);
  expect(relativeError(c!, reference.matmul(a.data, b.data, rows, 1, 1, false, false))).toBeLessThan(FORWARD);
});

function transpose(a: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)]!);
}

describe("conv2d", () => {
  const cases: reference.ConvGeometry[] = [
    { n: 1, h: 1, w: 1, ci: 1, kh: 1, kw: 1, co: 1, stride: 1, padding: 0 },
    { n: 2, h: 5, w: 7, ci: 3, kh: 3, kw: 3, co: 5, stride: 1, padding: 1 },
    { n: 3, h: 8, w: 8, ci: 16, kh: 3, kw: 3, co: 16, stride: 1, padding: 1 },
    { n: 2, h: 8, w: 8, ci: 16, kh: 3, kw: 3, co: 32, stride: 2, padding: 1 },
    { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1 },
    { n: 2, h: 6, w: 6, ci: 12, kh: 1, kw: 1, co: 20, stride: 2, padding: 0 },
    { n: 1, h: 15, w: 13, ci: 3, kh: 7, kw: 7, co: 9, stride: 2, padding: 3 },
    { n: 1, h: 20, w: 20, ci: 2, kh: 11, kw: 11, co: 4, stride: 4, padding: 2 },
    { n: 2, h: 5, w: 6, ci: 4, kh: 2, kw: 3, co: 33, stride: 3, padding: 0 },
    { n: 5, h: 4, w: 4, ci: 40, kh: 3, kw: 3, co: 70, stride: 1, padding: 0 },
    { n: 40, h: 6, w: 6, ci: 3, kh: 3, kw: 3, co: 3, stride: 1, padding: 1 },
    { n: 7, h: 7, w: 7, ci: 5, kh: 3, kw: 3, co: 6, stride: 1, padding: 1 },
    { n: 2, h: 5, w: 4, ci: 20, kh: 3, kw: 3, co: 24, stride: 1, padding: 1 },
    { n: 2, h: 8, w: 8, ci: 1, kh: 3, kw: 3, co: 4, stride: 1, padding: 1 },
    { n: 3, h: 5, w: 6, ci: 3, kh: 3, kw: 3, co: 36, stride: 1, padding: 1 },
    { n: 1, h: 3, w: 3, ci: 32, kh: 3, kw: 3, co: 32, stride: 1, padding: 0 },
  ];
  // By Winograd's filtering: tiles that fit and that hang over.
  const filtered = [
    { n: 1, h: 5, w: 6, ci: 32, kh: 3, kw: 3, co: 32, stride: 1, padding: 0 },
    { n: 3, h: 8, w: 12, ci: 32, kh: 3, kw: 3, co: 64, stride: 1, padding: 1 },
    { n: 2, h: 7, w: 5, ci: 36, kh: 3, kw: 3, co: 40, stride: 1, padding: 1 },
    { n: 2, h: 9, w: 6, ci: 64, kh: 3, kw: 3, co: 32, stride: 1, padding: 2 },
    { n: 2, h: 6, w: 6, ci: 256, kh: 3, kw: 3, co: 128, stride: 1, padding: 1 },
  ];
  for (const [g, options, how] of [
    ...cases.map((g) => [g, {}, ""] as const),
    ...filtered.map((g) => [g, byWinograd, " by Winograd's filtering"] as const),
  ])
    it(`${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}, padding ${g.padding}, and its gradients${how}`, async () => {
      const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
      const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
      const x = f32("x", g.n, g.h, g.w, g.ci);
      const w = f32("w", g.kh, g.kw, g.ci, g.co);
      const dy = f32("dy", g.n, oh, ow, g.co);
      const [y, dx, dw] = await evaluate(
        runtime(),
        { x, w, dy },
        (graph, t) => {
          const out = conv2d(graph, t.x!, t.w!, g);
          return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.w!]).others];
        },
        options,
      );
      const expected = reference.conv2dGradients(x.data, w.data, dy.data, g);
      expect(relativeError(y!, reference.conv2d(x.data, w.data, g))).toBeLessThan(FORWARD);
      expect(relativeError(dx!, expected.dx)).toBeLessThan(BACKWARD);
      expect(relativeError(dw!, expected.dWeight)).toBeLessThan(BACKWARD);
    });
});

describe("bias", () => {
  for (const [rows, c] of [
    [1, 1],
    [3, 5],
    [700, 17],
    // More than 65,535 workgroups of 64: the grid takes a second row.
    [1_400_003, 3],
  ] as const)
    it(`[${rows}, ${c}] plus [${c}], and the gradient of the bias is the column sums`, async () => {
      const x = f32("x", rows, c);
      const b = f32("b", c);
      const dy = f32("dy", rows, c);
      const [y, db] = await evaluate(runtime(), { x, b, dy }, (graph, t) => {
        const out = bias(graph, t.x!, t.b!);
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.b!]).others];
      });
      const sums = new Float64Array(c);
      dy.data.forEach((v, i) => {
        sums[i % c]! += v;
      });
      expect(relativeError(y!, withBias(x.data, b.data))).toBeLessThan(FORWARD);
      expect(relativeError(db!, sums)).toBeLessThan(BACKWARD);
    });

  for (const [m, n, k] of [
    [1, 1, 1],
    [13, 70, 9],
  ] as const)
    it(`fused into matmul of [${m}, ${k}] and [${k}, ${n}]`, async () => {
      const feeds = { a: f32("a", m, k), w: f32("w", k, n), b: f32("b", n) };
      const [y] = await evaluate(runtime(), feeds, (graph, t) => [bias(graph, matmul(graph, t.a!, t.w!), t.b!)]);
      const product = reference.matmul(feeds.a.data, feeds.w.data, m, n, k, false, false);
      expect(relativeError(y!, withBias(product, feeds.b.data))).toBeLessThan(FORWARD);
    });

  for (const g of [
    { n: 2, h: 5, w: 7, ci: 3, kh: 3, kw: 3, co: 5, stride: 2, padding: 1, options: {} },
    { n: 2, h: 5, w: 7, ci: 32, kh: 3, kw: 3, co: 36, stride: 1, padding: 1, options: byWinograd },
  ])
    it(`fused into conv2d of ${g.ci} to ${g.co} channels`, async () => {
      const feeds = { x: f32("x", g.n, g.h, g.w, g.ci), w: f32("w", g.kh, g.kw, g.ci, g.co), b: f32("b", g.co) };
      const [y] = await evaluate(
        runtime(),
        feeds,
        (graph, t) => [bias(graph, conv2d(graph, t.x!, t.w!, g), t.b!)],
        g.options,
      );
      const product = reference.conv2d(feeds.x.data, feeds.w.data, g);
      expect(relativeError(y!, withBias(product, feeds.b.data))).toBeLessThan(FORWARD);
    });
});

function withBias(x: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (v, i) => v + b[i % b.length]!);
}

describe("relu, add", () => {
  for (const count of [1, 3, 64, 1001])
    it(`of ${count} values, and their gradients`, async () => {
      const a = f32("a", count);
      const b = f32("b", count);
      const dy = f32("dy", count);
      const [y, da, db] = await evaluate(runtime(), { a, b, dy }, (graph, t) => {
        const out = relu(graph, add(graph, t.a!, t.b!));
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.a!, t.b!]).others];
      });
      const sum = Float64Array.from(a.data, (v, i) => Math.fround(v + b.data[i]!));
      const gradient = Float64Array.from(dy.data, (v, i) => (sum[i]! > 0 ? v : 0));
      expect(
        relativeError(
          y!,
          sum.map((v) => Math.max(v, 0)),
        ),
      ).toBeLessThan(FORWARD);
      expect(relativeError(da!, gradient)).toBeLessThan(BACKWARD);
      expect(relativeError(db!, gradient)).toBeLessThan(BACKWARD);
    });

  it("relu lets NaN through; its gradient at 0 is 0", async () => {
    const x = { shape: [4], data: Float32Array.of(Number.NaN, -1, 2, 0) };
    const dy = { shape: [4], data: Float32Array.of(1, 1, 1, 1) };
    const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
      const out = relu(graph, t.x!);
      return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
    });
    expect([...y!]).toEqual([Number.NaN, 0, 2, 0]);
    expect([...dx!].slice(1)).toEqual([0, 1, 0]);
  });
});

describe("batch_norm", () => {
  for (const [rows, c] of [
    [4, 1],
    [5, 3],
    [64, 16],
    [3000, 7],
    [129, 65],
  ] as const)
    it(`over [${rows}, ${c}]: output, running values and gradients`, async () => {
      const x = f32("x", rows, c);
      // A mean far from zero is where a one-pass variance would lose its digits.
      x.data.forEach((_, i) => {
        x.data[i]! += 30;
      });
      const gamma = f32("gamma", c);
      const beta = f32("beta", c);
      const dy = f32("dy", rows, c);
      const runningMean: StateTensor = { label: "mean", shape: [c], dtype: "f32", initial: values("m", c) };
      const runningVar: StateTensor = { label: "var", shape: [c], dtype: "f32", initial: new Float32Array(c).fill(1) };
      const [y, dx, dGamma, dBeta] = await evaluate(runtime(), { x, gamma, beta, dy }, (graph, t) => {
        const tensors = {
          weight: t.gamma!,
          bias: t.beta!,
          runningMean: graph.state(runningMean),
          runningVar: graph.state(runningVar),
        };
        const out = batchNorm(graph, t.x!, tensors, { training: true });
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.gamma!, t.beta!]).others];
      });
      const expected = reference.batchNorm(x.data, gamma.data, beta.data, 1e-5);
      const gradients = reference.batchNormGradients(x.data, gamma.data, dy.data, 1e-5);
      expect(relativeError(y!, expected.y)).toBeLessThan(FORWARD);
      expect(relativeError(dx!, gradients.dx)).toBeLessThan(BACKWARD);
      expect(relativeError(dGamma!, gradients.dGamma)).toBeLessThan(BACKWARD);
      expect(relativeError(dBeta!, gradients.dBeta)).toBeLessThan(BACKWARD);
      const moved = (old: number, now: number) => 0.9 * old + 0.1 * now;
      const mean = await runtime().readState(runningMean);
      const variance = await runtime().readState(runningVar);
      const unbiased = expected.variance.map((v) => (v * rows) / (rows - 1));
      expect(
        relativeError(
          mean,
          expected.mean.map((v, i) => moved(runningMean.initial![i]!, v)),
        ),
      ).toBeLessThan(FORWARD);
      expect(
        relativeError(
          variance,
          unbiased.map((v) => moved(1, v)),
        ),
      ).toBeLessThan(FORWARD);
    });

  for (const [rows, c] of [
    [1, 1],
    [9, 5],
    [67, 33],
  ] as const)
    it(`in evaluation over [${rows}, ${c}] uses the running values and leaves them alone, fused and alone`, async () => {
      const x = f32("x", rows, c);
      const residual = f32("residual", rows, c);
      const gamma = f32("gamma", c);
      const beta = f32("beta", c);
      const runningMean: StateTensor = { label: "mean", shape: [c], dtype: "f32", initial: values("m", c) };
      const spread = values("v", c).map((v) => 1.5 + v);
      const runningVar: StateTensor = { label: "var", shape: [c], dtype: "f32", initial: spread };
      const norm = (graph: Graph, t: Record<string, Tensor>) => {
        const tensors = { runningMean: graph.state(runningMean), runningVar: graph.state(runningVar) };
        return batchNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta!, ...tensors }, { training: false });
      };
      const [y, fused] = await evaluate(runtime(), { x, residual, gamma, beta }, (graph, t) => [
        norm(graph, t),
        relu(graph, add(graph, norm(graph, t), t.residual!)),
      ]);
      const expected = Float64Array.from(x.data, (v, i) => {
        const k = i % c;
        return ((v - runningMean.initial![k]!) / Math.sqrt(spread[k]! + 1e-5)) * gamma.data[k]! + beta.data[k]!;
      });
      expect(relativeError(y!, expected)).toBeLessThan(FORWARD);
      const behindRelu = expected.map((v, i) => Math.max(v + residual.data[i]!, 0));
      expect(relativeError(fused!, behindRelu)).toBeLessThan(FORWARD);
      expect(await runtime().readState(runningMean)).toEqual(runningMean.initial);
      expect(await runtime().readState(runningVar)).toEqual(spread);
    });

  it("fused with a residual and ReLU gives the unfused values and gradients", async () => {
    const c = 6;
    const feeds = {
      x: f32("x", 4, 3, 3, c),
      r: f32("r", 4, 3, 3, c),
      g: f32("g", c),
      b: f32("b", c),
      dy: f32("dy", 4, 3, 3, c),
    };
    const run = (fuse: boolean) =>
      evaluate(
        runtime(),
        feeds,
        (graph, t) => {
          const state = (label: string): StateTensor => ({ label, shape: [c], dtype: "f32" });
          const norm = () => ({
            weight: t.g!,
            bias: t.b!,
            runningMean: graph.state(state("m")),
            runningVar: graph.state(state("v")),
          });
          const first = relu(graph, batchNorm(graph, t.x!, norm(), { training: true }));
          const out = relu(graph, add(graph, batchNorm(graph, first, norm(), { training: true }), t.r!));
          return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.r!, t.g!, t.b!]).others];
        },
        { fuse },
      );
    const fused = await run(true);
    const plain = await run(false);
    for (const [i, result] of fused.entries()) expect(relativeError(result, plain[i]!)).toBeLessThan(1e-6);
  });
});

describe("pooling", () => {
  const cases = [
    { n: 1, h: 1, w: 1, c: 1, kernel: 1, stride: 1, padding: 0 },
    { n: 2, h: 6, w: 5, c: 3, kernel: 2, stride: 2, padding: 0 },
    { n: 2, h: 7, w: 9, c: 5, kernel: 3, stride: 2, padding: 1 },
    { n: 1, h: 8, w: 8, c: 17, kernel: 3, stride: 1, padding: 1 },
    { n: 1, h: 9, w: 9, c: 2, kernel: 2, stride: 3, padding: 0 },
  ];
  for (const g of cases)
    for (const kind of ["max", "average"] as const)
      it(`${kind} of ${g.n}×${g.h}×${g.w}×${g.c}, kernel ${g.kernel}, stride ${g.stride}, padding ${g.padding}, and its gradient`, async () => {
        const oh = reference.outputExtent(g.h, g.kernel, g.stride, g.padding);
        const ow = reference.outputExtent(g.w, g.kernel, g.stride, g.padding);
        const x = f32("x", g.n, g.h, g.w, g.c);
        const dy = f32("dy", g.n, oh, ow, g.c);
        const pool = kind === "max" ? maxPool2d : avgPool2d;
        const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
          const out = pool(graph, t.x!, g.kernel, g);
          return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
        });
        const expected = (kind === "max" ? reference.maxPool : reference.avgPool)(x.data, dy.data, g);
        expect(relativeError(y!, expected.y)).toBeLessThan(FORWARD);
        expect(relativeError(dx!, expected.dx)).toBeLessThan(BACKWARD);
      });

  for (const [n, h, w, c] of [
    [1, 1, 1, 1],
    [3, 5, 4, 7],
    [2, 8, 8, 65],
  ] as const)
    it(`global average of ${n}×${h}×${w}×${c}, and its gradient`, async () => {
      const x = f32("x", n, h, w, c);
      const dy = f32("dy", n, c);
      const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
        const out = globalAvgPool2d(graph, t.x!);
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
      });
      const shares = x.data.map((_, i) => dy.data[Math.floor(i / (h * w * c)) * c + (i % c)]! / (h * w));
      expect(relativeError(y!, reference.globalAvgPool(x.data, n, c))).toBeLessThan(FORWARD);
      expect(relativeError(dx!, shares)).toBeLessThan(BACKWARD);
    });

  it("max of equal values gives the gradient to the first in row order", async () => {
    const x = { shape: [1, 2, 4, 1], data: Float32Array.of(3, 5, 1, 7, 5, 5, 7, 7) };
    const dy = { shape: [1, 1, 2, 1], data: Float32Array.of(10, 20) };
    const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
      const out = maxPool2d(graph, t.x!, 2);
      return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
    });
    expect([...y!]).toEqual([5, 7]);
    expect([...dx!]).toEqual([0, 10, 0, 20, 0, 0, 0, 0]);
  });
});

describe("subsample_pad", () => {
  const cases: [[number, number, number, number], number, number, number][] = [
    [[1, 1, 1, 1], 1, 0, 0],
    [[2, 5, 4, 3], 2, 2, 3],
    [[2, 7, 7, 5], 3, 0, 4],
    [[3, 8, 8, 16], 2, 8, 8],
  ];
  for (const [shape, stride, channelsBefore, channelsAfter] of cases)
    it(`of ${shape.join("×")}, stride ${stride}, ${channelsBefore} and ${channelsAfter} channels added, and its gradient`, async () => {
      const x = f32("x", ...shape);
      const [n, h, w, c] = shape;
      const dy = f32("dy", n, Math.ceil(h / stride), Math.ceil(w / stride), channelsBefore + c + channelsAfter);
      const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
        const out = subsamplePad(graph, t.x!, { stride, channelsBefore, channelsAfter });
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
      });
      const pad = (values: ArrayLike<number>) =>
        reference.subsamplePad(values, shape, stride, channelsBefore, channelsAfter);
      expect([...y!]).toEqual([...pad(x.data)]);
      // The map only moves values: moving the places 1, 2, … tells which element of dy each element of x receives.
      const gradient = new Float64Array(x.data.length);
      pad(gradient.map((_, i) => i + 1)).forEach((place, i) => {
        if (place > 0) gradient[place - 1] = dy.data[i]!;
      });
      expect([...dx!]).toEqual([...gradient]);
    });
});

describe("cross_entropy", () => {
  for (const [rows, classes] of [
    [1, 1],
    [1, 2],
    [7, 10],
    [130, 201],
    [3001, 3],
  ] as const)
    for (const labelSmoothing of [0, 0.1])
      it(`of [${rows}, ${classes}] with smoothing ${labelSmoothing}, and its gradient`, async () => {
        const logits = f32("z", rows, classes);
        logits.data.forEach((_, i) => {
          logits.data[i]! *= 20;
        });
        const labels = { shape: [rows], data: Uint32Array.from({ length: rows }, (_, i) => (i * 7) % classes) };
        const [loss, dLogits] = await evaluate(runtime(), { logits, labels }, (graph, t) => {
          const out = crossEntropy(graph, t.logits!, t.labels!, { labelSmoothing });
          return [out, ...backward(graph, out, [t.logits!]).others];
        });
        const expected = reference.crossEntropy(logits.data, labels.data, classes, labelSmoothing);
        expect(relativeError(loss!, [expected.loss])).toBeLessThan(FORWARD);
        expect(relativeError(dLogits!, expected.dLogits)).toBeLessThan(BACKWARD);
      });
});

describe("argmax", () => {
  it("takes the first of equal logits, and only classes that the mask allows", async () => {
    const logits = { shape: [3, 4], data: Float32Array.of(1, 3, 3, 2, 9, 0, 1, 2, -5, -7, -6, -8) };
    const all = { shape: [4], data: Uint32Array.of(1, 1, 1, 1) };
    const some = { shape: [4], data: Uint32Array.of(0, 0, 1, 1) };
    const [free, masked] = await evaluate(runtime(), { logits, all, some }, (graph, t) => [
      argmax(graph, t.logits!, t.all!),
      argmax(graph, t.logits!, t.some!),
    ]);
    expect([...free!]).toEqual([1, 0, 0]);
    expect([...masked!]).toEqual([2, 3, 2]);
  });

  it("of a row with a NaN or an infinity is no class, and the other rows are as they were", async () => {
    const finite = [1, 3.4028235e38, -3.4028235e38, -0];
    const rows = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((odd) =>
      finite.map((_, place) => finite.map((value, i) => (i === place ? odd : value))),
    );
    const logits = { shape: [rows.length + 2, 4], data: Float32Array.from([finite, ...rows, finite].flat()) };
    const mask = { shape: [4], data: Uint32Array.of(1, 1, 0, 1) };
    const [predicted] = await evaluate(runtime(), { logits, mask }, (graph, t) => [argmax(graph, t.logits!, t.mask!)]);
    expect([...predicted!]).toEqual([1, ...rows.map(() => NO_CLASS), 1]);
  });

  for (const [rows, classes] of [
    [1, 1],
    [67, 10],
    [130, 201],
  ] as const)
    it(`of [${rows}, ${classes}]`, async () => {
      const logits = f32("z", rows, classes);
      const mask = { shape: [classes], data: Uint32Array.from({ length: classes }, (_, c) => (c % 3 === 0 ? 5 : 0)) };
      const [predicted] = await evaluate(runtime(), { logits, mask }, (graph, t) => [
        argmax(graph, t.logits!, t.mask!),
      ]);
      const expected = Array.from({ length: rows }, (_, r) => {
        const row = [...logits.data.subarray(r * classes, (r + 1) * classes)];
        const allowed = row.map((v, c) => (mask.data[c] ? v : Number.NEGATIVE_INFINITY));
        return allowed.indexOf(Math.max(...allowed));
      });
      expect([...predicted!]).toEqual(expected);
    });
});

describe("ones", () => {
  for (const shape of [[], [3, 5], [701]])
    it(`of shape [${shape.join(", ")}]`, async () => {
      const [y] = await evaluate(runtime(), {}, (graph) => graph.add(onesOp, [], shape));
      expect([...y!]).toEqual(new Array(sizeOf(shape)).fill(1));
    });
});

it("every kernel ran above but those that other files hold to their references", () => {
  const missing = kernelNames.filter(
    (name) => !dispatched.has(name) && !isProduct(name) && !kernelSource(name).includes("enable f16;"),
  );
  // f16.gpu.test.ts has those of f16, variants.gpu.test.ts the products, resident.gpu.test.ts and training.gpu.test.ts these,
  // zoo-ops.gpu.test.ts those of the larger models, split.gpu.test.ts add_into, epilogue.gpu.test.ts fold_batch_norm, and
  // mixed-precision.gpu.test.ts those of the loss scale.
  expect(missing.sort()).toEqual([
    "accumulate_metrics",
    "adaptive_avg_pool",
    "adaptive_avg_pool_gradient",
    "add_into",
    "dropout",
    "ema",
    "find_nonfinite",
    "fold_batch_norm",
    "group_norm_finalize",
    "group_norm_shares",
    "image_batch",
    "inverse_std",
    "pad2d",
    "reduce_image_slots",
    "scale_loss",
    "sgd",
    "store_rows",
    "update_loss_scale",
  ]);
});
