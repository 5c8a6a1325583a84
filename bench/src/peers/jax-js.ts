// jax-js on the very device we run on. It has no NHWC convolution, so it computes in NCHW, its own layout; images and
// weights are put there before timing. Everything timed runs under its jit.
import { readFileSync } from "node:fs";
import type { Runtime, StateDict } from "@er/engine";
import type { Array as JaxArray } from "@jax-js/jax";
import { type Contender, pattern, patternLabels } from "../case.js";
import { forward, type Layers } from "../networks/forward.js";
import { type Peer, shareDevice } from "./peer.js";

type Jax = typeof import("@jax-js/jax");
// A type alias, since jax-js's trees of arrays must be known to have no other members.
type Parameters = Record<string, JaxArray>;

/**
 * Loads jax-js and makes our device its own.
 *
 * @throws where jax-js does not take the device
 */
export async function openJaxJs(runtime: Runtime): Promise<Peer> {
  shareDevice(runtime);
  const jax = await import("@jax-js/jax");
  const available = await jax.init("webgpu");
  if (!available.includes("webgpu")) {
    throw new Error(`jax-js: it did not take the device; it has ${available.join(", ")}`);
  }
  jax.defaultDevice("webgpu");
  const { lax, numpy: np } = jax;
  const { version } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.resolve("@jax-js/jax")), "utf8"),
  ) as { version: string };

  /** A function of fixed arrays under jit; `order` brings its output into our layout. */
  const fixed = async (
    body: (...inputs: JaxArray[]) => JaxArray,
    inputs: JaxArray[],
    order?: number[],
  ): Promise<Contender> => {
    await jax.blockUntilReady(inputs);
    const compiled = jax.jit(body);
    const call = () => compiled(...inputs.map((input) => input.ref));
    return {
      async run(times) {
        for (let i = 1; i < times; i++) {
          call().dispose();
        }
        const output = await call().blockUntilReady();
        output.dispose();
      },
      async result() {
        const output = order === undefined ? call() : np.transpose(call(), order);
        return float32(await output.data());
      },
      destroy() {
        compiled.dispose();
        jax.tree.dispose(inputs);
      },
    };
  };

  return {
    backend: "jax-js",
    version,
    matmul(n) {
      const matrix = () => np.array(pattern(n * n), { shape: [n, n] });
      return fixed((a, b) => np.matmul(a!, b!), [matrix(), matrix()]);
    },
    conv2d({ batch, size, inputs, outputs, kernel, stride }) {
      const x = np.array(pattern(batch * size * size * inputs), { shape: [batch, size, size, inputs] });
      const weight = np.array(pattern(kernel * kernel * inputs * outputs), {
        shape: [kernel, kernel, inputs, outputs],
      });
      const pad: [number, number] = [kernel >> 1, kernel >> 1];
      return fixed(
        (images, weights) => lax.conv(images!, weights!, [stride, stride], [pad, pad]),
        [materialise(jax, x, [0, 3, 1, 2]), materialise(jax, weight, [3, 2, 0, 1])],
        [0, 2, 3, 1],
      );
    },
    async trainingStep({ network, batch, weights, learningRate, momentum }) {
      const images = np.array(pattern(batch * 32 * 32 * 3), { shape: [batch, 32, 32, 3] });
      const x = materialise(jax, images, [0, 3, 1, 2]);
      const y = jax.nn.oneHot(np.array(Int32Array.from(patternLabels(batch))), 10);
      let parameters = parametersOf(jax, weights);
      let velocity: Parameters = jax.tree.map((value: JaxArray) => np.zeros(value.shape), parameters);
      await jax.blockUntilReady([x, y, parameters, velocity]);
      const loss = (values: Parameters, imageBatch: JaxArray, targets: JaxArray): JaxArray => {
        const logits = forward(network, layers(jax, values), imageBatch);
        return np.mean(np.sum(jax.nn.logSoftmax(logits).mul(targets), 1)).neg();
      };
      const compiled = jax.jit(
        (values: Parameters, velocities: Parameters, imageBatch: JaxArray, targets: JaxArray) => {
          const [value, gradients] = jax.valueAndGrad(loss)(jax.tree.ref(values), imageBatch, targets);
          const moved: Parameters = jax.tree.map(
            (v: JaxArray, gradient: JaxArray) => v.mul(momentum).add(gradient),
            velocities,
            gradients,
          );
          const updated: Parameters = jax.tree.map(
            (w: JaxArray, v: JaxArray) => w.sub(v.mul(learningRate)),
            values,
            jax.tree.ref(moved),
          );
          return [updated, moved, value] as [Parameters, Parameters, JaxArray];
        },
      );
      const step = (): JaxArray => {
        const [updated, moved, value] = compiled(parameters, velocity, x.ref, y.ref);
        [parameters, velocity] = [updated, moved];
        return value;
      };
      const steps = async (times: number) => {
        for (let i = 1; i < times; i++) {
          step().dispose();
        }
        const value = step();
        await jax.blockUntilReady([parameters, velocity]);
        return float32(await value.data())[0]!;
      };
      return {
        async run(times) {
          await steps(times);
        },
        result: async () => Float32Array.of(await steps(1), await steps(1)),
        destroy() {
          compiled.dispose();
          jax.tree.dispose([parameters, velocity, x, y]);
        },
      };
    },
  };
}

function float32(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values);
}

/** A transposed copy in memory of its own: a lazy one would be read through its strides at every run. */
function materialise(jax: Jax, x: JaxArray, order: number[]): JaxArray {
  const copy = jax.jit((value: JaxArray) => jax.numpy.transpose(value, order).mul(1));
  const result = copy(x);
  copy.dispose();
  return result;
}

function parametersOf({ numpy: np }: Jax, weights: StateDict): Parameters {
  return Object.fromEntries(
    [...weights]
      .filter(([name]) => name.endsWith(".weight") || name.endsWith(".bias"))
      .map(([name, { shape, data }]) => [name, np.array(data, { shape: [...shape] })]),
  );
}

/** NCHW. Every use of an array takes a reference, as jax-js's ownership rules want; `x` itself is left to its owner. */
function layers({ lax, nn, numpy: np }: Jax, parameters: Parameters): Layers<JaxArray> {
  const parameter = (name: string) => parameters[name]!.ref;
  return {
    conv(x, name, stride) {
      const weight = parameter(`${name}.weight`);
      const pad: [number, number] = [weight.shape[2]! >> 1, weight.shape[2]! >> 1];
      return lax.conv(x.ref, weight, [stride, stride], [pad, pad]);
    },
    norm(x, name) {
      // E[x²] - E[x]² and one multiply-add a pixel: half the time of the two-pass form, and what Flax does by default.
      const mean = np.mean(x.ref, [0, 2, 3], { keepdims: true });
      const variance = np.mean(np.square(x.ref), [0, 2, 3], { keepdims: true }).sub(np.square(mean.ref));
      const column = (values: JaxArray) => values.reshape([1, x.shape[1]!, 1, 1]);
      const scale = np.reciprocal(np.sqrt(variance.add(1e-5))).mul(column(parameter(`${name}.weight`)));
      const offset = column(parameter(`${name}.bias`)).sub(mean.mul(scale.ref));
      return x.ref.mul(scale).add(offset);
    },
    relu: (x) => nn.relu(x.ref),
    add: (a, b) => a.ref.add(b.ref),
    subsamplePad(x, channels) {
      const [n, c, h, w] = x.shape as [number, number, number, number];
      const added: [number, number] = [(channels - c) / 2, (channels - c) / 2];
      const even = x.ref.reshape([n, c, h / 2, 2, w / 2, 2]).slice([], [], [], 0, [], 0);
      return np.pad(even, [[0, 0], added, [0, 0], [0, 0]]);
    },
    pool: (x) => np.mean(x.ref, [2, 3]),
    linear: (x, name) => np.matmul(x.ref, np.transpose(parameter(`${name}.weight`))).add(parameter(`${name}.bias`)),
  };
}
