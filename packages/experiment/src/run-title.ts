// What a run's report is called.
import type { Config } from "./config.js";

export function runTitle({ model, data, interpolation }: Config): string {
  return interpolation === undefined
    ? `${model.name} fine-tuned on ${data.train}`
    : `${model.name} between ${interpolation.a} and ${interpolation.b}, a step a hundredth of the way`;
}
