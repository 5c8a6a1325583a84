// The public surface of @er/models.
export { ImageNetResNet } from "./imagenet-resnet.js";
export { createModel, IMAGENET_NORMALIZATION, type Model, type Normalization } from "./model.js";
