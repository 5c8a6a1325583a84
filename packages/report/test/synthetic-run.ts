// A made-up run on the CIFAR-10.1 testbed: robust early, on the line at the end. For tests only.

import {
  accuracyOf,
  type Baseline,
  effectiveRobustness,
  fitBaseline,
  logistic,
  namedTestbed,
  predictOod,
} from "@er/metrics";
import type { Evaluation, RunReport } from "../src/run-report.js";

const models = namedTestbed("cifar10.1-v4");
export const baseline: Baseline = fitBaseline(models);

const STEPS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

function evaluation(step: number): Evaluation {
  const progress = Math.log10(step + 1) / Math.log10(4097);
  const id = accuracyOf(Math.round(10000 * logistic(-2.2 + 5 * progress ** 0.7)), 10000);
  const gain = 0.05 * Math.sin(Math.PI * Math.min(1, 0.15 + progress)) + 0.004 * Math.sin(9 * progress);
  const ood = accuracyOf(Math.round(2021 * (predictOod(baseline, id.accuracy) + gain)), 2021);
  return {
    step,
    epoch: step / 390,
    learningRate: 0.01 * (1 - progress ** 2),
    trainLoss: step === 0 ? null : 2.3 * (1 - progress) + 0.05,
    splits: { "cifar10-test": id, "cifar10.1-v4": ood },
    er: { "cifar10.1-v4": effectiveRobustness(baseline, id, ood) },
  };
}

/** The same run without a testbed. */
export const withoutBaseline = (run: RunReport): RunReport => ({
  ...run,
  baseline: {},
  evaluations: run.evaluations.map((evaluation) => ({ ...evaluation, er: {} })),
});

export const run: RunReport = {
  title: "ResNet-20 fine-tuned on CIFAR-10",
  command: "er train --preset demo --seed 1 --out runs/demo",
  config: { model: "resnet20", optimiser: { kind: "sgd", momentum: 0.9, nesterov: true } },
  manifest: { versions: { er: "0.1.0" }, adapter: { description: "SwiftShader", driver: "5.0.0" } },
  baseline: { "cifar10.1-v4": { baseline, models } },
  evaluations: STEPS.map(evaluation),
  idSplit: "cifar10-test",
  oodSplits: ["cifar10.1-v4"],
};
