// Tensors larger than a binding: every op, and a network's training, under a limit that the adapter does not have.
import { describe, expect, it } from "vitest";
import {
  AvgPool2d,
  add,
  argmax,
  avgPool2d,
  BatchNorm2d,
  backward,
  batchNorm,
  bias,
  Conv2d,
  conv2d,
  crossEntropy,
  Flatten,
  Graph,
  imageBatch,
  Linear,
  MaxPool2d,
  matmul,
  maxPool2d,
  ParameterArena,
  plan,
  ReLU,
  relu,
  residentImages,
  Sequential,
  type StateTensor,
  sgd,
  standardizeWeight,
  subsamplePad,
  type Tensor,
} from "../src/index.js";
import { type Feed, f32, relativeError, useRuntime, values, weighted } from "./support/harness.js";
import * as reference from "./support/reference.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;
const runtime = useRuntime();

type Results = (Float32Array | Uint32Array)[];
type Traced = (graph: Graph, inputs: Record<string, Tensor>) => Tensor[];

/** What a graph fetches, run whole and with bindings of `limit` bytes at most; fails where the limit changes no dispatch. */
async function wholeAndSplit(feeds: Record<string, Feed>, limit: number, trace: Traced) {
  const run = async (maxBindingBytes?: number) => {
    const graph = new Graph();
    const inputs: Record<string, Tensor> = {};
    for (const [name, { shape, data }] of Object.entries(feeds)) {
      inputs[name] = graph.input(name, shape, data instanceof Uint32Array ? "u32" : "f32");
    }
    const fetched = trace(graph, inputs);
    const options = maxBindingBytes === undefined ? {} : { maxBindingBytes };
    const program = await runtime().compile(graph, fetched, options);
    for (const [name, { data }] of Object.entries(feeds)) program.write(name, data);
    program.run();
    const results: Results = [];
    for (const tensor of fetched) results.push(await program.read(tensor));
    program.destroy();
    const largest = Math.max(...program.plan.steps.flatMap(({ bindings }) => bindings.map(({ place }) => place.bytes)));
    return { results, largest, kernels: program.plan.steps.map(({ kernel }) => kernel) };
  };
  const whole = await run();
  const split = await run(limit);
  expect(whole.largest).toBeGreaterThan(limit);
  expect(split.largest).toBeLessThanOrEqual(limit);
  return { whole: whole.results, split: split.results, kernels: split.kernels };
}

describe("a linear layer whose weights pass the limit", () => {
  for (const [m, n, k] of [
    [1, 384, 64],
    [6, 512, 96],
    [5, 300, 132],
  ] as const)
    it(`${m} rows of ${k} to ${n}, its bias and its gradients`, async () => {
      const feeds = { x: f32("x", m, k), w: f32("w", n, k), b: f32("b", n), dy: f32("dy", m, n) };
      const { whole, split } = await wholeAndSplit(feeds, 128 * k * 4, (graph, t) => {
        const y = bias(graph, matmul(graph, t.x!, t.w!, { transposeB: true }), t.b!);
        return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.x!, t.w!, t.b!]).others];
      });
      const plain = reference.matmul(feeds.x.data, feeds.w.data, m, n, k, false, true);
      expect(
        relativeError(
          split[0]!,
          plain.map((v, i) => v + feeds.b.data[i % n]!),
        ),
      ).toBeLessThan(FORWARD);
      expect(
        relativeError(split[1]!, reference.matmul(feeds.dy.data, feeds.w.data, m, k, n, false, false)),
      ).toBeLessThan(BACKWARD);
      expect(
        relativeError(split[2]!, reference.matmul(feeds.dy.data, feeds.x.data, n, k, m, true, false)),
      ).toBeLessThan(BACKWARD);
      for (const [i, values] of split.entries()) expect(relativeError(values, whole[i]!)).toBeLessThan(1e-5);
    });
});

/** A convolution with a bias and its gradients, split, against float64. */
async function holdConv2d(g: reference.ConvGeometry, limit: number) {
  const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
  const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
  const feeds = {
    x: f32("x", g.n, g.h, g.w, g.ci),
    w: f32("w", g.kh, g.kw, g.ci, g.co),
    b: f32("b", g.co),
    dy: f32("dy", g.n, oh, ow, g.co),
  };
  const results = await wholeAndSplit(feeds, limit, (graph, t) => {
    const out = bias(graph, conv2d(graph, t.x!, t.w!, g), t.b!);
    return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.w!]).others];
  });
  const [y, dx, dw] = results.split;
  const gradients = reference.conv2dGradients(feeds.x.data, feeds.w.data, feeds.dy.data, g);
  const product = reference.conv2d(feeds.x.data, feeds.w.data, g);
  const biased = product.map((v, i) => v + feeds.b.data[i % g.co]!);
  expect(relativeError(y!, biased)).toBeLessThan(FORWARD);
  expect(relativeError(dx!, gradients.dx)).toBeLessThan(BACKWARD);
  expect(relativeError(dw!, gradients.dWeight)).toBeLessThan(BACKWARD);
  return results;
}

describe("conv2d in parts", () => {
  for (const { limit, winograd, ...g } of [
    { n: 5, h: 8, w: 8, ci: 16, kh: 3, kw: 3, co: 12, stride: 1, padding: 1, limit: 9216, winograd: false },
    { n: 16, h: 8, w: 8, ci: 8, kh: 7, kw: 7, co: 16, stride: 2, padding: 3, limit: 25088, winograd: false },
    { n: 9, h: 6, w: 6, ci: 16, kh: 1, kw: 1, co: 48, stride: 2, padding: 0, limit: 9216, winograd: false },
    { n: 8, h: 8, w: 12, ci: 32, kh: 3, kw: 3, co: 64, stride: 1, padding: 1, limit: 294912, winograd: true },
  ])
    it(`${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}, and its gradients`, async () => {
      const { whole, split, kernels } = await holdConv2d(g, limit);
      const [y, dx] = split;
      expect(kernels.some((kernel) => /^winograd_output(\/texels)?$/.test(kernel))).toBe(winograd);
      expect(y).toEqual(whole[0]);
      expect(dx).toEqual(whole[1]);
    });
});

describe("conv2d whose weights pass the limit", () => {
  for (const { limit, ...g } of [
    { n: 2, h: 5, w: 5, ci: 16, kh: 3, kw: 3, co: 32, stride: 1, padding: 1, limit: 12288 },
    { n: 2, h: 5, w: 6, ci: 16, kh: 3, kw: 3, co: 32, stride: 2, padding: 1, limit: 6144 },
    { n: 64, h: 4, w: 4, ci: 16, kh: 3, kw: 3, co: 32, stride: 1, padding: 1, limit: 6144 },
    { n: 1, h: 9, w: 9, ci: 4, kh: 7, kw: 7, co: 48, stride: 2, padding: 3, limit: 3 * 7 * 4 * 48 * 4 },
    { n: 4, h: 8, w: 8, ci: 16, kh: 3, kw: 3, co: 32, stride: 1, padding: 0, limit: 6144 },
    { n: 2, h: 4, w: 4, ci: 256, kh: 1, kw: 1, co: 64, stride: 1, padding: 0, limit: 32768 },
    { n: 8, h: 4, w: 4, ci: 256, kh: 1, kw: 1, co: 68, stride: 1, padding: 0, limit: 34816 },
  ])
    it(`${g.kh}×${g.kw} kernel of ${g.ci} to ${g.co}, stride ${g.stride}, padding ${g.padding}, and its gradients`, async () => {
      await holdConv2d(g, limit);
    });

  for (const { limit, ...g } of [
    { n: 2, h: 4, w: 6, ci: 16, kh: 3, kw: 3, co: 32, stride: 1, padding: 1, limit: 6144 },
    { n: 2, h: 4, w: 4, ci: 256, kh: 1, kw: 1, co: 64, stride: 1, padding: 0, limit: 32768 },
  ])
    it(`what follows a ${g.kh}×${g.kw} kernel in evaluation, a residual and ReLU, is done once`, async () => {
      const [gamma, beta, mean] = [f32("gamma", g.co), f32("beta", g.co), f32("mean", g.co)];
      const variance = { shape: [g.co], data: f32("variance", g.co).data.map((v) => 1 + v * v) };
      const feeds = {
        ...{ x: f32("x", g.n, g.h, g.w, g.ci), w: f32("w", g.kh, g.kw, g.ci, g.co) },
        ...{ residual: f32("residual", g.n, g.h, g.w, g.co), gamma, beta, mean, variance },
      };
      const { whole, split } = await wholeAndSplit(feeds, limit, (graph, t) => {
        const norm = { weight: t.gamma!, bias: t.beta!, runningMean: t.mean!, runningVar: t.variance! };
        const y = batchNorm(graph, conv2d(graph, t.x!, t.w!, g), norm, { training: false });
        return [relu(graph, add(graph, y, t.residual!))];
      });
      const product = reference.conv2d(feeds.x.data, feeds.w.data, g);
      const expected = product.map((v, i) => {
        const c = i % g.co;
        const norm = ((v - mean.data[c]!) / Math.sqrt(variance.data[c]! + 1e-5)) * gamma.data[c]! + beta.data[c]!;
        return Math.max(0, norm + feeds.residual.data[i]!);
      });
      expect(relativeError(split[0]!, expected)).toBeLessThan(FORWARD);
      expect(relativeError(split[0]!, whole[0]!)).toBeLessThan(FORWARD);
    });

  it("the gradient passes the ReLU before a 1×1 kernel", async () => {
    const g = { n: 2, h: 4, w: 4, ci: 256, kh: 1, kw: 1, co: 64, stride: 1, padding: 0 };
    const feeds = { x: f32("x", 2, 4, 4, 256), w: f32("w", 1, 1, 256, 64), dy: f32("dy", 2, 4, 4, 64) };
    const { split } = await wholeAndSplit(feeds, 32768, (graph, t) => {
      const y = conv2d(graph, relu(graph, t.x!), t.w!, g);
      return backward(graph, weighted(graph, y, t.dy!), [t.x!]).others;
    });
    const { dx } = reference.conv2dGradients(feeds.x.data, feeds.w.data, feeds.dy.data, g);
    expect(
      relativeError(
        split[0]!,
        dx.map((d, i) => (feeds.x.data[i]! > 0 ? d : 0)),
      ),
    ).toBeLessThan(BACKWARD);
  });

  for (const [limit, ...shape] of [
    [6144, 3, 3, 16, 32],
    [32768, 1, 1, 256, 64],
  ] as const)
    it(`and are standardised first, [${shape.join(", ")}]`, async () => {
      const feeds = { w: f32("w", ...shape), dy: f32("dy", ...shape) };
      const { whole, split } = await wholeAndSplit(feeds, limit, (graph, t) => {
        const y = standardizeWeight(graph, t.w!);
        return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.w!]).others];
      });
      expect(relativeError(split[0]!, whole[0]!)).toBeLessThan(FORWARD);
      expect(relativeError(split[1]!, whole[1]!)).toBeLessThan(BACKWARD);
    });
});

describe("batch_norm in parts", () => {
  for (const [shape, limit] of [
    [[7, 4, 4, 16], 2048],
    [[200, 5], 1280],
    [[5, 8, 8, 3], 1792],
  ] as const)
    it(`over [${shape.join(", ")}]: output, running values and gradients`, async () => {
      const c = shape.at(-1)!;
      const x = f32("x", ...shape);
      x.data.forEach((_, i) => {
        x.data[i]! += 30;
      });
      const feeds = { x, gamma: f32("gamma", c), beta: f32("beta", c), dy: f32("dy", ...shape) };
      const states: StateTensor[] = [];
      const { whole, split } = await wholeAndSplit(feeds, limit, (graph, t) => {
        const state = (label: string, value: number) => {
          states.push({ label, shape: [c], dtype: "f32", initial: new Float32Array(c).fill(value) });
          return graph.state(states.at(-1)!);
        };
        const tensors = { weight: t.gamma!, bias: t.beta!, runningMean: state("m", 0), runningVar: state("v", 1) };
        const out = batchNorm(graph, t.x!, tensors, { training: true });
        return [out, ...backward(graph, weighted(graph, out, t.dy!), [t.x!, t.gamma!, t.beta!]).others];
      });
      const expected = reference.batchNorm(x.data, feeds.gamma.data, feeds.beta.data, 1e-5);
      const gradients = reference.batchNormGradients(x.data, feeds.gamma.data, feeds.dy.data, 1e-5);
      const [y, dx, dGamma, dBeta] = split;
      expect(relativeError(y!, expected.y)).toBeLessThan(FORWARD);
      expect(relativeError(dx!, gradients.dx)).toBeLessThan(BACKWARD);
      expect(relativeError(dGamma!, gradients.dGamma)).toBeLessThan(BACKWARD);
      expect(relativeError(dBeta!, gradients.dBeta)).toBeLessThan(BACKWARD);
      expect(relativeError(y!, whole[0]!)).toBeLessThan(FORWARD);
      const rows = x.data.length / c;
      const unbiased = expected.variance.map((v) => 0.9 + (0.1 * (v * rows)) / (rows - 1));
      expect(
        relativeError(
          await runtime().readState(states[2]!),
          expected.mean.map((v) => 0.1 * v),
        ),
      ).toBeLessThan(FORWARD);
      expect(relativeError(await runtime().readState(states[3]!), unbiased)).toBeLessThan(FORWARD);
    });

  it("in evaluation, with a residual and ReLU, has the same bits", async () => {
    const shape = [7, 4, 4, 16];
    const feeds = { x: f32("x", ...shape), r: f32("r", ...shape), gamma: f32("gamma", 16), beta: f32("beta", 16) };
    const spread: StateTensor = { label: "v", shape: [16], dtype: "f32", initial: new Float32Array(16).fill(2) };
    const center: StateTensor = { label: "m", shape: [16], dtype: "f32", initial: values("m", 16) };
    const { whole, split, kernels } = await wholeAndSplit(feeds, 2048, (graph, t) => {
      const running = { runningMean: graph.state(center), runningVar: graph.state(spread) };
      const norm = batchNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta!, ...running }, { training: false });
      return [relu(graph, add(graph, norm, t.r!))];
    });
    expect(kernels).toEqual(new Array(4).fill("norm_apply/columns_4"));
    expect(split).toEqual(whole);
    const expected = Float64Array.from(feeds.x.data, (v, i) => {
      const k = i % 16;
      const norm = ((v - center.initial![k]!) / Math.sqrt(2 + 1e-5)) * feeds.gamma.data[k]! + feeds.beta.data[k]!;
      return Math.max(0, norm + feeds.r.data[i]!);
    });
    expect(relativeError(split[0]!, expected)).toBeLessThan(FORWARD);
  });
});

describe("matmul in parts", () => {
  for (const [transposeB, withBias] of [
    [false, false],
    [true, true],
  ] as const)
    it(`of 192 rows${transposeB ? ", B transposed" : ""}${withBias ? ", with a bias" : ""}, and its gradients`, async () => {
      const [m, n, k] = [192, 24, 20];
      const feeds = {
        a: f32("a", m, k),
        b: transposeB ? f32("b", n, k) : f32("b", k, n),
        c: f32("c", n),
        dy: f32("dy", m, n),
      };
      const { whole, split } = await wholeAndSplit(feeds, 2048, (graph, t) => {
        const product = matmul(graph, t.a!, t.b!, { transposeB });
        const y = withBias ? bias(graph, product, t.c!) : product;
        const wanted = withBias ? [t.a!, t.b!, t.c!] : [t.a!, t.b!];
        return [y, ...backward(graph, weighted(graph, y, t.dy!), wanted).others];
      });
      const [y, da, db, dc] = split;
      const product = reference.matmul(feeds.a.data, feeds.b.data, m, n, k, false, transposeB);
      const expected = product.map((v, i) => v + (withBias ? feeds.c.data[i % n]! : 0));
      expect(relativeError(y!, expected)).toBeLessThan(FORWARD);
      expect(y).toEqual(whole[0]);
      const daExpected = reference.matmul(feeds.dy.data, feeds.b.data, m, k, n, false, !transposeB);
      expect(relativeError(da!, daExpected)).toBeLessThan(BACKWARD);
      expect(da).toEqual(whole[1]);
      const dbExpected = transposeB
        ? reference.matmul(feeds.dy.data, feeds.a.data, n, k, m, true, false)
        : reference.matmul(feeds.a.data, feeds.dy.data, k, n, m, true, false);
      expect(relativeError(db!, dbExpected)).toBeLessThan(BACKWARD);
      if (withBias) {
        const sums = new Float64Array(n);
        feeds.dy.data.forEach((v, i) => {
          sums[i % n]! += v;
        });
        expect(relativeError(dc!, sums)).toBeLessThan(BACKWARD);
      }
    });
});

describe("what moves or compares values has the same bits in parts", () => {
  const image = [5, 8, 8, 16];
  const cases: { name: string; feeds: Record<string, Feed>; limit: number; trace: Traced }[] = [
    {
      name: "relu and add of 1000 values, and their gradients",
      feeds: { a: f32("a", 1000), b: f32("b", 1000), dy: f32("dy", 1000) },
      limit: 1024,
      trace: (graph, t) => {
        const y = relu(graph, add(graph, t.a!, t.b!));
        return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.a!, t.b!]).others];
      },
    },
    {
      name: "max_pool2d and its gradient",
      feeds: { x: f32("x", ...image), dy: f32("dy", 5, 4, 4, 16) },
      limit: 8192,
      trace: (graph, t) => {
        const y = maxPool2d(graph, t.x!, 3, { stride: 2, padding: 1 });
        return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.x!]).others];
      },
    },
    {
      name: "avg_pool2d and its gradient",
      feeds: { x: f32("x", ...image), dy: f32("dy", 5, 4, 4, 16) },
      limit: 8192,
      trace: (graph, t) => {
        const y = avgPool2d(graph, t.x!, 2);
        return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.x!]).others];
      },
    },
    {
      name: "subsample_pad and its gradient",
      feeds: { x: f32("x", ...image), dy: f32("dy", 5, 4, 4, 32) },
      limit: 8192,
      trace: (graph, t) => {
        const y = subsamplePad(graph, t.x!, { stride: 2, channelsBefore: 8, channelsAfter: 8 });
        return [y, ...backward(graph, weighted(graph, y, t.dy!), [t.x!]).others];
      },
    },
    {
      name: "cross_entropy, its gradient and argmax",
      feeds: {
        logits: f32("z", 200, 10),
        labels: { shape: [200], data: Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 10) },
        mask: { shape: [10], data: new Uint32Array(10).fill(1) },
      },
      limit: 2560,
      trace: (graph, t) => {
        const loss = crossEntropy(graph, t.logits!, t.labels!, { labelSmoothing: 0.1 });
        return [loss, ...backward(graph, loss, [t.logits!]).others, argmax(graph, t.logits!, t.mask!)];
      },
    },
  ];
  for (const { name, feeds, limit, trace } of cases)
    it(name, async () => {
      const { whole, split } = await wholeAndSplit(feeds, limit, trace);
      expect(split).toEqual(whole);
      expect(split.every((result) => result.some((v) => v !== 0))).toBe(true);
    });

  it("a batch of resident images, cropped and flipped", async () => {
    const pixels = Uint8Array.from(values("pixels", 9 * 8 * 8 * 4), (v) => 128 + 127 * v);
    const images = residentImages(pixels, { count: 9, height: 8, width: 8, channels: 4 }, 1024);
    const feeds = {
      indices: { shape: [7], data: Uint32Array.of(8, 0, 3, 5, 1, 8, 2) },
      counter: { shape: [4], data: Uint32Array.of(5, 0, 3, 1) },
      normalization: { shape: [8], data: Float32Array.of(0.5, 0.4, 0.3, 0.2, 1, 2, 3, 4) },
    };
    const { whole, split } = await wholeAndSplit(feeds, 3072, (graph, t) => [
      imageBatch(
        graph,
        images,
        { indices: t.indices!, counter: t.counter!, normalization: t.normalization! },
        { padding: 2, flip: true },
      ),
    ]);
    expect(split).toEqual(whole);
    expect(split[0]!.some((v) => v !== 0)).toBe(true);
  });
});

describe("a network in parts", () => {
  it("trains as it does whole, the optimiser's arena cut too", async () => {
    const train = async (limit?: number) => {
      const model = new Sequential(
        new Conv2d(4, 8, 3, { padding: 1 }),
        new BatchNorm2d(8),
        new ReLU(),
        new MaxPool2d(2),
        new Conv2d(8, 16, 3, { padding: 1, bias: false }),
        new BatchNorm2d(16),
        new ReLU(),
        new AvgPool2d(2),
        new Flatten(),
        new Linear(64, 5),
      );
      const arena = new ParameterArena(model, 3);
      const graph = new Graph();
      const logits = model.forward({ graph, training: true }, graph.input("x", [12, 8, 8, 4]));
      const loss = crossEntropy(graph, logits, graph.input("labels", [12], "u32"));
      sgd(graph, arena, backward(graph, loss).parameters, graph.input("lr", [1]), { momentum: 0.9 });
      const options = limit === undefined ? {} : { maxBindingBytes: limit };
      const program = await runtime().compile(graph, [loss], options);
      program.write("x", values("image", 12 * 8 * 8 * 4));
      program.write(
        "labels",
        Uint32Array.from({ length: 12 }, (_, i) => i % 5),
      );
      program.write("lr", Float32Array.of(0.1));
      const losses: number[] = [];
      for (let step = 0; step < 4; step++) {
        program.run();
        losses.push((await program.read(loss))[0]!);
      }
      const parts = (op: string) => program.plan.steps.filter((step) => step.op === op).length;
      return { losses, parameters: await runtime().readState(arena.values), parts };
    };
    const whole = await train();
    const split = await train(5120);
    expect(split.parts("sgd")).toBeGreaterThan(1);
    expect(split.parts("max_pool2d")).toBeGreaterThan(1);
    expect(relativeError(split.losses, whole.losses)).toBeLessThan(1e-5);
    expect(relativeError(split.parameters, whole.parameters)).toBeLessThan(BACKWARD);
  });
});

describe("what cannot be cut", () => {
  const target = { subgroupSize: undefined, maxBindingBytes: 1024, workgroupBytes: 2 ** 14, hardware: false };
  it("is refused with the op, its shapes, the bytes and the limit", () => {
    const graph = new Graph();
    const y = graph.within("fc", () => matmul(graph, graph.input("x", [2, 30]), graph.input("w", [30, 20])));
    expect(() => plan(graph, [y], target)).toThrow(
      "fc matmul of [2, 30] and [30, 20]: binds 2400 bytes at once for [30, 20], and the adapter at most 1024",
    );
  });
  it("and so is a batch of which no part begins on 256 bytes", () => {
    const graph = new Graph();
    expect(() => plan(graph, [relu(graph, graph.input("x", [3, 101]))], target)).toThrow(
      "relu of [3, 101]: binds 1216 bytes at once for [3, 101], and the adapter at most 1024",
    );
  });
});
