// VGG with 11 layers and batch-norm (Simonyan and Zisserman 2015, configuration A) as torchvision has it, for 224×224 images;
// state_dict names features.0, …, classifier.6.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  constant,
  Dropout,
  kaimingNormal,
  Linear,
  MaxPool2d,
  normal,
  ReLU,
  Sequential,
} from "@er/engine";
import { FeatureClassifier } from "./feature-classifier.js";

/** Channels of the convolutions, a max-pool between the groups and after the last. */
const CONFIGURATION_A = [[64], [128], [256, 256], [512, 512], [512, 512]] as const;

const linear = (inputs: number, outputs: number) =>
  new Linear(inputs, outputs, { weightInit: normal(0.01), biasInit: constant(0) });

export class Vgg11Bn extends FeatureClassifier {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  /** @param dropout probability of a zero after each of the first two linear layers, 0.5 in the paper */
  constructor(classes: number, dropout = 0.5) {
    super();
    let inputs = 3;
    const layers = CONFIGURATION_A.flatMap((group) => [
      ...group.flatMap((outputs) => {
        const convolution = new Conv2d(inputs, outputs, 3, {
          padding: 1,
          weightInit: kaimingNormal("fan_out"),
          biasInit: constant(0),
        });
        inputs = outputs;
        return [convolution, new BatchNorm2d(outputs), new ReLU()];
      }),
      new MaxPool2d(2),
    ]);
    this.features = new Sequential(...layers);
    this.avgpool = new AdaptiveAvgPool2d(7);
    this.classifier = new Sequential(
      linear(512 * 7 * 7, 4096),
      new ReLU(),
      new Dropout(dropout),
      linear(4096, 4096),
      new ReLU(),
      new Dropout(dropout),
      linear(4096, classes),
    );
  }
}
