// Float64 references of the ops, written for plainness: NHWC images, HWIO weights.
export type Values = Float64Array;

export interface ConvGeometry {
  n: number;
  h: number;
  w: number;
  ci: number;
  kh: number;
  kw: number;
  co: number;
  stride: number;
  padding: number;
}

export function outputExtent(extent: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((extent + 2 * padding - kernel) / stride) + 1;
}

/** Calls `visit` with the flat indices (x, weight, y) of every product of a convolution. */
function eachProduct(g: ConvGeometry, visit: (x: number, weight: number, y: number) => void): void {
  const oh = outputExtent(g.h, g.kh, g.stride, g.padding);
  const ow = outputExtent(g.w, g.kw, g.stride, g.padding);
  for (let n = 0; n < g.n; n++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let a = 0; a < g.kh; a++)
          for (let b = 0; b < g.kw; b++) {
            const y = i * g.stride + a - g.padding;
            const x = j * g.stride + b - g.padding;
            if (y < 0 || y >= g.h || x < 0 || x >= g.w) continue;
            for (let ci = 0; ci < g.ci; ci++)
              for (let co = 0; co < g.co; co++)
                visit(
                  ((n * g.h + y) * g.w + x) * g.ci + ci,
                  ((a * g.kw + b) * g.ci + ci) * g.co + co,
                  ((n * oh + i) * ow + j) * g.co + co,
                );
          }
}

export function conv2d(x: ArrayLike<number>, weight: ArrayLike<number>, g: ConvGeometry): Values {
  const oh = outputExtent(g.h, g.kh, g.stride, g.padding);
  const ow = outputExtent(g.w, g.kw, g.stride, g.padding);
  const y = new Float64Array(g.n * oh * ow * g.co);
  eachProduct(g, (i, j, k) => {
    y[k]! += x[i]! * weight[j]!;
  });
  return y;
}

export function conv2dGradients(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  dy: ArrayLike<number>,
  g: ConvGeometry,
): { dx: Values; dWeight: Values } {
  const dx = new Float64Array(x.length);
  const dWeight = new Float64Array(weight.length);
  eachProduct(g, (i, j, k) => {
    dx[i]! += dy[k]! * weight[j]!;
    dWeight[j]! += dy[k]! * x[i]!;
  });
  return { dx, dWeight };
}

export function matmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  m: number,
  n: number,
  k: number,
  transposeA: boolean,
  transposeB: boolean,
): Values {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let q = 0; q < k; q++)
        c[i * n + j]! += a[transposeA ? q * m + i : i * k + q]! * b[transposeB ? j * k + q : q * n + j]!;
  return c;
}

export interface NormResult {
  y: Values;
  mean: Values;
  variance: Values;
}

export function batchNorm(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  eps: number,
): NormResult {
  const c = gamma.length;
  const rows = x.length / c;
  const mean = new Float64Array(c);
  const variance = new Float64Array(c);
  for (let i = 0; i < x.length; i++) mean[i % c]! += x[i]! / rows;
  for (let i = 0; i < x.length; i++) variance[i % c]! += (x[i]! - mean[i % c]!) ** 2 / rows;
  const y = Float64Array.from(
    x,
    (v, i) => ((v - mean[i % c]!) / Math.sqrt(variance[i % c]! + eps)) * gamma[i % c]! + beta[i % c]!,
  );
  return { y, mean, variance };
}

export function batchNormGradients(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  dy: ArrayLike<number>,
  eps: number,
): { dx: Values; dGamma: Values; dBeta: Values } {
  const c = gamma.length;
  const rows = x.length / c;
  const { mean, variance } = batchNorm(x, gamma, new Float64Array(c), eps);
  const dGamma = new Float64Array(c);
  const dBeta = new Float64Array(c);
  const xhat = Float64Array.from(x, (v, i) => (v - mean[i % c]!) / Math.sqrt(variance[i % c]! + eps));
  for (let i = 0; i < x.length; i++) {
    dGamma[i % c]! += dy[i]! * xhat[i]!;
    dBeta[i % c]! += dy[i]!;
  }
  const dx = Float64Array.from(x, (_, i) => {
    const k = i % c;
    return (gamma[k]! / Math.sqrt(variance[k]! + eps)) * (dy[i]! - dBeta[k]! / rows - (xhat[i]! * dGamma[k]!) / rows);
  });
  return { dx, dGamma, dBeta };
}

export function crossEntropy(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  smoothing: number,
): { loss: number; dLogits: Values } {
  const rows = labels.length;
  const dLogits = new Float64Array(rows * classes);
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    const z = Array.from({ length: classes }, (_, c) => logits[r * classes + c]!);
    const top = Math.max(...z);
    const logSum = top + Math.log(z.reduce((sum, v) => sum + Math.exp(v - top), 0));
    for (let c = 0; c < classes; c++) {
      const wanted = smoothing / classes + (c === labels[r] ? 1 - smoothing : 0);
      loss += (wanted * (logSum - z[c]!)) / rows;
      dLogits[r * classes + c] = (Math.exp(z[c]! - logSum) - wanted) / rows;
    }
  }
  return { loss, dLogits };
}

interface PoolGeometry {
  n: number;
  h: number;
  w: number;
  c: number;
  kernel: number;
  stride: number;
  padding: number;
}

/** The flat input indices inside each output's window. */
function windows(g: PoolGeometry): number[][] {
  const oh = outputExtent(g.h, g.kernel, g.stride, g.padding);
  const ow = outputExtent(g.w, g.kernel, g.stride, g.padding);
  const all: number[][] = [];
  for (let n = 0; n < g.n; n++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let c = 0; c < g.c; c++) {
          const inside: number[] = [];
          for (let a = 0; a < g.kernel; a++)
            for (let b = 0; b < g.kernel; b++) {
              const y = i * g.stride + a - g.padding;
              const x = j * g.stride + b - g.padding;
              if (y >= 0 && y < g.h && x >= 0 && x < g.w) inside.push(((n * g.h + y) * g.w + x) * g.c + c);
            }
          all.push(inside);
        }
  return all;
}

export function maxPool(x: ArrayLike<number>, dy: ArrayLike<number> | undefined, g: PoolGeometry) {
  const dx = new Float64Array(x.length);
  const y = windows(g).map((inside, k) => {
    const best = inside.reduce((top, i) => (x[i]! > x[top]! ? i : top), inside[0]!);
    if (dy) dx[best]! += dy[k]!;
    return x[best]!;
  });
  return { y, dx };
}

export function avgPool(x: ArrayLike<number>, dy: ArrayLike<number> | undefined, g: PoolGeometry) {
  const dx = new Float64Array(x.length);
  const area = g.kernel * g.kernel;
  const y = windows(g).map((inside, k) => {
    if (dy) for (const i of inside) dx[i]! += dy[k]! / area;
    return inside.reduce((sum, i) => sum + x[i]! / area, 0);
  });
  return { y, dx };
}

/** The mean over all but the first and last dimensions: n images of any extent, c channels. */
export function globalAvgPool(x: ArrayLike<number>, n: number, c: number): Values {
  const perImage = x.length / n;
  const y = new Float64Array(n * c);
  for (let i = 0; i < x.length; i++) y[Math.floor(i / perImage) * c + (i % c)]! += (x[i]! * c) / perImage;
  return y;
}

/** Every stride-th pixel of x [n, h, w, c], between channels of zeros. */
export function subsamplePad(
  x: ArrayLike<number>,
  [n, h, w, c]: readonly [number, number, number, number],
  stride: number,
  before: number,
  after: number,
): Values {
  const [oh, ow, oc] = [Math.ceil(h / stride), Math.ceil(w / stride), before + c + after];
  const y = new Float64Array(n * oh * ow * oc);
  for (let b = 0; b < n; b++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let k = 0; k < c; k++)
          y[((b * oh + i) * ow + j) * oc + before + k] = x[((b * h + i * stride) * w + j * stride) * c + k]!;
  return y;
}
