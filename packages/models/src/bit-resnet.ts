// BiT's ResNet-v2 (Kolesnikov et al. 2020, "Big Transfer"): pre-activation bottlenecks with group-norm in place of batch-norm and
// weight-standardised convolutions, for 224×224 images and larger. Names are those of the authors' PyTorch definition: root.conv,
// body.block1.unit01.gn1, …, head.gn, head.conv; those of the published npz files are in bit-names.ts.
import {
  add,
  Conv2d,
  GroupNorm,
  globalAvgPool2d,
  MaxPool2d,
  Module,
  pad2d,
  relu,
  reshape,
  StandardizedConv2d,
  type Tensor,
  type Trace,
} from "@er/engine";

/** Groups of every group-norm. */
const GROUPS = 32;

const conv1x1 = (inputs: number, outputs: number, stride = 1) => new StandardizedConv2d(inputs, outputs, 1, { stride });

class Unit extends Module {
  readonly gn1: GroupNorm;
  readonly conv1: StandardizedConv2d;
  readonly gn2: GroupNorm;
  readonly conv2: StandardizedConv2d;
  readonly gn3: GroupNorm;
  readonly conv3: StandardizedConv2d;
  readonly downsample: StandardizedConv2d | undefined;

  constructor(inputs: number, middle: number, outputs: number, stride: number) {
    super();
    this.gn1 = new GroupNorm(GROUPS, inputs);
    this.conv1 = conv1x1(inputs, middle);
    this.gn2 = new GroupNorm(GROUPS, middle);
    this.conv2 = new StandardizedConv2d(middle, middle, 3, { stride, padding: 1 });
    this.gn3 = new GroupNorm(GROUPS, middle);
    this.conv3 = conv1x1(middle, outputs);
    this.downsample = stride === 1 && inputs === outputs ? undefined : conv1x1(inputs, outputs, stride);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    const active = relu(graph, this.call(trace, "gn1", this.gn1, x));
    const shortcut = this.downsample ? this.call(trace, "downsample", this.downsample, active) : x;
    const first = this.call(trace, "conv1", this.conv1, active);
    const second = this.call(trace, "conv2", this.conv2, relu(graph, this.call(trace, "gn2", this.gn2, first)));
    const third = this.call(trace, "conv3", this.conv3, relu(graph, this.call(trace, "gn3", this.gn3, second)));
    return add(graph, third, shortcut);
  }
}

/** Modules one after another, each under a name of its own. */
class Named extends Module {
  readonly #names: readonly string[];

  constructor(children: Readonly<Record<string, Module>>) {
    super();
    this.#names = Object.keys(children);
    Object.assign(this, children);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const children = this as unknown as Readonly<Record<string, Module>>;
    return this.#names.reduce((y, name) => this.call(trace, name, children[name]!, y), x);
  }
}

/** The convolution and max-pool at the entry, over zeros that take part in the maximum. */
class Root extends Module {
  readonly conv: StandardizedConv2d;
  readonly #pool = new MaxPool2d(3, { stride: 2 });

  constructor(width: number) {
    super();
    this.conv = new StandardizedConv2d(3, width, 7, { stride: 2, padding: 3 });
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    return this.#pool.forward(trace, pad2d(trace.graph, this.call(trace, "conv", this.conv, x), 1));
  }
}

class Head extends Module {
  readonly gn: GroupNorm;
  readonly conv: Conv2d;

  constructor(channels: number, classes: number) {
    super();
    this.gn = new GroupNorm(GROUPS, channels);
    this.conv = new Conv2d(channels, classes, 1);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    const pooled = globalAvgPool2d(graph, relu(graph, this.call(trace, "gn", this.gn, x)));
    const [images, channels] = pooled.shape as [number, number];
    const logits = this.call(trace, "conv", this.conv, reshape(graph, pooled, [images, 1, 1, channels]));
    return reshape(graph, logits, [images, logits.shape[3]!]);
  }
}

const variants = {
  "bit-r50x1": { units: [3, 4, 6, 3], widening: 1 },
  "bit-r50x3": { units: [3, 4, 6, 3], widening: 3 },
  "bit-r101x1": { units: [3, 4, 23, 3], widening: 1 },
  "bit-r101x3": { units: [3, 4, 23, 3], widening: 3 },
  "bit-r152x2": { units: [3, 8, 36, 3], widening: 2 },
  "bit-r152x4": { units: [3, 8, 36, 3], widening: 4 },
} as const satisfies Record<string, { readonly units: readonly number[]; readonly widening: number }>;

/** The published sizes: layers, and how many times as wide. */
export type BitResNetName = keyof typeof variants;

export const bitResNetNames = Object.keys(variants) as BitResNetName[];

export class BitResNet extends Module {
  readonly root: Root;
  readonly body: Named;
  readonly head: Head;

  constructor(name: BitResNetName, classes: number) {
    super();
    const { units, widening } = variants[name];
    let inputs = 64 * widening;
    const block = (count: number, index: number) => {
      const middle = 64 * widening * 2 ** index;
      const named = Array.from({ length: count }, (_, i): [string, Unit] => {
        const unit = new Unit(inputs, middle, 4 * middle, i === 0 && index > 0 ? 2 : 1);
        inputs = 4 * middle;
        return [`unit${String(i + 1).padStart(2, "0")}`, unit];
      });
      return new Named(Object.fromEntries(named));
    };
    this.root = new Root(inputs);
    this.body = new Named(Object.fromEntries(units.map((count, i) => [`block${i + 1}`, block(count, i)])));
    this.head = new Head(inputs, classes);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const body = this.call(trace, "body", this.body, this.call(trace, "root", this.root, x));
    return this.call(trace, "head", this.head, body);
  }
}
