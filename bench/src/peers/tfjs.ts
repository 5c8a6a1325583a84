// TensorFlow.js on the very device we run on: its WebGPU backend is given our GPUDevice. NHWC, as we are.
import { createRequire, register } from "node:module";
import type { Runtime, StateDict } from "@er/engine";
import type * as Core from "@tensorflow/tfjs-core";
import { type Contender, pattern, patternLabels } from "../case.js";
import { forward, type Layers } from "../networks/forward.js";
import { type Peer, shareDevice } from "./peer.js";

type Tf = typeof Core;
type Parameters = ReadonlyMap<string, Core.Variable>;

/** Loads TensorFlow.js and makes its WebGPU backend on our device. */
export async function openTfjs(runtime: Runtime): Promise<Peer> {
  shareDevice(runtime);
  register("./tfjs-loader.js", import.meta.url);
  // Its Node platform asks for a CommonJS require.
  Object.assign(globalThis, { require: createRequire(import.meta.url) });
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  tf.removeBackend("webgpu");
  const backend = new WebGPUBackend(runtime.device, runtime.device.adapterInfo);
  tf.registerBackend("webgpu", () => backend);
  await tf.setBackend("webgpu");
  await tf.ready();

  /** Its buffers are pooled by their exact size and never given back; the next case has other sizes. */
  const release = (tensors: Core.Tensor[]) => {
    tf.dispose(tensors);
    // What is disposed of while commands are recorded goes back to the pool only with their submission.
    backend.endComputePassEncoder();
    backend.ensureCommandEncoderReady();
    backend.submitQueue();
    backend.bufferManager.dispose();
  };
  const fixed = (body: () => Core.Tensor, inputs: Core.Tensor[]): Contender => ({
    async run(times) {
      for (let i = 1; i < times; i++) {
        body().dispose();
      }
      // Reading one value waits for the kernels before it and copies next to nothing.
      const probe = tf.tidy(() => tf.slice(tf.reshape(body(), [-1]), [0], [1]));
      await probe.data();
      probe.dispose();
    },
    async result() {
      const output = body();
      const values = await output.data<"float32">();
      output.dispose();
      return values;
    },
    destroy: () => release(inputs),
  });

  return {
    backend: "tfjs",
    version: tf.version_core,
    async matmul(n) {
      const matrix = () => tf.tensor2d(pattern(n * n), [n, n]);
      const [a, b] = [matrix(), matrix()];
      return fixed(() => tf.matMul(a, b), [a, b]);
    },
    async conv2d({ batch, size, inputs, outputs, kernel, stride }) {
      const x = tf.tensor4d(pattern(batch * size * size * inputs), [batch, size, size, inputs]);
      const weight = tf.tensor4d(pattern(kernel * kernel * inputs * outputs), [kernel, kernel, inputs, outputs]);
      return fixed(() => tf.conv2d(x, weight, stride, padding(kernel, stride)), [x, weight]);
    },
    async trainingStep({ network, batch, weights, learningRate, momentum }) {
      const x = tf.tensor4d(pattern(batch * 32 * 32 * 3), [batch, 32, 32, 3]);
      const y = tf.tidy(() => tf.oneHot(tf.tensor1d(Int32Array.from(patternLabels(batch)), "int32"), 10));
      const parameters = parametersOf(tf, weights);
      const variables = [...parameters.values()];
      const optimizer = tf.train.momentum(learningRate, momentum);
      const loss = () =>
        tf.losses.softmaxCrossEntropy(y, forward<Core.Tensor>(network, layers(tf, parameters), x)) as Core.Scalar;
      const steps = async (times: number) => {
        for (let i = 1; i < times; i++) {
          optimizer.minimize(loss, false, variables);
        }
        const value = optimizer.minimize(loss, true, variables)!;
        const [number] = await value.data();
        value.dispose();
        return number!;
      };
      return {
        async run(times) {
          await steps(times);
        },
        result: async () => Float32Array.of(await steps(1), await steps(1)),
        destroy() {
          optimizer.dispose();
          release([x, y, ...variables]);
        },
      };
    },
  };
}

/**
 * PyTorch's padding by half the kernel, on images of even size. At a stride of 2 the last row and column of zeros are never
 * reached, and TensorFlow.js takes no padding that does not fit; its "same" would leave out the first ones instead.
 */
function padding(kernel: number, stride: number): "valid" | number | Core.backend_util.ExplicitPadding {
  if (kernel === 1) {
    return "valid";
  }
  const [before, after] = [kernel >> 1, (kernel >> 1) - (stride - 1)];
  const side: [number, number] = [before, after];
  return stride === 1 ? before : [[0, 0], side, side, [0, 0]];
}

/** Variables in the layouts TensorFlow.js computes in: HWIO convolution weights, [in, out] matrices. */
function parametersOf(tf: Tf, weights: StateDict): Parameters {
  const parameters = new Map<string, Core.Variable>();
  for (const [name, { shape, data }] of weights) {
    if (name.endsWith(".weight") || name.endsWith(".bias")) {
      const order = { 1: [0], 2: [1, 0], 4: [2, 3, 1, 0] }[shape.length]!;
      const value = tf.tidy(() => tf.transpose(tf.tensor(data, [...shape]), order));
      parameters.set(name, tf.variable(value));
      value.dispose();
    }
  }
  return parameters;
}

function layers(tf: Tf, parameters: Parameters): Layers<Core.Tensor> {
  const parameter = (name: string): Core.Tensor => parameters.get(name)!;
  return {
    conv(x, name, stride) {
      const weight = parameter(`${name}.weight`) as Core.Tensor4D;
      return tf.conv2d(x as Core.Tensor4D, weight, stride, padding(weight.shape[0], stride));
    },
    norm(x, name) {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const normalized = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normalized, parameter(`${name}.weight`)), parameter(`${name}.bias`));
    },
    relu: (x) => tf.relu(x),
    add: (a, b) => tf.add(a, b),
    subsamplePad(x, channels) {
      const added = (channels - x.shape[3]!) / 2;
      // A window of one pixel with a stride of 2.
      const even = tf.avgPool(x as Core.Tensor4D, 1, 2, "valid");
      return tf.pad(even, [
        [0, 0],
        [0, 0],
        [0, 0],
        [added, added],
      ]);
    },
    pool: (x) => tf.mean(x, [1, 2]),
    linear: (x, name) => tf.add(tf.matMul(x, parameter(`${name}.weight`)), parameter(`${name}.bias`)),
  };
}
