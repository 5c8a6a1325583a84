// The kernels of f16, for adapters that have it: against float64 references of inputs that f16 holds. They add up in f32, so a
// result in f32 has the error that it has elsewhere, and one in f16 its rounding in addition: 2^-11 of the value.
import { describe, expect, it } from "vitest";
import {
  add,
  argmax,
  avgPool2d,
  backward,
  batchNorm,
  bias,
  type CompileOptions,
  cast,
  conv2d,
  crossEntropy,
  Graph,
  kernelNames,
  kernelSource,
  matmul,
  maxPool2d,
  relu,
  type StateTensor,
  subsamplePad,
  type Tensor,
} from "../src/index.js";
import { HALF_ROUNDOFF, needsHalf, ofType, rounded } from "./support/half.js";
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

it("without shader-f16 a graph with f16 is refused with the adapter's name", async ({ skip }) => {
  if (runtime().device.features.has("shader-f16")) skip("the adapter has shader-f16");
  const graph = new Graph();
  const y = cast(graph, graph.input("x", [3]), "f16");
  await expect(runtime().compile(graph, [y])).rejects.toThrow(
    `f16: ${runtime().info.description} has no shader-f16; compute in f32`,
  );
});

describe("cast", () => {
  needsHalf(runtime);
  for (const shape of [[1], [3, 5], [67, 33]])
    it(`of [${shape.join(", ")}] rounds to the nearest f16 and comes back, and so does its gradient`, async () => {
      const x = f32("x", ...shape);
      const dy = f32("dy", ...shape);
      const [half, back, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
        const half = cast(graph, t.x!, "f16");
        const back = cast(graph, half, "f32");
        return [half, back, ...backward(graph, weighted(graph, back, t.dy!), [t.x!]).others];
      });
      expect(half).toEqual(rounded(x.data));
      expect(back).toEqual(rounded(x.data));
      expect(dx).toEqual(rounded(dy.data));
    });
  it("of what is past the largest f16 is infinite, of what is not a number not one", async () => {
    const x = { shape: [4], data: Float32Array.of(65504, 1e6, -1e6, Number.NaN) };
    const [y] = await evaluate(runtime(), { x }, (graph, t) => [cast(graph, cast(graph, t.x!, "f16"), "f32")]);
    expect([...y!]).toEqual([65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  });
  it("to the type that a tensor has is the tensor", () => {
    const graph = new Graph();
    const x = graph.input("x", [2], "f16");
    expect(cast(graph, x, "f16")).toBe(x);
    expect(() => cast(graph, graph.input("labels", [2], "u32"), "f16")).toThrow("cast: a tensor of type u32 to f16");
  });
  it("an input of f16 is rounded when it is written", async () => {
    const graph = new Graph();
    const y = cast(graph, graph.input("x", [5], "f16"), "f32");
    const program = await runtime().compile(graph, [y]);
    program.write("x", values("x", 5));
    program.run();
    expect(await program.read(y)).toEqual(rounded(values("x", 5)));
    program.destroy();
  });
});

const half = (name: string, ...shape: number[]) => ofType("f16", name, ...shape);

/** Runs with every input of `halves` cast to f16. */
function evaluateHalf(
  halves: Record<string, Feed>,
  others: Record<string, Feed>,
  trace: (graph: Graph, tensors: Record<string, Tensor>, inputs: Record<string, Tensor>) => Tensor[],
  options: CompileOptions = {},
) {
  const traceHalves = (graph: Graph, inputs: Record<string, Tensor>) => {
    const cast16 = Object.keys(halves).map((name) => [name, cast(graph, inputs[name]!, "f16")]);
    return trace(graph, { ...inputs, ...Object.fromEntries(cast16) }, inputs);
  };
  return evaluate(runtime(), { ...halves, ...others }, traceHalves, options);
}

describe("element by element", () => {
  needsHalf(runtime);
  for (const shape of [[1], [3, 5], [70, 67]])
    it(`relu, its gradient and add over [${shape.join(", ")}]`, async () => {
      const [x, z, dy] = [half("x", ...shape), half("z", ...shape), half("dy", ...shape)];
      const [y, dx, sum] = await evaluateHalf({ x, z, dy }, {}, (graph, t, inputs) => {
        const out = relu(graph, t.x!);
        const { others } = backward(graph, weighted(graph, out, t.dy!), [inputs.x!]);
        return [out, ...others, add(graph, t.x!, t.z!)];
      });
      expect([...y!]).toEqual([...x.data].map((v) => Math.max(v, 0)));
      expect([...dx!]).toEqual([...dy.data].map((v, i) => (x.data[i]! > 0 ? v : 0)));
      expect(sum).toEqual(rounded([...x.data].map((v, i) => v + z.data[i]!)));
    });

  for (const [rows, c] of [
    [1, 1],
    [700, 17],
  ] as const)
    it(`bias of [${rows}, ${c}], and its gradient in f32`, async () => {
      const [x, b, dy] = [half("x", rows, c), f32("b", c), half("dy", rows, c)];
      const [y, db] = await evaluateHalf({ x, dy }, { b }, (graph, t) => {
        const out = bias(graph, t.x!, t.b!);
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.b!]).others];
      });
      const sums = new Float64Array(c);
      dy.data.forEach((v, i) => {
        sums[i % c]! += v;
      });
      const expected = [...x.data].map((v, i) => v + b.data[i % c]!);
      expect(relativeError(y!, expected)).toBeLessThan(HALF_ROUNDOFF + FORWARD);
      expect(relativeError(db!, sums)).toBeLessThan(BACKWARD);
    });
});

describe("products", () => {
  needsHalf(runtime);
  it("matmul with a transposed matrix, and its gradients, that of weights which were cast in f32", async () => {
    const [m, n, k] = [13, 20, 36];
    const [a, b, dy] = [half("a", m, k), half("b", n, k), half("dy", m, n)];
    const [y, da, db, dbHalf] = await evaluateHalf({ a, b, dy }, {}, (graph, t, inputs) => {
      const out = matmul(graph, t.a!, t.b!, { transposeB: true });
      const { others } = backward(graph, weighted(graph, out, t.dy!), [inputs.a!, inputs.b!]);
      // What no cast made has a gradient of its own type.
      const doubled = add(graph, t.b!, t.b!);
      const product = matmul(graph, t.a!, doubled, { transposeB: true });
      return [out, ...others, ...backward(graph, weighted(graph, product, t.dy!), [doubled]).others];
    });
    expect(relativeError(y!, reference.matmul(a.data, b.data, m, n, k, false, true))).toBeLessThan(
      HALF_ROUNDOFF + FORWARD,
    );
    const dbExpected = reference.matmul(dy.data, a.data, n, k, m, true, false);
    expect(relativeError(da!, reference.matmul(dy.data, b.data, m, k, n, false, false))).toBeLessThan(
      HALF_ROUNDOFF + BACKWARD,
    );
    expect(relativeError(db!, dbExpected)).toBeLessThan(BACKWARD);
    expect(relativeError(dbHalf!, dbExpected)).toBeLessThan(HALF_ROUNDOFF + BACKWARD);
  });

  for (const g of [
    { n: 2, h: 9, w: 7, ci: 5, kh: 3, kw: 3, co: 17, stride: 2, padding: 1, options: {} },
    // These two by Winograd's filtering, whose transforms are in f32.
    { n: 3, h: 8, w: 12, ci: 32, kh: 3, kw: 3, co: 64, stride: 1, padding: 1, options: byWinograd },
    { n: 2, h: 6, w: 6, ci: 256, kh: 3, kw: 3, co: 128, stride: 1, padding: 1, options: byWinograd },
  ])
    it(`conv2d of ${g.n}×${g.h}×${g.w}×${g.ci} to ${g.co}, stride ${g.stride}, and its gradients`, async () => {
      const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
      const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
      const x = half("x", g.n, g.h, g.w, g.ci);
      const w = half("w", g.kh, g.kw, g.ci, g.co);
      const dy = half("dy", g.n, oh, ow, g.co);
      const [y, dx, dw] = await evaluateHalf(
        { x, w, dy },
        {},
        (graph, t, inputs) => {
          const out = conv2d(graph, t.x!, t.w!, g);
          return [out, ...backward(graph, weighted(graph, out, t.dy!), [inputs.x!, inputs.w!]).others];
        },
        g.options,
      );
      const expected = reference.conv2dGradients(x.data, w.data, dy.data, g);
      expect(relativeError(y!, reference.conv2d(x.data, w.data, g))).toBeLessThan(HALF_ROUNDOFF + FORWARD);
      expect(relativeError(dx!, expected.dx)).toBeLessThan(HALF_ROUNDOFF + BACKWARD);
      expect(relativeError(dw!, expected.dWeight)).toBeLessThan(BACKWARD);
    });
});

describe("batch_norm", () => {
  needsHalf(runtime);
  for (const [rows, c] of [
    [4, 1],
    [64, 16],
    [3000, 7],
  ] as const)
    it(`over [${rows}, ${c}]: output, running values and gradients, fused with a residual and ReLU and alone`, async () => {
      const moved = f32("x", rows, c).data.map((v) => v + 30);
      const x = { shape: [rows, c], data: rounded(moved) };
      const [residual, dy] = [half("residual", rows, c), half("dy", rows, c)];
      const [gamma, beta] = [f32("gamma", c), f32("beta", c)];
      const state = (label: string): StateTensor => ({ label, shape: [c], dtype: "f32" });
      const runningMean = state("mean");
      const [y, dx, dGamma, dBeta, fused, dxFused] = await evaluateHalf(
        { x, residual, dy },
        { gamma, beta },
        (graph, t, inputs) => {
          const norm = (mean: StateTensor) =>
            batchNorm(
              graph,
              t.x!,
              {
                weight: t.gamma!,
                bias: t.beta!,
                runningMean: graph.state(mean),
                runningVar: graph.state(state("var")),
              },
              { training: true },
            );
          const out = norm(runningMean);
          const alone = backward(graph, weighted(graph, out, t.dy!), [inputs.x!, t.gamma!, t.beta!]).others;
          const behind = relu(graph, add(graph, norm(state("mean")), t.residual!));
          return [out, ...alone, behind, ...backward(graph, weighted(graph, behind, t.dy!), [inputs.x!]).others];
        },
      );
      const expected = reference.batchNorm(x.data, gamma.data, beta.data, 1e-5);
      const gradients = reference.batchNormGradients(x.data, gamma.data, dy.data, 1e-5);
      const active = expected.y.map((v, i) => Math.max(v + residual.data[i]!, 0));
      const dActive = dy.data.map((v, i) => (active[i]! > 0 ? v : 0));
      const gradientsFused = reference.batchNormGradients(x.data, gamma.data, dActive, 1e-5);
      expect(relativeError(y!, expected.y)).toBeLessThan(HALF_ROUNDOFF + FORWARD);
      expect(relativeError(fused!, active)).toBeLessThan(HALF_ROUNDOFF + FORWARD);
      expect(relativeError(dx!, gradients.dx)).toBeLessThan(HALF_ROUNDOFF + BACKWARD);
      expect(relativeError(dxFused!, gradientsFused.dx)).toBeLessThan(HALF_ROUNDOFF + BACKWARD);
      expect(relativeError(dGamma!, gradients.dGamma)).toBeLessThan(BACKWARD);
      expect(relativeError(dBeta!, gradients.dBeta)).toBeLessThan(BACKWARD);
      const mean = await runtime().readState(runningMean);
      expect(
        relativeError(
          mean,
          expected.mean.map((v) => 0.1 * v),
        ),
      ).toBeLessThan(FORWARD);
    });
});

describe("pooling and padding", () => {
  needsHalf(runtime);
  const g = { n: 2, h: 7, w: 9, c: 5, kernel: 3, stride: 2, padding: 1 };
  for (const kind of ["max", "average"] as const)
    it(`${kind}, and its gradient`, async () => {
      const x = half("x", g.n, g.h, g.w, g.c);
      const dy = half("dy", g.n, 4, 5, g.c);
      const pool = kind === "max" ? maxPool2d : avgPool2d;
      const [y, dx] = await evaluateHalf({ x, dy }, {}, (graph, t, inputs) => {
        const out = pool(graph, t.x!, g.kernel, g);
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [inputs.x!]).others];
      });
      const expected = (kind === "max" ? reference.maxPool : reference.avgPool)(x.data, dy.data, g);
      expect(relativeError(y!, expected.y)).toBeLessThan(HALF_ROUNDOFF + FORWARD);
      expect(relativeError(dx!, expected.dx)).toBeLessThan(HALF_ROUNDOFF + BACKWARD);
    });

  for (const [channels, before, after] of [
    [3, 2, 3],
    [8, 4, 8],
  ] as const)
    it(`subsample_pad only moves values, and its gradient moves them back, ${channels} channels`, async () => {
      const shape = [2, 5, 4, channels] as const;
      const x = half("x", ...shape);
      const [y, dx] = await evaluateHalf({ x }, {}, (graph, t, inputs) => {
        const out = subsamplePad(graph, t.x!, { stride: 2, channelsBefore: before, channelsAfter: after });
        return [out, ...backward(graph, weighted(graph, out, out), [inputs.x!]).others];
      });
      expect([...y!]).toEqual([...reference.subsamplePad(x.data, shape, 2, before, after)]);
      const kept = x.data.map((v, i) => {
        const pixel = Math.floor(i / shape[3]);
        return (pixel % shape[2]) % 2 === 0 && (Math.floor(pixel / shape[2]) % shape[1]) % 2 === 0 ? v : 0;
      });
      expect(dx).toEqual(kept);
    });
});

it("ops refuse types that do not go together", () => {
  const graph = new Graph();
  const [whole, halves] = [graph.input("whole", [4, 4]), graph.input("halves", [4, 4], "f16")];
  const labels = graph.input("labels", [4], "u32");
  expect(() => add(graph, whole, halves)).toThrow("add: got types f32 and f16; expected all f32 or all f16: cast");
  expect(() => matmul(graph, halves, whole)).toThrow("matmul: got types f16 and f32");
  expect(() => relu(graph, labels)).toThrow("relu: got types u32; expected all f32 or all f16");
  expect(() => bias(graph, whole, graph.input("b", [4], "f16"))).toThrow("bias: a bias of type f16; expected f32");
  expect(() => crossEntropy(graph, halves, labels)).toThrow("cross_entropy: a tensor of logits of type f16");
  expect(() => argmax(graph, halves, labels)).toThrow("argmax: a tensor of logits of type f16; expected f32: cast it");
});

it("every kernel of f16 ran above but products and those that other files hold to their references", ({ skip }) => {
  if (!runtime().device.features.has("shader-f16")) skip("the adapter has no shader-f16");
  const missing = kernelNames.filter(
    (name) => kernelSource(name).includes("enable f16;") && !isProduct(name) && !dispatched.has(name),
  );
  // zoo-ops.gpu.test.ts has those of the larger models, resident.gpu.test.ts image_batch, variants.gpu.test.ts the products.
  expect(missing.sort()).toEqual([
    "adaptive_avg_pool/f16",
    "adaptive_avg_pool_gradient/f16",
    "dropout/f16",
    "group_norm_finalize/f16",
    "image_batch/f16",
    "pad2d/f16",
  ]);
});
