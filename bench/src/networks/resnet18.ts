// ResNet-18 (He et al. 2015): four stages of two basic blocks with 64, 128, 256 and 512 channels, 1×1 projections where a
// stage begins. For 32×32 images the stem is a 3×3 of stride 1; ImageNet's is a 7×7 of stride 2 and a 3×3 max-pool of
// stride 2. Parameter names are torchvision's.
import {
  add,
  BatchNorm2d,
  Conv2d,
  globalAvgPool2d,
  kaimingNormal,
  Linear,
  Module,
  maxPool2d,
  relu,
  Sequential,
  type Tensor,
  type Trace,
} from "@er/engine";

const conv = (inputs: number, outputs: number, kernel: number, stride: number) =>
  new Conv2d(inputs, outputs, kernel, {
    stride,
    padding: kernel >> 1,
    bias: false,
    weightInit: kaimingNormal("fan_out"),
  });

class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, outputs: number) {
    super();
    const stride = inputs === outputs ? 1 : 2;
    this.conv1 = conv(inputs, outputs, 3, stride);
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = conv(outputs, outputs, 3, 1);
    this.bn2 = new BatchNorm2d(outputs);
    this.downsample =
      stride === 1 ? undefined : new Sequential(conv(inputs, outputs, 1, stride), new BatchNorm2d(outputs));
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    const first = relu(graph, this.call(trace, "bn1", this.bn1, this.call(trace, "conv1", this.conv1, x)));
    const second = this.call(trace, "bn2", this.bn2, this.call(trace, "conv2", this.conv2, first));
    const shortcut = this.downsample ? this.call(trace, "downsample", this.downsample, x) : x;
    return relu(graph, add(graph, second, shortcut));
  }
}

type Stem = "small" | "imagenet";

export class ResNet18 extends Module {
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d(64);
  readonly layer1 = new Sequential(new BasicBlock(64, 64), new BasicBlock(64, 64));
  readonly layer2 = new Sequential(new BasicBlock(64, 128), new BasicBlock(128, 128));
  readonly layer3 = new Sequential(new BasicBlock(128, 256), new BasicBlock(256, 256));
  readonly layer4 = new Sequential(new BasicBlock(256, 512), new BasicBlock(512, 512));
  readonly fc: Linear;
  readonly #stem: Stem;

  constructor(stem: Stem = "small", classes = 10) {
    super();
    this.#stem = stem;
    this.conv1 = stem === "small" ? conv(3, 64, 3, 1) : conv(3, 64, 7, 2);
    this.fc = new Linear(512, classes);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    let y = relu(graph, this.call(trace, "bn1", this.bn1, this.call(trace, "conv1", this.conv1, x)));
    if (this.#stem === "imagenet") {
      y = maxPool2d(graph, y, 3, { stride: 2, padding: 1 });
    }
    y = this.call(trace, "layer1", this.layer1, y);
    y = this.call(trace, "layer2", this.layer2, y);
    y = this.call(trace, "layer3", this.layer3, y);
    y = this.call(trace, "layer4", this.layer4, y);
    return this.call(trace, "fc", this.fc, globalAvgPool2d(graph, y));
  }
}
