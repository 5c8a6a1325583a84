// CIFAR-10 ResNets by Yerlan Idelbayev, files of the repository itself. Their names carry the first eight digits of the SHA-256; two
// are known whole. Accuracies are the test errors of its README, 100 % less.
import type { WeightsEntry } from "./entry.js";

const REPOSITORY = "https://github.com/akamaster/pytorch_resnet_cifar10";

function entry(depth: number, sha256: string, error: number, bytes?: number): WeightsEntry {
  return {
    kind: "weights",
    name: `resnet${depth}`,
    url: `${REPOSITORY}/raw/master/pretrained_models/resnet${depth}-${sha256.slice(0, 8)}.th`,
    ...(bytes !== undefined && { size: { bytes, within: 0 } }),
    checksum: { algorithm: "sha256", digits: sha256 },
    licence: "BSD-2-Clause",
    source: REPOSITORY,
    model: `resnet${depth}`,
    trainedOn: "CIFAR-10",
    classes: 10,
    classNames: "cifar10",
    accuracy: { top1: Math.round(10_000 - error * 100) / 10_000, on: "CIFAR-10 test", source: REPOSITORY },
    preprocessing: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  };
}

export const CIFAR_RESNETS: readonly WeightsEntry[] = [
  entry(20, "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8", 8.27, 1_099_231),
  entry(32, "d509ac18", 7.37),
  entry(44, "014dd654", 6.9),
  entry(56, "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367", 6.61, 3_471_733),
  entry(110, "1d1ed7c2", 6.32),
];
