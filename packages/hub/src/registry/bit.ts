// BiT's weights (Kolesnikov et al. 2020): S pre-trained on ILSVRC-2012, M on ImageNet-21k, and one of M fine-tuned on ILSVRC-2012.
//
// Their publishers give neither sizes nor checksums. Images are scaled to [-1, 1] (bit_pytorch/train.py); sizes of images as in
// timm's resnetv2 for the pre-trained ones, as in the authors' BiT-HyperRule for the fine-tuned one.
import type { WeightsEntry } from "./entry.js";

const SIZES = ["R50x1", "R50x3", "R101x1", "R101x3", "R152x2", "R152x4"] as const;

type Trained = Pick<WeightsEntry, "trainedOn" | "classes" | "classNames" | "accuracy"> & {
  readonly resize: number;
  crop: number;
};

function entry(file: string, size: string, { resize, crop, ...trained }: Trained): WeightsEntry {
  return {
    kind: "weights",
    name: file.toLowerCase(),
    url: `https://storage.googleapis.com/bit_models/${file}.npz`,
    licence: "Apache-2.0",
    source: "https://github.com/google-research/big_transfer",
    model: `bit-${size.toLowerCase()}`,
    ...trained,
    preprocessing: { resize, crop, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  };
}

export const BIT: readonly WeightsEntry[] = [
  ...SIZES.map((size) =>
    entry(`BiT-S-${size}`, size, {
      trainedOn: "ILSVRC-2012",
      classes: 1000,
      classNames: "imagenet",
      resize: 256,
      crop: 224,
    }),
  ),
  ...SIZES.map((size) =>
    entry(`BiT-M-${size}`, size, { trainedOn: "ImageNet-21k", classes: 21843, resize: 256, crop: 224 }),
  ),
  entry("BiT-M-R50x1-ILSVRC2012", "R50x1", {
    trainedOn: "ImageNet-21k, then ILSVRC-2012",
    classes: 1000,
    classNames: "imagenet",
    resize: 480,
    crop: 480,
    accuracy: {
      top1: 0.8019,
      on: "ILSVRC-2012 validation",
      source: "https://github.com/huggingface/pytorch-image-models/blob/main/hfdocs/source/models/big-transfer.mdx",
    },
  }),
];
