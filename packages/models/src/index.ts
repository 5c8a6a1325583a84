// The public surface of @er/models.
export { fromBitNpz, isBitNpz } from "./bit-names.js";
export { ImageNetResNet } from "./imagenet-resnet.js";
export {
  CIFAR10_NORMALIZATION,
  createModel,
  IMAGENET_NORMALIZATION,
  MODEL_NAMES,
  type Model,
  type Normalization,
  usualNormalization,
  widthOf,
} from "./model.js";
