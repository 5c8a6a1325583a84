// The ops that the larger models need, against float64: forward within 1e-5, gradients within 1e-4 of the central differences of the
// float64 reference itself, so that no gradient is derived by hand twice.
import { describe, expect, it } from "vitest";
import {
  adaptiveAvgPool2d,
  backward,
  batchNorm,
  cast,
  dropout,
  flattenChannelsFirst,
  type Graph,
  groupNorm,
  pad2d,
  philox,
  relu,
  type StateTensor,
  standardizeWeight,
  type Tensor,
} from "../src/index.js";
import { HALF_ROUNDOFF, needsHalf } from "./support/half.js";
import { evaluate, type Feed, f32, relativeError, useRuntime, values, weighted } from "./support/harness.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;
const runtime = useRuntime();

type Values = ArrayLike<number>;

/** Of Σ y · dy by each element of an input, by central differences in float64. */
function differences(forward: (...inputs: Values[]) => Values, inputs: Values[], which: number, dy: Values): number[] {
  const h = 1e-5;
  const value = (x: Float64Array) => {
    const y = forward(...inputs.map((input, i) => (i === which ? x : input)));
    return Array.from(y).reduce((sum, v, i) => sum + v * dy[i]!, 0);
  };
  const x = Float64Array.from(inputs[which]!);
  return Array.from(x, (v, i) => {
    x[i] = v + h;
    const above = value(x);
    x[i] = v - h;
    const below = value(x);
    x[i] = v;
    return (above - below) / (2 * h);
  });
}

/** Holds an op and its gradients by every feed to a float64 reference. */
async function hold(
  feeds: Record<string, Feed>,
  outputShape: number[],
  trace: (graph: Graph, t: Record<string, Tensor>) => Tensor,
  forward: (...inputs: Values[]) => Values,
): Promise<void> {
  const dy = f32("dy", ...outputShape);
  const names = Object.keys(feeds);
  const [y, ...gradients] = await evaluate(runtime(), { ...feeds, dy }, (graph, t) => {
    const out = trace(graph, t);
    return [
      out,
      ...backward(
        graph,
        weighted(graph, out, t.dy!),
        names.map((name) => t[name]!),
      ).others,
    ];
  });
  const inputs = names.map((name) => feeds[name]!.data);
  expect(relativeError(y!, forward(...inputs))).toBeLessThan(FORWARD);
  for (const [i, name] of names.entries()) {
    expect(relativeError(gradients[i]!, differences(forward, inputs, i, dy.data)), `d${name}`).toBeLessThan(BACKWARD);
  }
}

const groupNormOf =
  (images: number, channels: number, groups: number, eps = 1e-5, floor = Number.NEGATIVE_INFINITY) =>
  (x: Values, gamma: Values, beta: Values): Values => {
    const perImage = x.length / images;
    const group = (i: number) => Math.floor(i / perImage) * groups + Math.floor(((i % channels) * groups) / channels);
    const n = perImage / groups;
    const mean = new Float64Array(images * groups);
    const variance = new Float64Array(images * groups);
    for (let i = 0; i < x.length; i++) mean[group(i)]! += x[i]! / n;
    for (let i = 0; i < x.length; i++) variance[group(i)]! += (x[i]! - mean[group(i)]!) ** 2 / n;
    return Float64Array.from(x, (v, i) => {
      const xhat = (v - mean[group(i)]!) / Math.sqrt(variance[group(i)]! + eps);
      return Math.max(floor, xhat * gamma[i % channels]! + beta[i % channels]!);
    });
  };

describe("group_norm", () => {
  const cases: [shape: [number, number, number, number], groups: number, shift: number][] = [
    [[1, 4, 1, 1], 1, 0],
    [[3, 1, 1, 8], 2, 0],
    [[2, 5, 3, 6], 3, 0],
    [[2, 4, 5, 6], 6, 0],
    [[2, 4, 4, 32], 4, 0],
    [[2, 9, 7, 12], 1, 30],
    [[1, 20, 20, 8], 2, 0],
  ];
  for (const [shape, groups, shift] of cases)
    it(`of ${shape.join("×")} in ${groups} groups${shift === 0 ? "" : `, far from zero`}, and its gradients`, async () => {
      const channels = shape[3];
      const x = f32("x", ...shape);
      x.data.forEach((_, i) => {
        x.data[i]! += shift;
      });
      await hold(
        { x, gamma: f32("gamma", channels), beta: f32("beta", channels) },
        shape,
        (graph, t) => groupNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta! }, { groups }),
        groupNormOf(shape[0], channels, groups),
      );
    });

  it("with a ReLU behind it is one pass, to the same values", async () => {
    const feeds = { x: f32("x", 2, 3, 3, 8), gamma: f32("gamma", 8), beta: f32("beta", 8) };
    const shape = [2, 3, 3, 8];
    const trace = (graph: Graph, t: Record<string, Tensor>) =>
      relu(graph, groupNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta! }, { groups: 4 }));
    await hold(feeds, shape, trace, groupNormOf(2, 8, 4, 1e-5, 0));
  });
});

describe("in f16 what is computed differs by the rounding of values:", () => {
  needsHalf(runtime);
  const x = f32("x", 2, 6, 4, 16);
  const counter = { shape: [4], data: Uint32Array.of(5, 6, 7, 0) };
  const ops: Record<string, (graph: Graph, t: Record<string, Tensor>, x: Tensor) => Tensor> = {
    group_norm: (graph, t, x) => groupNorm(graph, x, { weight: t.g!, bias: t.g! }, { groups: 4 }),
    pad2d: (graph, _, x) => pad2d(graph, x, 1),
    adaptive_avg_pool2d: (graph, _, x) => adaptiveAvgPool2d(graph, x, [4, 3]),
    dropout: (graph, t, x) => dropout(graph, x, t.counter!, 0.3),
    channels_first: (graph, _, x) => flattenChannelsFirst(graph, x),
  };
  for (const [name, op] of Object.entries(ops))
    it(`${name}, and its gradient`, async () => {
      const run = async (dtype: "f32" | "f16") =>
        await evaluate(runtime(), { x, g: f32("g", 16), counter }, (graph, t) => {
          const y = op(graph, t, cast(graph, t.x!, dtype));
          return [cast(graph, y, "f32"), ...backward(graph, weighted(graph, cast(graph, y, "f32"), y), [t.x!]).others];
        });
      const [whole, half] = [await run("f32"), await run("f16")];
      for (const [i, values] of half.entries()) {
        expect(relativeError(values, whole[i]!)).toBeLessThan(8 * HALF_ROUNDOFF);
      }
    });
});

describe("group_norm", () => {
  it("refuses groups that do not divide the channels", async () => {
    const feeds = { x: f32("x", 1, 2, 2, 6), g: f32("g", 6) };
    await expect(
      evaluate(runtime(), feeds, (graph, t) => [groupNorm(graph, t.x!, { weight: t.g!, bias: t.g! }, { groups: 4 })]),
    ).rejects.toThrow("group_norm: 4 groups of 6 channels; expected a number of groups that divides the channels");
  });
});

describe("batch_norm with frozen statistics", () => {
  for (const [shape, behind] of [
    [[1, 1, 1, 1], false],
    [[3, 4, 5, 6], false],
    [[2, 6, 6, 16], true],
  ] as const)
    it(`of ${shape.join("×")}${behind ? " and a ReLU" : ""}, and its gradients, which take the statistics as given`, async () => {
      const c = shape[3];
      const mean: StateTensor = { label: "mean", shape: [c], dtype: "f32", initial: values("m", c) };
      const variance: StateTensor = {
        label: "var",
        shape: [c],
        dtype: "f32",
        initial: values("v", c).map((v) => 1.5 + v),
      };
      const trace = (graph: Graph, t: Record<string, Tensor>) => {
        const running = { runningMean: graph.state(mean), runningVar: graph.state(variance) };
        const y = batchNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta!, ...running }, { training: false });
        return behind ? relu(graph, y) : y;
      };
      const forward = (x: Values, gamma: Values, beta: Values) =>
        Float64Array.from(x, (v, i) => {
          const k = i % c;
          const xhat = (v - mean.initial![k]!) / Math.sqrt(variance.initial![k]! + 1e-5);
          return Math.max(behind ? 0 : Number.NEGATIVE_INFINITY, xhat * gamma[k]! + beta[k]!);
        });
      await hold({ x: f32("x", ...shape), gamma: f32("gamma", c), beta: f32("beta", c) }, [...shape], trace, forward);
      expect(await runtime().readState(mean)).toEqual(mean.initial);
    });
});

describe("standardize_weight", () => {
  for (const shape of [
    [1, 1, 4, 1],
    [3, 3, 5, 7],
    [5, 5, 3, 18],
    [1, 1, 40, 34],
  ] as const)
    it(`of ${shape.join("×")}, and its gradient`, async () => {
      const columns = shape[3];
      const forward = (weight: Values) => {
        const rows = weight.length / columns;
        const mean = new Float64Array(columns);
        const variance = new Float64Array(columns);
        for (let i = 0; i < weight.length; i++) mean[i % columns]! += weight[i]! / rows;
        for (let i = 0; i < weight.length; i++) {
          variance[i % columns]! += (weight[i]! - mean[i % columns]!) ** 2 / rows;
        }
        return Float64Array.from(
          weight,
          (v, i) => (v - mean[i % columns]!) / Math.sqrt(variance[i % columns]! + 1e-10),
        );
      };
      await hold({ w: f32("w", ...shape) }, [...shape], (graph, t) => standardizeWeight(graph, t.w!), forward);
    });
});

describe("pad2d", () => {
  for (const [n, h, w, c, padding] of [
    [1, 1, 1, 1, 1],
    [2, 5, 3, 3, 1],
    [2, 4, 4, 8, 3],
  ] as const)
    it(`of ${n}×${h}×${w}×${c} by ${padding}, and its gradient`, async () => {
      const [oh, ow] = [h + 2 * padding, w + 2 * padding];
      const forward = (x: Values) => {
        const y = new Float64Array(n * oh * ow * c);
        for (let i = 0; i < x.length; i++) {
          const pixel = Math.floor(i / c);
          const [row, column] = [Math.floor(pixel / w) % h, pixel % w];
          const image = Math.floor(pixel / (w * h));
          y[((image * oh + row + padding) * ow + column + padding) * c + (i % c)] = x[i]!;
        }
        return y;
      };
      await hold({ x: f32("x", n, h, w, c) }, [n, oh, ow, c], (graph, t) => pad2d(graph, t.x!, padding), forward);
    });
});

describe("adaptive_avg_pool2d", () => {
  for (const [n, h, w, c, oh, ow] of [
    [1, 1, 1, 1, 2, 2],
    [2, 7, 5, 3, 3, 2],
    [1, 6, 6, 4, 6, 3],
    [2, 3, 4, 5, 7, 7],
    [1, 13, 13, 2, 6, 6],
  ] as const)
    it(`of ${n}×${h}×${w}×${c} to ${oh}×${ow}, and its gradient`, async () => {
      const bounds = (i: number, extent: number, cells: number) =>
        [Math.floor((i * extent) / cells), Math.ceil(((i + 1) * extent) / cells)] as const;
      const forward = (x: Values) =>
        Float64Array.from({ length: n * oh * ow * c }, (_, i) => {
          const cell = Math.floor(i / c);
          const [top, bottom] = bounds(Math.floor(cell / ow) % oh, h, oh);
          const [left, right] = bounds(cell % ow, w, ow);
          const image = Math.floor(cell / (ow * oh));
          let sum = 0;
          for (let a = top; a < bottom; a++)
            for (let b = left; b < right; b++) sum += x[((image * h + a) * w + b) * c + (i % c)]!;
          return sum / ((bottom - top) * (right - left));
        });
      const shape = [n, oh, ow, c];
      await hold({ x: f32("x", n, h, w, c) }, shape, (graph, t) => adaptiveAvgPool2d(graph, t.x!, [oh, ow]), forward);
    });
});

describe("flattening with the channels first", () => {
  for (const [n, h, w, c] of [
    [2, 1, 1, 5],
    [3, 2, 4, 6],
    [1, 5, 3, 1],
  ] as const)
    it(`of ${n}×${h}×${w}×${c}, and its gradient`, async () => {
      const forward = (x: Values) =>
        Float64Array.from(x, (_, i) => {
          const image = Math.floor(i / (h * w * c));
          const channel = Math.floor(i / (h * w)) % c;
          return x[(image * h * w + (i % (h * w))) * c + channel]!;
        });
      const shape = [n, h * w * c];
      await hold({ x: f32("x", n, h, w, c) }, shape, (graph, t) => flattenChannelsFirst(graph, t.x!), forward);
    });
});

describe("dropout", () => {
  const counter = (step: number) => ({ shape: [4], data: Uint32Array.of(5, 6, step, 0) });
  const x = { shape: [37, 20], data: new Float32Array(740).fill(3) };
  const run = async (step: number, p: number, twice = false) =>
    await evaluate(runtime(), { x, dy: f32("dy", 37, 20), counter: counter(step) }, (graph, t) => {
      const first = dropout(graph, t.x!, t.counter!, p);
      const out = twice ? dropout(graph, t.x!, t.counter!, p) : first;
      return [first, out, ...backward(graph, weighted(graph, first, t.dy!), [t.x!]).others];
    });

  it("keeps what Philox draws of the step's counter, scaled by what is kept; its gradient the same", async () => {
    const [y, , dx] = await run(9, 0.4);
    const kept = Array.from(y!, (_, i) => philox([i >> 2, 9, 0, 1], [5, 6])[i % 4]! >>> 8 < 0.6 * 2 ** 24);
    expect(
      relativeError(
        y!,
        kept.map((stays) => (stays ? 3 / 0.6 : 0)),
      ),
    ).toBeLessThan(1e-6);
    const dy = f32("dy", 37, 20).data;
    expect(
      relativeError(
        dx!,
        kept.map((stays, i) => (stays ? dy[i]! / 0.6 : 0)),
      ),
    ).toBeLessThan(1e-6);
    // 740 draws: the share lies within four standard deviations, 0.072.
    expect(Math.abs(kept.filter(Boolean).length / 740 - 0.6)).toBeLessThan(0.072);
  });
  it("draws anew at another step, and in another layer of the graph", async () => {
    const [first, second] = await run(1, 0.5, true);
    const [other] = await run(2, 0.5);
    expect([...first!]).not.toEqual([...second!]);
    expect([...first!]).not.toEqual([...other!]);
    expect([...first!]).toEqual([...(await run(1, 0.5))[0]!]);
  });
  it("with p 0 is nothing, and refuses a p of 1", async () => {
    expect([...(await run(1, 0))[0]!]).toEqual([...x.data]);
    await expect(run(1, 1)).rejects.toThrow("dropout: p 1; expected a probability from 0 up to, without, 1");
  });
});
