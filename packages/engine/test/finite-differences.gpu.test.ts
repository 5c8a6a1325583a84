// Every op's gradient, op by op and with respect to every float input, against finite differences (see the support file).
// training.gpu.test.ts does the same for the parameters of a whole network of layers.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  add,
  avgPool2d,
  batchNorm,
  bias,
  conv2d,
  crossEntropy,
  flatten,
  type Graph,
  globalAvgPool2d,
  lossScale,
  matmul,
  maxPool2d,
  relu,
  reshape,
  scaleLoss,
  subsamplePad,
  type Tensor,
} from "../src/index.js";
import { conv2dOp } from "../src/ops/conv2d.js";
import { matmulOp } from "../src/ops/matmul.js";
import {
  awayFromZero,
  checkGradients,
  differentiated,
  farApart,
  type GradientCase,
  onGrid,
} from "./support/finite-differences.js";
import { byWinograd, type Feed, useRuntime } from "./support/harness.js";
import * as reference from "./support/reference.js";

const cases: Record<string, GradientCase> = {};

const plus = (a: ArrayLike<number>, b: ArrayLike<number>) => Float64Array.from(a, (v, i) => v + b[i % b.length]!);
const positive = (a: ArrayLike<number>) => Float64Array.from(a, (v) => Math.max(v, 0));

for (const transposeA of [false, true])
  for (const transposeB of [false, true])
    for (const [m, n, k] of [
      [1, 1, 1],
      [13, 17, 9],
      [7, 20, 24],
    ] as const)
      cases[`matmul of ${m}×${k}${transposeA ? " transposed" : ""} and ${k}×${n}${transposeB ? " transposed" : ""}`] = {
        feeds: {
          a: transposeA ? onGrid("a", k, m) : onGrid("a", m, k),
          b: transposeB ? onGrid("b", n, k) : onGrid("b", k, n),
        },
        trace: (graph, t) => matmul(graph, t.a!, t.b!, { transposeA, transposeB }),
        forward: ({ a, b }) => reference.matmul(a!, b!, m, n, k, transposeA, transposeB),
      };

for (const g of [
  { n: 1, h: 1, w: 1, ci: 1, kh: 1, kw: 1, co: 1, stride: 1, padding: 0 },
  { n: 2, h: 5, w: 3, ci: 3, kh: 1, kw: 1, co: 5, stride: 2, padding: 0 },
  { n: 2, h: 5, w: 4, ci: 3, kh: 3, kw: 3, co: 5, stride: 1, padding: 1 },
  { n: 2, h: 6, w: 5, ci: 3, kh: 3, kw: 3, co: 4, stride: 2, padding: 1 },
  { n: 2, h: 5, w: 7, ci: 2, kh: 3, kw: 2, co: 3, stride: 3, padding: 0 },
  { n: 1, h: 6, w: 7, ci: 2, kh: 5, kw: 5, co: 3, stride: 1, padding: 0 },
  { n: 2, h: 4, w: 4, ci: 1, kh: 3, kw: 3, co: 4, stride: 1, padding: 1 },
  { n: 1, h: 3, w: 4, ci: 20, kh: 1, kw: 1, co: 24, stride: 1, padding: 0 },
  { n: 1, h: 9, w: 8, ci: 2, kh: 7, kw: 7, co: 3, stride: 2, padding: 3 },
  { n: 1, h: 3, w: 4, ci: 32, kh: 3, kw: 3, co: 32, stride: 1, padding: 1, options: byWinograd },
])
  cases[
    `conv2d of ${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}, padding ${g.padding}`
  ] = {
    feeds: { x: onGrid("x", g.n, g.h, g.w, g.ci), w: onGrid("w", g.kh, g.kw, g.ci, g.co) },
    trace: (graph, t) => conv2d(graph, t.x!, t.w!, g),
    forward: ({ x, w }) => reference.conv2d(x!, w!, g),
    ...(g.options && { options: g.options }),
  };

const linear: Pick<GradientCase, "feeds" | "forward"> = {
  feeds: { x: onGrid("x", 6, 7), w: onGrid("w", 5, 7), b: onGrid("b", 5) },
  forward: ({ x, w, b }) => plus(reference.matmul(x!, w!, 6, 5, 7, false, true), b!),
};
cases["a linear layer with a bias"] = {
  ...linear,
  trace: (graph, t) => graph.add(matmulOp, [t.x!, t.w!, t.b!], { transposeA: false, transposeB: true })[0]!,
};
cases["matmul and bias, fused"] = {
  ...linear,
  trace: (graph, t) => bias(graph, matmul(graph, t.x!, t.w!, { transposeB: true }), t.b!),
  fusedAway: ["bias"],
};

const geometry = { n: 2, h: 5, w: 4, ci: 2, kh: 3, kw: 3, co: 3, stride: 2, padding: 1 };
const convolution: Pick<GradientCase, "feeds" | "forward"> = {
  feeds: { x: onGrid("x", 2, 5, 4, 2), w: onGrid("w", 3, 3, 2, 3), b: onGrid("b", 3) },
  forward: ({ x, w, b }) => plus(reference.conv2d(x!, w!, geometry), b!),
};
cases["a convolution layer with a bias"] = {
  ...convolution,
  trace: (graph, t) => graph.add(conv2dOp, [t.x!, t.w!, t.b!], geometry)[0]!,
};
cases["conv2d and bias, fused"] = {
  ...convolution,
  trace: (graph, t) => bias(graph, conv2d(graph, t.x!, t.w!, geometry), t.b!),
  fusedAway: ["bias"],
};

for (const shape of [
  [1, 1],
  [7, 5],
  [2, 3, 3, 17],
])
  cases[`bias on [${shape.join(", ")}]`] = {
    feeds: { x: onGrid("x", ...shape), b: onGrid("b", shape.at(-1)!) },
    trace: (graph, t) => bias(graph, t.x!, t.b!),
    forward: ({ x, b }) => plus(x!, b!),
  };

for (const count of [1, 67]) {
  cases[`relu of ${count}`] = {
    feeds: { x: awayFromZero("x", count) },
    trace: (graph, t) => relu(graph, t.x!),
    forward: ({ x }) => positive(x!),
  };
  cases[`add of ${count}`] = {
    feeds: { a: onGrid("a", count), b: onGrid("b", count) },
    trace: (graph, t) => add(graph, t.a!, t.b!),
    forward: ({ a, b }) => plus(a!, b!),
  };
}
cases["add of a tensor and its relu, where two gradients add up"] = {
  feeds: { x: awayFromZero("x", 5, 7) },
  trace: (graph, t) => add(graph, relu(graph, t.x!), t.x!),
  forward: ({ x }) => plus(positive(x!), x!),
};

function norm(graph: Graph, t: Record<string, Tensor>): Tensor {
  const state = (label: string) => graph.state({ label, shape: t.gamma!.shape, dtype: "f32" });
  const running = { runningMean: state("running mean"), runningVar: state("running variance") };
  return batchNorm(graph, t.x!, { weight: t.gamma!, bias: t.beta!, ...running }, { training: true });
}
const normForward: GradientCase["forward"] = ({ x, gamma, beta }) => reference.batchNorm(x!, gamma!, beta!, 1e-5).y;

for (const shape of [
  [6, 1],
  [9, 5],
  [3, 3, 2, 17],
])
  cases[`batch_norm in training over [${shape.join(", ")}]`] = {
    feeds: { x: onGrid("x", ...shape), gamma: onGrid("gamma", shape.at(-1)!), beta: onGrid("beta", shape.at(-1)!) },
    trace: norm,
    forward: normForward,
  };

// Away from the kink of the ReLU behind it: each channel has as many values near 1 as near -1, which the norm leaves where
// they are; gamma is near 1 or -1, beta and the residual 1/8 at most.
const eighth = ({ shape, data }: Feed): Feed => ({ shape, data: Float32Array.from(data, (v) => v / 8) });
const beforeRelu = {
  x: {
    shape: [2, 2, 2, 5],
    data: Float32Array.from(onGrid("x", 40).data, (v, i) => v / 8 + (Math.floor(i / 5) % 2 ? 1 : -1)),
  },
  gamma: { shape: [5], data: Float32Array.from(onGrid("gamma", 5).data, (v, i) => v / 8 + (i % 2 ? 1 : -1)) },
  beta: eighth(onGrid("beta", 5)),
};
cases["batch_norm and relu, fused"] = {
  feeds: beforeRelu,
  trace: (graph, t) => relu(graph, norm(graph, t)),
  forward: (t) => positive(normForward(t)),
  fusedAway: ["relu", "relu_gradient"],
};
for (const side of ["left", "right"])
  cases[`batch_norm, a residual added from the ${side}, and relu, fused`] = {
    feeds: { ...beforeRelu, residual: eighth(onGrid("residual", 2, 2, 2, 5)) },
    trace(graph, t) {
      const y = norm(graph, t);
      return relu(graph, side === "left" ? add(graph, t.residual!, y) : add(graph, y, t.residual!));
    },
    forward: (t) => positive(plus(normForward(t), t.residual!)),
    fusedAway: ["relu", "add"],
  };

for (const g of [
  { n: 1, h: 1, w: 1, c: 1, kernel: 1, stride: 1, padding: 0 },
  { n: 2, h: 6, w: 5, c: 3, kernel: 2, stride: 2, padding: 0 },
  { n: 1, h: 7, w: 5, c: 3, kernel: 3, stride: 2, padding: 1 },
  { n: 1, h: 5, w: 6, c: 2, kernel: 3, stride: 1, padding: 1 },
  { n: 1, h: 8, w: 7, c: 2, kernel: 2, stride: 3, padding: 0 },
]) {
  const name = `${g.n}×${g.h}×${g.w}×${g.c}, kernel ${g.kernel}, stride ${g.stride}, padding ${g.padding}`;
  cases[`max_pool2d of ${name}`] = {
    feeds: { x: farApart("x", g.n, g.h, g.w, g.c) },
    trace: (graph, t) => maxPool2d(graph, t.x!, g.kernel, g),
    forward: ({ x }) => reference.maxPool(x!, undefined, g).y,
  };
  cases[`avg_pool2d of ${name}`] = {
    feeds: { x: onGrid("x", g.n, g.h, g.w, g.c) },
    trace: (graph, t) => avgPool2d(graph, t.x!, g.kernel, g),
    forward: ({ x }) => reference.avgPool(x!, undefined, g).y,
  };
}
for (const [n, h, w, c] of [
  [1, 1, 1, 1],
  [3, 5, 4, 7],
] as const)
  cases[`global_avg_pool2d of ${n}×${h}×${w}×${c}`] = {
    feeds: { x: onGrid("x", n, h, w, c) },
    trace: (graph, t) => globalAvgPool2d(graph, t.x!),
    forward: ({ x }) => reference.globalAvgPool(x!, n, c),
  };

for (const [stride, channelsBefore, channelsAfter] of [
  [1, 0, 3],
  [2, 2, 3],
  [3, 1, 0],
] as const)
  cases[`subsample_pad by ${stride}, ${channelsBefore} channels before and ${channelsAfter} after`] = {
    feeds: { x: onGrid("x", 2, 5, 4, 3) },
    trace: (graph, t) => subsamplePad(graph, t.x!, { stride, channelsBefore, channelsAfter }),
    forward: ({ x }) => reference.subsamplePad(x!, [2, 5, 4, 3], stride, channelsBefore, channelsAfter),
  };

cases["reshape, then relu"] = {
  feeds: { x: awayFromZero("x", 3, 4) },
  trace: (graph, t) => relu(graph, reshape(graph, t.x!, [2, 6])),
  forward: ({ x }) => positive(x!),
};
cases["flatten, then bias"] = {
  feeds: { x: onGrid("x", 3, 2, 1, 5), b: onGrid("b", 10) },
  trace: (graph, t) => bias(graph, flatten(graph, t.x!), t.b!),
  forward: ({ x, b }) => plus(x!, b!),
};

cases["scale_loss by 8"] = {
  feeds: { loss: onGrid("loss") },
  trace: (graph, t) => scaleLoss(graph, t.loss!, lossScale({ initialScale: 8 })),
  forward: ({ loss }) => [8 * loss![0]!],
};

for (const labelSmoothing of [0, 0.1])
  for (const [rows, classes] of [
    [1, 2],
    [7, 10],
    [65, 3],
  ] as const) {
    const labels = Uint32Array.from({ length: rows }, (_, i) => (i * 7) % classes);
    const logits = Float32Array.from(onGrid("logits", rows * classes).data, (v) => 4 * v);
    cases[`cross_entropy of ${rows} rows, ${classes} classes, smoothing ${labelSmoothing}`] = {
      feeds: { logits: { shape: [rows, classes], data: logits }, labels: { shape: [rows], data: labels } },
      trace: (graph, t) => crossEntropy(graph, t.logits!, t.labels!, { labelSmoothing }),
      forward: (t) => [reference.crossEntropy(t.logits!, labels, classes, labelSmoothing).loss],
    };
  }

const runtime = useRuntime();

describe("the gradient is that of finite differences:", () => {
  for (const [name, gradientCase] of Object.entries(cases))
    it(name, async () => {
      await checkGradients(runtime(), gradientCase);
    });
});

describe("the ops with a gradient", () => {
  it("are those that the cases above pass: none is left out", () => {
    const passed = new Set(Object.values(cases).flatMap(differentiated));
    // Rounding to f16 goes in steps, which have no differences; f16.gpu.test.ts has the gradient of cast. zoo-ops.gpu.test.ts holds
    // these to the differences of their references.
    const elsewhere = [
      "adaptive_avg_pool2d",
      "batch_norm_evaluation",
      "channels_first",
      "dropout",
      "group_norm",
      "pad2d",
      "standardize_weight",
    ];
    expect([...passed, "cast", ...elsewhere].sort()).toEqual(opsWithGradients().sort());
  });
});

/** Read from the sources, since not every op is exported. */
function opsWithGradients(): string[] {
  const folder = new URL("../src/ops/", import.meta.url);
  const definitions = readdirSync(folder).flatMap((file) =>
    readFileSync(new URL(file, folder), "utf8")
      .split(/^(?:export )?const \w+: Op</m)
      .slice(1)
      .map((text) => text.slice(0, text.search(/^\};/m))),
  );
  return definitions
    .filter((text) => /^ {2}gradient[(:]/m.test(text))
    .map((text) => /^ {2}name: "(\w+)"/m.exec(text)![1]!);
}
