// The ResNets of He et al. 2015, section 4.1, and their wide forms (Zagoruyko and Komodakis 2016), for 224×224 images, as
// torchvision has them: the stride of a bottleneck on its 3×3 convolution, state_dict names conv1, bn1, layer1.0.conv1,
// layer1.0.downsample.0, …, fc.
import {
  add,
  BatchNorm2d,
  Conv2d,
  globalAvgPool2d,
  kaimingNormal,
  Linear,
  MaxPool2d,
  Module,
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

/** What both blocks have: the sum of the inner path and the shortcut, a 1×1 projection where the shape changes. */
abstract class Block extends Module {
  abstract readonly downsample: Sequential | undefined;

  /** Up to the last normalisation, before the sum. */
  protected abstract inner(trace: Trace, x: Tensor): Tensor;

  override forward(trace: Trace, x: Tensor): Tensor {
    const shortcut = this.downsample ? this.call(trace, "downsample", this.downsample, x) : x;
    return relu(trace.graph, add(trace.graph, this.inner(trace, x), shortcut));
  }

  /** norm(conv(x)), both under their names. */
  protected stage(trace: Trace, x: Tensor, number: 1 | 2 | 3, convolution: Conv2d, norm: BatchNorm2d): Tensor {
    return this.call(trace, `bn${number}`, norm, this.call(trace, `conv${number}`, convolution, x));
  }
}

function projection(inputs: number, outputs: number, stride: number): Sequential | undefined {
  return stride === 1 && inputs === outputs
    ? undefined
    : new Sequential(conv(inputs, outputs, 1, stride), new BatchNorm2d(outputs));
}

class BasicBlock extends Block {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, planes: number, stride: number) {
    super();
    this.conv1 = conv(inputs, planes, 3, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = conv(planes, planes, 3, 1);
    this.bn2 = new BatchNorm2d(planes);
    this.downsample = projection(inputs, planes, stride);
  }

  protected override inner(trace: Trace, x: Tensor): Tensor {
    const first = relu(trace.graph, this.stage(trace, x, 1, this.conv1, this.bn1));
    return this.stage(trace, first, 2, this.conv2, this.bn2);
  }
}

class Bottleneck extends Block {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, planes: number, stride: number, widening: number) {
    super();
    const width = planes * widening;
    const outputs = planes * Bottleneck.expansion;
    this.conv1 = conv(inputs, width, 1, 1);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv(width, width, 3, stride);
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = conv(width, outputs, 1, 1);
    this.bn3 = new BatchNorm2d(outputs);
    this.downsample = projection(inputs, outputs, stride);
  }

  protected override inner(trace: Trace, x: Tensor): Tensor {
    const first = relu(trace.graph, this.stage(trace, x, 1, this.conv1, this.bn1));
    const second = relu(trace.graph, this.stage(trace, first, 2, this.conv2, this.bn2));
    return this.stage(trace, second, 3, this.conv3, this.bn3);
  }
}

type Blocks = readonly [number, number, number, number];

const variants = {
  resnet18: { block: BasicBlock, blocks: [2, 2, 2, 2], widening: 1 },
  resnet34: { block: BasicBlock, blocks: [3, 4, 6, 3], widening: 1 },
  resnet50: { block: Bottleneck, blocks: [3, 4, 6, 3], widening: 1 },
  resnet101: { block: Bottleneck, blocks: [3, 4, 23, 3], widening: 1 },
  resnet152: { block: Bottleneck, blocks: [3, 8, 36, 3], widening: 1 },
  wide_resnet50_2: { block: Bottleneck, blocks: [3, 4, 6, 3], widening: 2 },
  wide_resnet101_2: { block: Bottleneck, blocks: [3, 4, 23, 3], widening: 2 },
} as const satisfies Record<
  string,
  { readonly block: typeof BasicBlock | typeof Bottleneck; readonly blocks: Blocks; readonly widening: number }
>;

/** torchvision's names. */
export type ImageNetResNetName = keyof typeof variants;

export const imageNetResNetNames = Object.keys(variants) as ImageNetResNetName[];

export class ImageNetResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly maxpool: MaxPool2d | undefined;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear;

  /**
   * @param stem "imagenet": a 7×7 convolution and a max-pool, stride 2 each; "cifar": one 3×3 convolution of stride 1, for
   * images of 32×32
   */
  constructor(name: ImageNetResNetName, classes: number, stem: "imagenet" | "cifar" = "imagenet") {
    super();
    const { block: BlockOf, blocks, widening } = variants[name];
    let inputs = 64;
    const stage = (count: number, planes: number, stride: number) =>
      new Sequential(
        ...Array.from({ length: count }, (_, i) => {
          const block = new BlockOf(inputs, planes, i === 0 ? stride : 1, widening);
          inputs = planes * BlockOf.expansion;
          return block;
        }),
      );
    this.conv1 = stem === "imagenet" ? conv(3, 64, 7, 2) : conv(3, 64, 3, 1);
    this.bn1 = new BatchNorm2d(64);
    this.maxpool = stem === "imagenet" ? new MaxPool2d(3, { stride: 2, padding: 1 }) : undefined;
    this.layer1 = stage(blocks[0], 64, 1);
    this.layer2 = stage(blocks[1], 128, 2);
    this.layer3 = stage(blocks[2], 256, 2);
    this.layer4 = stage(blocks[3], 512, 2);
    this.fc = new Linear(inputs, classes);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    let y = relu(graph, this.call(trace, "bn1", this.bn1, this.call(trace, "conv1", this.conv1, x)));
    y = this.maxpool ? this.call(trace, "maxpool", this.maxpool, y) : y;
    y = this.call(trace, "layer1", this.layer1, y);
    y = this.call(trace, "layer2", this.layer2, y);
    y = this.call(trace, "layer3", this.layer3, y);
    y = this.call(trace, "layer4", this.layer4, y);
    return this.call(trace, "fc", this.fc, globalAvgPool2d(graph, y));
  }
}
