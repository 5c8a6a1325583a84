// Models by name.
import { InputError, type Module } from "@er/engine";
import { AlexNet } from "./alexnet.js";
import { BitResNet, bitResNetNames } from "./bit-resnet.js";
import { CifarResNet } from "./cifar-resnet.js";
import { ImageNetResNet, imageNetResNetNames } from "./imagenet-resnet.js";
import { Vgg11Bn } from "./vgg.js";
import { WideResNet } from "./wide-resnet.js";

export interface Model {
  readonly module: Module;
  /** The state_dict name of the last layer, which is replaced where the class count differs. */
  readonly head: string;
}

/** Channel means and standard deviations of pixel values in [0, 1], red, green, blue. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** ImageNet's statistics, which torchvision's models and the published CIFAR ResNets of the same author expect. */
export const IMAGENET_NORMALIZATION: Normalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** What BiT's weights were trained with: pixel values in [-1, 1] (bit_pytorch/train.py). */
const BIT_NORMALIZATION: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** The normalisation that a model's published weights expect, and whose it is: a guess for weights that say nothing. */
export function usualNormalization(model: string): { readonly whose: string; readonly normalization: Normalization } {
  const bit = bitResNetNames.some((name) => name === model);
  return bit
    ? { whose: "BiT's", normalization: BIT_NORMALIZATION }
    : { whose: "ImageNet's", normalization: IMAGENET_NORMALIZATION };
}

/** CIFAR-10's own statistics, of its 50,000 training images. */
export const CIFAR10_NORMALIZATION: Normalization = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

/** Names that a mistyped one is compared with; `wrn-D-K` has more. */
export const MODEL_NAMES: readonly string[] = [
  "resnet8",
  "resnet20",
  "resnet32",
  "resnet44",
  "resnet56",
  "resnet110",
  "wrn-16-4",
  "wrn-28-10",
  ...imageNetResNetNames,
  "alexnet",
  "vgg11_bn",
  ...bitResNetNames,
];

export interface ModelOptions {
  /** Size of the output. */
  readonly classes: number;
  /** Channels of a CIFAR ResNet's first stage, 16 by default. */
  readonly width?: number;
  /** Probability of a zero in AlexNet's and VGG's dropouts, 0.5 by default. */
  readonly dropout?: number;
}

/** Depths of the ResNets for small images, which take any first width; torchvision's have the others of the form 6n + 2. */
function cifarDepth(name: string): number | undefined {
  const depth = Number(/^resnet(\d+)$/.exec(name)?.[1]);
  const imageNet = imageNetResNetNames.some((known) => known === name);
  return depth >= 8 && (depth - 2) % 6 === 0 && !imageNet ? depth : undefined;
}

/** The name of the weights whose first extent is the width of a model that takes any; undefined of all other models. */
export function widthOf(name: string): string | undefined {
  return cifarDepth(name) === undefined ? undefined : "conv1.weight";
}

/**
 * Builds a model: for small images (32×32; any size of 8 or more works), or for 224×224 one of torchvision's or BiT's.
 *
 * @param name `resnetD` with D = 6n + 2 (resnet8, 20, 32, 44, 56, 110), or `wrn-D-K` with D = 6n + 4; for 224×224 `alexnet`, `vgg11_bn`,
 * `resnet18`, 34, 50, 101, 152, `wide_resnet50_2`, `wide_resnet101_2`, and `bit-r50x1`, r50x3, r101x1, r101x3, r152x2, r152x4
 * @throws InputError for a name that is none of these
 */
export function createModel(name: string, options: ModelOptions): Model {
  const { classes, width, dropout } = options;
  if (name === "alexnet" && width === undefined) {
    return { module: new AlexNet(classes, dropout), head: "classifier.6" };
  }
  if (name === "vgg11_bn" && width === undefined) {
    return { module: new Vgg11Bn(classes, dropout), head: "classifier.6" };
  }
  const bit = bitResNetNames.find((known) => known === name);
  if (bit !== undefined && width === undefined) {
    return { module: new BitResNet(bit, classes), head: "head.conv" };
  }
  const imageNet = imageNetResNetNames.find((known) => known === name);
  if (imageNet !== undefined && width === undefined) {
    return { module: new ImageNetResNet(imageNet, classes), head: "fc" };
  }
  const depth = cifarDepth(name);
  if (depth !== undefined) {
    return { module: new CifarResNet(depth, classes, width ?? 16), head: "linear" };
  }
  const wide = /^wrn-(\d+)-(\d+)$/.exec(name);
  if (wide !== null) {
    const [depth, widening] = [Number(wide[1]), Number(wide[2])];
    if (depth >= 10 && (depth - 4) % 6 === 0 && widening >= 1 && width === undefined) {
      return { module: new WideResNet(depth, widening, classes), head: "fc" };
    }
  }
  throw new InputError(
    `model "${name}"${width === undefined ? "" : ` with width ${width}`}: unknown; expected resnet8, 20, 32, 44, 56 or 110 (with a width where wanted), wrn-D-K with D = 10, 16, 22, 28, …, or for 224×224 alexnet, vgg11_bn, ${[...imageNetResNetNames, ...bitResNetNames].join(", ")}`,
  );
}
