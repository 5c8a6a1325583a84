// Products and convolutions carried out in chosen ways and held to float64, for the tests of variants.
import { expect } from "vitest";
import { backward, bias, cast, conv2d, matmul, type Runtime, relu, type Tensor } from "../../src/index.js";
import type { Choose } from "../../src/plan/plan.js";
import { HALF_ROUNDOFF, ofType } from "./half.js";
import { evaluate, relativeError, weighted } from "./harness.js";
import * as reference from "./reference.js";

const FORWARD = 1e-5;
const BACKWARD = 1e-4;

type FloatType = "f32" | "f16";
/** What a result stored in a type may be off by, in addition to the error of its float32 sum. */
const rounding = (dtype: FloatType) => (dtype === "f16" ? HALF_ROUNDOFF : 0);

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

export type Product = readonly [m: number, n: number, k: number, transposeA: boolean, transposeB: boolean];

export const nameOf = ([m, n, k, transposeA, transposeB]: Product) =>
  `${m}×${k}${transposeA ? " transposed" : ""} and ${k}×${n}${transposeB ? " transposed" : ""}, and a bias`;

export async function holdMatmul(
  runtime: Runtime,
  dtype: FloatType,
  [m, n, k, transposeA, transposeB]: Product,
  wanted: (variant: string) => boolean,
) {
  const a = transposeA ? ofType(dtype, "a", k, m) : ofType(dtype, "a", m, k);
  const b = transposeB ? ofType(dtype, "b", n, k) : ofType(dtype, "b", k, n);
  const c = ofType("f32", "c", n);
  const product = reference.matmul(a.data, b.data, m, n, k, transposeA, transposeB);
  const expected = product.map((v, i) => v + c.data[i % n]!);
  await inTurn(wanted, async (choose) => {
    const [y, unrounded] = await evaluate(
      runtime,
      { a, b, c },
      (graph, t) => {
        const [left, right] = [cast(graph, t.a!, dtype), cast(graph, t.b!, dtype)];
        const whole = dtype === "f16" ? ({ dtype: "f32" } as const) : {};
        return [
          bias(graph, matmul(graph, left, right, { transposeA, transposeB }), t.c!),
          bias(graph, matmul(graph, left, right, { transposeA, transposeB, ...whole }), t.c!),
        ];
      },
      { choose },
    );
    return {
      y: [relativeError(y!, expected), FORWARD + rounding(dtype)],
      unrounded: [relativeError(unrounded!, expected), FORWARD],
    };
  });
}

export const shapeOf = (g: reference.ConvGeometry) =>
  `${g.n}×${g.h}×${g.w}×${g.ci}, ${g.kh}×${g.kw} kernel to ${g.co}, stride ${g.stride}`;

export async function holdConv2d(
  runtime: Runtime,
  dtype: FloatType,
  g: reference.ConvGeometry,
  wanted: (variant: string) => boolean,
) {
  const oh = reference.outputExtent(g.h, g.kh, g.stride, g.padding);
  const ow = reference.outputExtent(g.w, g.kw, g.stride, g.padding);
  const x = ofType(dtype, "x", g.n, g.h, g.w, g.ci);
  const w = ofType(dtype, "w", g.kh, g.kw, g.ci, g.co);
  const dy = ofType(dtype, "dy", g.n, oh, ow, g.co);
  const y = reference.conv2d(x.data, w.data, g);
  const gradients = reference.conv2dGradients(x.data, w.data, dy.data, g);
  const rectifiedDx = gradients.dx.map((v, i) => (x.data[i]! > 0 ? v : 0));
  await inTurn(wanted, async (choose) => {
    const [out, dx, dw, behindRelu] = await evaluate(
      runtime,
      { x, w, dy },
      (graph, t) => {
        const [images, weight] = [cast(graph, t.x!, dtype), cast(graph, t.w!, dtype)];
        const lossOf = (y: Tensor) => weighted(graph, y, cast(graph, t.dy!, dtype));
        const convolved = conv2d(graph, images, weight, g);
        // The mask is the same code in f16, whose kernels take long enough to compile as it is.
        const rectified = dtype === "f32" && lossOf(conv2d(graph, relu(graph, images), weight, g));
        return [
          ...[convolved, ...backward(graph, lossOf(convolved), [t.x!, t.w!]).others],
          ...(rectified ? backward(graph, rectified, [t.x!]).others : []),
        ];
      },
      { choose },
    );
    return {
      y: [relativeError(out!, y), FORWARD + rounding(dtype)],
      dx: [relativeError(dx!, gradients.dx), BACKWARD + rounding(dtype)],
      dw: [relativeError(dw!, gradients.dWeight), BACKWARD],
      ...(behindRelu && { "dx behind ReLU": [relativeError(behindRelu, rectifiedDx), BACKWARD] }),
    };
  });
}
