// Every training that a configuration describes.
import type { Config, TrainingConfig } from "./config.js";

/** By their keys. */
export function trainingsOf({ train, pretrain, testbed }: Config): Record<string, TrainingConfig | undefined> {
  return {
    train,
    "pretrain.train": pretrain?.train,
    "testbed.build.train": testbed && "build" in testbed ? testbed.build.train : undefined,
  };
}
