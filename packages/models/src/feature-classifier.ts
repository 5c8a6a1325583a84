// What AlexNet and VGG have in common: convolutions, an average over a grid, and linear layers on it in PyTorch's order.
import {
  type AdaptiveAvgPool2d,
  FlattenChannelsFirst,
  Module,
  type Sequential,
  type Tensor,
  type Trace,
} from "@er/engine";

export abstract class FeatureClassifier extends Module {
  abstract readonly features: Sequential;
  abstract readonly avgpool: AdaptiveAvgPool2d;
  abstract readonly classifier: Sequential;
  readonly #flatten = new FlattenChannelsFirst();

  override forward(trace: Trace, x: Tensor): Tensor {
    const pooled = this.call(trace, "avgpool", this.avgpool, this.call(trace, "features", this.features, x));
    return this.call(trace, "classifier", this.classifier, this.#flatten.forward(trace, pooled));
  }
}
