// Every op against a float64 reference: relative error at most 1e-5 forward and 1e-4 backward, at odd sizes, sizes of 1,
// sizes off the kernels' tiles, and strides.
import { describe, expect, it } from "vitest";
import {
  add,
  argmax,
  avgPool2d,
  backward,
  batchNorm,
  bias,
  conv2d,
  crossEntropy,
  globalAvgPool2d,
  matmul,
  maxPool2d,
  relu,
  type StateTensor,
  subsamplePad,
  type Tensor,
} from "../src/index.js";
import { evaluate, f32, relativeError, useRuntime, values } from "./support/harness.js";
import * as reference from "./support/reference.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;
const runtime = useRuntime();

/** A scalar whose gradient with respect to `y` is the fixed tensor `dy`: their product, summed by a matrix product. */
function weighted(graph: Parameters<typeof matmul>[0], y: Tensor, dy: Tensor): Tensor {
  const flat = graph.add(flattenTo([1, size(y)]), [y], null)[0]!;
  const weights = graph.add(flattenTo([size(y), 1]), [dy], null)[0]!;
  return graph.add(flattenTo([]), [matmul(graph, flat, weights)], null)[0]!;
}
const size = (tensor: Tensor) => tensor.shape.reduce((a, b) => a * b, 1);

import { reshapeOp } from "../src/ops/reshape.js";

const flattenTo = (shape: number[]) => ({
  ...reshapeOp,
  infer: () => [{ shape, dtype: "f32" as const }],
  gradient: (
    graph: Parameters<typeof matmul>[0],
    node: { inputs: Tensor[] },
    _: unknown,
    [dy]: readonly (Tensor | undefined)[],
  ) => [dy && graph.add(reshapeOp, [dy], node.inputs[0]!.shape)[0]!],
});

describe("matmul", () => {
  const sizes: [number, number, number][] = [
    [1, 1, 1],
    [1, 7, 3],
    [13, 1, 5],
    [12, 16, 8],
    [25, 17, 33],
    [64, 65, 40],
    [3, 100, 129],
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
  ];
  for (const g of cases)
    it(`${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}, padding ${g.padding}, and its gradients`, async () => {
      const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
      const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
      const x = f32("x", g.n, g.h, g.w, g.ci);
      const w = f32("w", g.kh, g.kw, g.ci, g.co);
      const dy = f32("dy", g.n, oh, ow, g.co);
      const [y, dx, dw] = await evaluate(runtime(), { x, w, dy }, (graph, t) => {
        const out = conv2d(graph, t.x!, t.w!, g);
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.w!]).others];
      });
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
      expect(
        relativeError(
          y!,
          Float64Array.from(x.data, (v, i) => v + b.data[i % c]!),
        ),
      ).toBeLessThan(FORWARD);
      expect(relativeError(db!, sums)).toBeLessThan(BACKWARD);
    });

  it("fused into matmul and conv2d gives the same values", async () => {
    const feeds = { a: f32("a", 5, 6), w: f32("w", 6, 9), b: f32("b", 9) };
    const trace = (graph: Parameters<typeof matmul>[0], t: Record<string, Tensor>) => [
      bias(graph, matmul(graph, t.a!, t.w!), t.b!),
    ];
    const [fused] = await evaluate(runtime(), feeds, trace);
    const [plain] = await evaluate(runtime(), feeds, trace, { fuse: false });
    expect(relativeError(fused!, plain!)).toBeLessThan(1e-6);
  });
});

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

  it("relu lets NaN through", async () => {
    const x = { shape: [4], data: Float32Array.of(Number.NaN, -1, 2, 0) };
    const [y] = await evaluate(runtime(), { x }, (graph, t) => [relu(graph, t.x!)]);
    expect([...y!]).toEqual([Number.NaN, 0, 2, 0]);
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

  it("in evaluation uses the running values and leaves them alone", async () => {
    const c = 5;
    const x = f32("x", 9, c);
    const gamma = f32("gamma", c);
    const beta = f32("beta", c);
    const runningMean: StateTensor = { label: "mean", shape: [c], dtype: "f32", initial: values("m", c) };
    const spread = values("v", c).map((v) => 1.5 + v);
    const runningVar: StateTensor = { label: "var", shape: [c], dtype: "f32", initial: spread };
    const [y] = await evaluate(runtime(), { x, gamma, beta }, (graph, t) => {
      const tensors = { runningMean: graph.state(runningMean), runningVar: graph.state(runningVar) };
      return [batchNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta!, ...tensors }, { training: false })];
    });
    const expected = Float64Array.from(x.data, (v, i) => {
      const k = i % c;
      return ((v - runningMean.initial![k]!) / Math.sqrt(spread[k]! + 1e-5)) * gamma.data[k]! + beta.data[k]!;
    });
    expect(relativeError(y!, expected)).toBeLessThan(FORWARD);
    expect(await runtime().readState(runningMean)).toEqual(runningMean.initial);
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

  it("global average of 3×5×4×7, and its gradient", async () => {
    const x = f32("x", 3, 5, 4, 7);
    const dy = f32("dy", 3, 7);
    const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
      const out = globalAvgPool2d(graph, t.x!);
      return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
    });
    const mean = new Float64Array(21);
    x.data.forEach((v, i) => {
      mean[Math.floor(i / 140) * 7 + (i % 7)]! += v / 20;
    });
    expect(relativeError(y!, mean)).toBeLessThan(FORWARD);
    expect(
      relativeError(
        dx!,
        x.data.map((_, i) => dy.data[Math.floor(i / 140) * 7 + (i % 7)]! / 20),
      ),
    ).toBeLessThan(BACKWARD);
  });
});

describe("subsample_pad", () => {
  it("takes every second pixel and pads channels; its gradient is the transposed map", async () => {
    const [n, h, w, c] = [2, 5, 4, 3];
    const x = f32("x", n, h, w, c);
    const dy = f32("dy", n, 3, 2, 8);
    const [y, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
      const out = subsamplePad(graph, t.x!, { stride: 2, channelsBefore: 2, channelsAfter: 3 });
      return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!]).others];
    });
    const yExpected = new Float64Array(n * 3 * 2 * 8);
    const dxExpected = new Float64Array(n * h * w * c);
    for (let b = 0; b < n; b++)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 2; j++)
          for (let k = 0; k < c; k++) {
            const from = ((b * h + 2 * i) * w + 2 * j) * c + k;
            const to = ((b * 3 + i) * 2 + j) * 8 + 2 + k;
            yExpected[to] = x.data[from]!;
            dxExpected[from] = dy.data[to]!;
          }
    expect(relativeError(y!, yExpected)).toBe(0);
    expect(relativeError(dx!, dxExpected)).toBeLessThan(BACKWARD);
  });
});

describe("cross_entropy", () => {
  for (const [rows, classes] of [
    [1, 2],
    [7, 10],
    [130, 201],
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
});
