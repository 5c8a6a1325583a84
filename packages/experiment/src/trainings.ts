// Every training that a configuration describes, and which of them is for models from scratch.
import type { Config, TrainingConfig } from "./config.js";

/** By their keys. */
export function trainingsOf({ train, pretrain, probe, testbed }: Config): Record<string, TrainingConfig | undefined> {
  return {
    train,
    probe,
    "pretrain.train": pretrain?.train,
    "testbed.build.train": testbed && "build" in testbed ? testbed.build.train : undefined,
  };
}

/** The training of a probe, which is of the head alone; undefined where there is none. */
export function probeTraining({ probe }: Config): TrainingConfig | undefined {
  return probe && { ...probe, trainable: "head" };
}

/**
 * What an ordinary model is trained with from scratch: the testbed's training where one is described, else the run's own, of the whole
 * model.
 */
export function scratchTraining({ train, testbed }: Config): { key: string; training: TrainingConfig } {
  return testbed && "build" in testbed
    ? { key: "testbed.build.train", training: testbed.build.train }
    : {
        key: "train",
        training: {
          ...train,
          trainable: "all",
          features: false,
          freezeBatchNorm: false,
          headLearningRate: undefined,
          ema: undefined,
        },
      };
}
