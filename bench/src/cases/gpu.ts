// What a GPU is measured by, too large for a software adapter, and the same at sizes that any adapter runs. Beside them
// stands PyTorch on the same GPU (gpu/twin.py), which knows the cases by these names and shapes.
import type { Runtime } from "@er/engine";
import { ImageNetResNet } from "@er/models";
import type { BenchCase } from "../case.js";
import { matmulCase } from "./kernels.js";
import { ownStepCase, type Step } from "./step.js";

const SIZES = {
  gpu: { matrix: 4096, small: { size: 32, batch: 512 }, imagenet: { size: 224, batch: 64 } },
  smoke: { matrix: 64, small: { size: 8, batch: 2 }, imagenet: { size: 32, batch: 2 } },
} as const;

export type GpuSet = keyof typeof SIZES;

export function gpuCases(runtime: Runtime, set: GpuSet): BenchCase[] {
  const { matrix, small, imagenet } = SIZES[set];
  const steps: Step[] = [
    { ...small, module: () => new ImageNetResNet("resnet18", 10, "cifar"), classes: 10 },
    { ...imagenet, module: () => new ImageNetResNet("resnet18", 1000), classes: 1000 },
  ];
  const half = runtime.device.features.has("shader-f16");
  return [
    matmulCase(runtime, "gpu_matmul", matrix, []),
    ...(half ? [matmulCase(runtime, "gpu_matmul", matrix, [], "mixed")] : []),
    ...steps
      .flatMap((step) => (half ? [step, { ...step, precision: "mixed" as const }] : [step]))
      .map((step) => ownStepCase(runtime, "gpu_training_step", "resnet18", step)),
  ];
}
