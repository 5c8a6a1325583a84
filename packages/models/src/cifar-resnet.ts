// The ResNets of He et al. 2015, section 4.2, for 32×32 images: 6n + 2 layers in three stages, with parameter-free shortcuts
// ("option A"). Parameter names are those of the checkpoints commonly published for PyTorch: conv1, bn1, layer1.0.conv1, …, linear.
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
  subsamplePad,
  type Tensor,
  type Trace,
} from "@er/engine";

const conv3x3 = (inputs: number, outputs: number, stride: number) =>
  new Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false, weightInit: kaimingNormal("fan_out") });

class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #stride: number;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = conv3x3(inputs, outputs, stride);
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = conv3x3(outputs, outputs, 1);
    this.bn2 = new BatchNorm2d(outputs);
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#stride = stride;
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    const first = relu(graph, this.call(trace, "bn1", this.bn1, this.call(trace, "conv1", this.conv1, x)));
    const second = this.call(trace, "bn2", this.bn2, this.call(trace, "conv2", this.conv2, first));
    return relu(graph, add(graph, second, this.#shortcut(trace, x)));
  }

  #shortcut({ graph }: Trace, x: Tensor): Tensor {
    if (this.#stride === 1 && this.#inputs === this.#outputs) {
      return x;
    }
    const added = this.#outputs - this.#inputs;
    const channelsBefore = Math.floor(added / 2);
    return subsamplePad(graph, x, { stride: this.#stride, channelsBefore, channelsAfter: added - channelsBefore });
  }
}

export class CifarResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly linear: Linear;

  /**
   * @param depth 6n + 2: 8, 20, 32, 44, 56, 110
   * @param width channels of the first stage; 16 in the paper
   */
  constructor(depth: number, classes: number, width: number) {
    super();
    const blocks = (depth - 2) / 6;
    const stage = (inputs: number, outputs: number, stride: number) =>
      new Sequential(
        ...Array.from({ length: blocks }, (_, i) =>
          i === 0 ? new BasicBlock(inputs, outputs, stride) : new BasicBlock(outputs, outputs, 1),
        ),
      );
    this.conv1 = conv3x3(3, width, 1);
    this.bn1 = new BatchNorm2d(width);
    this.layer1 = stage(width, width, 1);
    this.layer2 = stage(width, 2 * width, 2);
    this.layer3 = stage(2 * width, 4 * width, 2);
    this.linear = new Linear(4 * width, classes);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    let y = relu(graph, this.call(trace, "bn1", this.bn1, this.call(trace, "conv1", this.conv1, x)));
    y = this.call(trace, "layer1", this.layer1, y);
    y = this.call(trace, "layer2", this.layer2, y);
    y = this.call(trace, "layer3", this.layer3, y);
    return this.call(trace, "linear", this.linear, globalAvgPool2d(graph, y));
  }
}
