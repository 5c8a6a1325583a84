// AlexNet as torchvision has it (Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"), for 224×224
// images; state_dict names features.0, …, classifier.6.
import { AdaptiveAvgPool2d, Conv2d, Dropout, Linear, MaxPool2d, ReLU, Sequential } from "@er/engine";
import { FeatureClassifier } from "./feature-classifier.js";

const pool = () => new MaxPool2d(3, { stride: 2 });

export class AlexNet extends FeatureClassifier {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  /** @param dropout probability of a zero before each of the first two linear layers, 0.5 in the paper */
  constructor(classes: number, dropout = 0.5) {
    super();
    this.features = new Sequential(
      new Conv2d(3, 64, 11, { stride: 4, padding: 2 }),
      new ReLU(),
      pool(),
      new Conv2d(64, 192, 5, { padding: 2 }),
      new ReLU(),
      pool(),
      new Conv2d(192, 384, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(384, 256, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(256, 256, 3, { padding: 1 }),
      new ReLU(),
      pool(),
    );
    this.avgpool = new AdaptiveAvgPool2d(6);
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Linear(256 * 6 * 6, 4096),
      new ReLU(),
      new Dropout(dropout),
      new Linear(4096, 4096),
      new ReLU(),
      new Linear(4096, classes),
    );
  }
}
