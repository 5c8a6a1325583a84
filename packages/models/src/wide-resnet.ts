// Wide ResNets of Zagoruyko and Komodakis 2016 for 32×32 images: pre-activation blocks, widening factor k, no dropout.
// Parameter names follow the common PyTorch port: conv1, block1.layer.0.bn1, …, bn1, fc.
import {
  add,
  BatchNorm2d,
  Conv2d,
  globalAvgPool2d,
  kaimingNormal,
  Linear,
  Module,
  relu,
  Sequential,
  type Tensor,
  type Trace,
} from "@er/engine";

const conv = (inputs: number, outputs: number, kernel: number, stride: number) =>
  new Conv2d(inputs, outputs, kernel, {
    stride,
    padding: kernel === 3 ? 1 : 0,
    bias: false,
    weightInit: kaimingNormal("fan_out"),
  });

class PreActivationBlock extends Module {
  readonly bn1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly convShortcut: Conv2d | undefined;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.bn1 = new BatchNorm2d(inputs);
    this.conv1 = conv(inputs, outputs, 3, stride);
    this.bn2 = new BatchNorm2d(outputs);
    this.conv2 = conv(outputs, outputs, 3, 1);
    this.convShortcut = inputs === outputs ? undefined : conv(inputs, outputs, 1, stride);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    const active = relu(graph, this.call(trace, "bn1", this.bn1, x));
    const inner = this.call(trace, "conv1", this.conv1, active);
    const second = this.call(trace, "conv2", this.conv2, relu(graph, this.call(trace, "bn2", this.bn2, inner)));
    const shortcut = this.convShortcut ? this.call(trace, "convShortcut", this.convShortcut, active) : x;
    return add(graph, second, shortcut);
  }
}

/** A group of blocks, called `blockN.layer` in the common checkpoints. */
class Group extends Module {
  readonly layer: Sequential;

  constructor(blocks: number, inputs: number, outputs: number, stride: number) {
    super();
    this.layer = new Sequential(
      ...Array.from({ length: blocks }, (_, i) =>
        i === 0 ? new PreActivationBlock(inputs, outputs, stride) : new PreActivationBlock(outputs, outputs, 1),
      ),
    );
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    return this.call(trace, "layer", this.layer, x);
  }
}

export class WideResNet extends Module {
  readonly conv1: Conv2d;
  readonly block1: Group;
  readonly block2: Group;
  readonly block3: Group;
  readonly bn1: BatchNorm2d;
  readonly fc: Linear;

  /**
   * @param depth 6n + 4: 10, 16, 22, 28, 40
   * @param widening the factor k
   */
  constructor(depth: number, widening: number, classes: number) {
    super();
    const blocks = (depth - 4) / 6;
    this.conv1 = conv(3, 16, 3, 1);
    this.block1 = new Group(blocks, 16, 16 * widening, 1);
    this.block2 = new Group(blocks, 16 * widening, 32 * widening, 2);
    this.block3 = new Group(blocks, 32 * widening, 64 * widening, 2);
    this.bn1 = new BatchNorm2d(64 * widening);
    this.fc = new Linear(64 * widening, classes);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    let y = this.call(trace, "conv1", this.conv1, x);
    y = this.call(trace, "block1", this.block1, y);
    y = this.call(trace, "block2", this.block2, y);
    y = this.call(trace, "block3", this.block3, y);
    y = relu(graph, this.call(trace, "bn1", this.bn1, y));
    return this.call(trace, "fc", this.fc, globalAvgPool2d(graph, y));
  }
}
