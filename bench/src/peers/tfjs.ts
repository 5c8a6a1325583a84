// TensorFlow.js on the very device we run on: its WebGPU backend is given our GPUDevice.
import { createRequire, register } from "node:module";
import type { Runtime } from "@er/engine";
import type * as Core from "@tensorflow/tfjs-core";

type Tf = typeof Core;

type Extents = [number, number, number, number];
type PeerRun = { readonly backend: "tfjs"; readonly run: () => Promise<void> };

export interface TfjsPeer {
  matmul(n: number): PeerRun;
  conv2d(x: Extents, weight: Extents): PeerRun;
  /** A training step of the CIFAR ResNet-20 with the same layers, loss and optimiser as ours. */
  resnet20Step(batch: number): PeerRun;
}

export async function openTfjs(runtime: Runtime): Promise<TfjsPeer> {
  // The backend asks only whether navigator.gpu exists; the device is ours, whatever that is.
  Object.defineProperty(globalThis, "navigator", { value: { gpu: {} }, configurable: true });
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
  // Reading one value waits for the kernels before it and copies next to nothing.
  const sync = async (tensor: Core.Tensor) => {
    const probe = tf.tidy(() => tf.slice(tf.reshape(tensor, [-1]), [0], [1]));
    await probe.data();
    tf.dispose([tensor, probe]);
  };
  return {
    matmul(n) {
      const a = pattern(tf, [n, n]) as Core.Tensor2D;
      const b = pattern(tf, [n, n]) as Core.Tensor2D;
      return { backend: "tfjs", run: () => sync(tf.matMul(a, b)) };
    },
    conv2d(x, weight) {
      const input = pattern(tf, x) as Core.Tensor4D;
      const filter = pattern(tf, weight) as Core.Tensor4D;
      return { backend: "tfjs", run: () => sync(tf.conv2d(input, filter, 1, "same")) };
    },
    resnet20Step(batch) {
      const x = pattern(tf, [batch, 32, 32, 3]) as Core.Tensor4D;
      const labels = tf.oneHot(
        tf.tensor1d(
          Int32Array.from({ length: batch }, (_, i) => i % 10),
          "int32",
        ),
        10,
      );
      const model = resnet20(tf);
      const optimizer = tf.train.momentum(0.01, 0.9);
      const run = async () => {
        const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, model(x)) as Core.Scalar, true)!;
        await loss.data();
        loss.dispose();
      };
      return { backend: "tfjs", run };
    },
  };
}

/** Values spread evenly over [-scale / 2, scale / 2], the pattern our own inputs have. */
function pattern(tf: Tf, shape: readonly number[], scale = 1): Core.Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: count }, (_, i) => scale * (((i * 7919) % 101) / 101 - 0.5));
  return tf.tensor(values, [...shape]);
}

/** ResNet-20 with option-A shortcuts: batch statistics, no running ones, which only favours the peer. */
function resnet20(tf: Tf): (x: Core.Tensor4D) => Core.Tensor2D {
  const conv = (inputs: number, outputs: number, stride: number) => {
    const filter = tf.variable(pattern(tf, [3, 3, inputs, outputs], Math.sqrt(24 / (9 * outputs))));
    const gamma = tf.variable(tf.ones([outputs]));
    const beta = tf.variable(tf.zeros([outputs]));
    return (x: Core.Tensor4D): Core.Tensor4D => {
      // PyTorch pads a stride-2 convolution by 1 on each side.
      const padded = tf.pad(x, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]) as Core.Tensor4D;
      const y = tf.conv2d(padded, filter as unknown as Core.Tensor4D, stride, "valid");
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      const normalized = tf.mul(tf.sub(y, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normalized, gamma), beta) as Core.Tensor4D;
    };
  };
  const block = (inputs: number, outputs: number) => {
    const stride = inputs === outputs ? 1 : 2;
    const [first, second] = [conv(inputs, outputs, stride), conv(outputs, outputs, 1)];
    const pad = (outputs - inputs) / 2;
    return (x: Core.Tensor4D): Core.Tensor4D => {
      const y = second(tf.relu(first(x)));
      const shortcut =
        stride === 1
          ? x
          : tf.pad(tf.avgPool(x, 1, 2, "valid"), [
              [0, 0],
              [0, 0],
              [0, 0],
              [pad, pad],
            ]);
      return tf.relu(tf.add(y, shortcut)) as Core.Tensor4D;
    };
  };
  const stem = conv(3, 16, 1);
  const blocks = [16, 16, 16, 32, 32, 32, 64, 64, 64].map((outputs, i, all) =>
    block(i === 0 ? 16 : all[i - 1]!, outputs),
  );
  const weight = tf.variable(pattern(tf, [64, 10], 0.3));
  const bias = tf.variable(tf.zeros([10]));
  return (x) => {
    const features = blocks.reduce((y, layer) => layer(y), tf.relu(stem(x)));
    return tf.add(
      tf.matMul(tf.mean(features, [1, 2]) as Core.Tensor2D, weight as unknown as Core.Tensor2D),
      bias,
    ) as Core.Tensor2D;
  };
}
