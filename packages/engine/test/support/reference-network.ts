// A network of convolutions with batch-norm, residual, ReLU and pooling, a linear head and the cross-entropy, in float64: made of
// the ops' references, walked forwards and then backwards.
import * as ops from "./reference.js";

export interface Layer {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly norm: boolean;
  /** The layer's input is added behind the normalisation. */
  readonly residual: boolean;
  readonly relu: boolean;
  /** Windows of 2×2, stride 2. */
  readonly pool: "max" | "average" | undefined;
}

export interface Network {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly layers: readonly Layer[];
  /** Values an image has behind the last layer. */
  readonly features: number;
  readonly classes: number;
}

const EPS = 1e-5;

/**
 * Logits, the loss with label smoothing 0.1, and its gradients by the names of the values.
 *
 * @param values "x", "I.weight", "I.gamma", "I.beta" and "head"
 */
export function reference(
  network: Network,
  values: ReadonlyMap<string, ArrayLike<number>>,
  labels: ArrayLike<number>,
): Map<string, ArrayLike<number>> {
  const { batch: n, classes, features } = network;
  const gradients = new Map<string, ArrayLike<number>>();
  const backwards: ((dy: ops.Values) => ops.Values)[] = [];
  let [h, w] = [network.height, network.width];
  let y: ops.Values = Float64Array.from(values.get("x")!);
  for (const [i, layer] of network.layers.entries()) {
    const x = y;
    const { kernel, stride, padding, inputs, outputs } = layer;
    const g = { n, h, w, ci: inputs, kh: kernel, kw: kernel, co: outputs, stride, padding };
    const weight = values.get(`${i}.weight`)!;
    const product = ops.conv2d(x, weight, g);
    const [gamma, beta] = [values.get(`${i}.gamma`), values.get(`${i}.beta`)];
    const normed = gamma && beta ? ops.batchNorm(product, gamma, beta, EPS).y : product;
    const summed = layer.residual ? normed.map((v, k) => v + x[k]!) : normed;
    const active = layer.relu ? summed.map((v) => Math.max(v, 0)) : summed;
    [h, w] = [ops.outputExtent(h, kernel, stride, padding), ops.outputExtent(w, kernel, stride, padding)];
    const window = { n, h, w, c: outputs, kernel: 2, stride: 2, padding: 0 };
    const pool = layer.pool && (layer.pool === "max" ? ops.maxPool : ops.avgPool);
    if (pool) {
      y = Float64Array.from(pool(active, undefined, window).y);
      [h, w] = [Math.floor(h / 2), Math.floor(w / 2)];
    } else {
      y = active;
    }
    backwards.push((dy) => {
      const dActive = pool ? pool(active, dy, window).dx : dy;
      const dSum = layer.relu ? dActive.map((v, k) => (summed[k]! > 0 ? v : 0)) : dActive;
      let dProduct = dSum;
      if (gamma) {
        const { dx, dGamma, dBeta } = ops.batchNormGradients(product, gamma, dSum, EPS);
        gradients.set(`${i}.gamma`, dGamma).set(`${i}.beta`, dBeta);
        dProduct = dx;
      }
      const { dx, dWeight } = ops.conv2dGradients(x, weight, dProduct, g);
      gradients.set(`${i}.weight`, dWeight);
      return layer.residual ? dx.map((v, k) => v + dSum[k]!) : dx;
    });
  }
  const head = values.get("head")!;
  const logits = ops.matmul(y, head, n, classes, features, false, false);
  const { loss, dLogits } = ops.crossEntropy(logits, labels, classes, 0.1);
  gradients.set("head", ops.matmul(y, dLogits, features, classes, n, true, false));
  let dy = ops.matmul(dLogits, head, n, features, classes, false, true);
  for (const back of backwards.reverse()) {
    dy = back(dy);
  }
  gradients.set("x", dy);
  return new Map<string, ArrayLike<number>>([["logits", logits], ["loss", [loss]], ...gradients]);
}
