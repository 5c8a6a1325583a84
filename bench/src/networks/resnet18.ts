// ResNet-18 for 32×32 images: a stem of one 3×3 convolution, of stride 1 and without max-pooling, and 10 classes.
import { ImageNetResNet } from "@er/models";

export class ResNet18 extends ImageNetResNet {
  constructor() {
    super("resnet18", 10, "cifar");
  }
}
