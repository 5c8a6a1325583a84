// torchvision's weights for ImageNet. A file's name carries the first eight digits of its SHA-256 (torch.hub's check_hash).
//
// Two generations: the files of torchvision 0.8, under the model's own name, and those of the later IMAGENET1K_V1 and _V2.
// VGG-11-BN and the wide ResNets have the same file in the former and in V1.
// Sizes: the old ones in bytes, as torch.hub's progress bars and timm's model index (models/resnet) give them; the others as
// torchvision's `_file_size`, in MiB to three decimals. Accuracies: torchvision's `_metrics`, for the old files the table of
// 1-crop errors in torchvision's documentation.
import type { FileSize, WeightsEntry } from "./entry.js";

const OLD = "https://docs.pytorch.org/0.2.0/torchvision/models.html";
const NOW = "https://docs.pytorch.org/vision/stable/models.html";

interface Published {
  readonly name: string;
  readonly model: string;
  readonly file: string;
  readonly size: FileSize;
  /** Percent, and the page that says so. */
  readonly top1: readonly [number, string];
  /** Pixels of the shorter side before 224 are cut out of it: 256, of V2 232. */
  readonly resize: number;
  /** Where more than the file name's digits are known. */
  readonly sha256?: string;
}

const exact = (bytes: number): FileSize => ({ bytes, within: 0 });

/** A size rounded to a thousandth of a MiB. */
const mebibytes = (value: number): FileSize => ({ bytes: Math.round(value * 2 ** 20), within: 525 });

function entry({ name, model, file, size, top1: [percent, source], resize, sha256 }: Published): WeightsEntry {
  const digits = sha256 ?? /-([0-9a-f]{8})\.pth$/.exec(file)![1]!;
  return {
    kind: "weights",
    name,
    url: `https://download.pytorch.org/models/${file}`,
    size,
    checksum: { algorithm: "sha256", digits },
    licence: "BSD-3-Clause",
    source: "https://github.com/pytorch/vision",
    model,
    trainedOn: "ILSVRC-2012",
    classes: 1000,
    classNames: "imagenet",
    accuracy: { top1: Math.round(percent * 1000) / 100_000, on: "ILSVRC-2012 validation", source },
    preprocessing: { resize, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  };
}

const old = (model: string, file: string, size: FileSize, error: number) =>
  entry({ name: model, model, file, size, top1: [100 - error, OLD], resize: 256 });

const same = (model: string, file: string, size: FileSize, top1: number) =>
  entry({ name: model, model, file, size, top1: [top1, NOW], resize: 256 });

const v1 = (model: string, file: string, size: FileSize, top1: number, sha256?: string) =>
  entry({ name: `${model}-v1`, model, file, size, top1: [top1, NOW], resize: 256, ...(sha256 && { sha256 }) });

const v2 = (model: string, file: string, size: FileSize, top1: number) =>
  entry({ name: `${model}-v2`, model, file, size, top1: [top1, NOW], resize: 232 });

export const TORCHVISION: readonly WeightsEntry[] = [
  old("alexnet", "alexnet-owt-4df8aa71.pth", exact(244_418_560), 43.45),
  v1(
    "alexnet",
    "alexnet-owt-7be5be79.pth",
    mebibytes(233.087),
    56.522,
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
  ),
  same("vgg11_bn", "vgg11_bn-6002323d.pth", mebibytes(506.881), 70.37),
  old("resnet18", "resnet18-5c106cde.pth", exact(46_827_520), 30.24),
  v1("resnet18", "resnet18-f37072fd.pth", mebibytes(44.661), 69.758),
  old("resnet34", "resnet34-333f7ec4.pth", exact(87_306_240), 26.7),
  v1("resnet34", "resnet34-b627a593.pth", mebibytes(83.275), 73.314),
  old("resnet50", "resnet50-19c8e357.pth", exact(102_502_400), 23.85),
  v1("resnet50", "resnet50-0676ba61.pth", mebibytes(97.781), 76.13),
  v2("resnet50", "resnet50-11ad3fa6.pth", mebibytes(97.79), 80.858),
  old("resnet101", "resnet101-5d3b4d8f.pth", exact(178_728_960), 22.63),
  v1("resnet101", "resnet101-63fe2227.pth", mebibytes(170.511), 77.374),
  v2("resnet101", "resnet101-cd907fc2.pth", mebibytes(170.53), 81.886),
  old("resnet152", "resnet152-b121ed2d.pth", exact(241_530_880), 21.69),
  v1("resnet152", "resnet152-394f9c45.pth", mebibytes(230.434), 78.312),
  v2("resnet152", "resnet152-f82ba261.pth", mebibytes(230.474), 82.284),
  same("wide_resnet50_2", "wide_resnet50_2-95faca4d.pth", mebibytes(131.82), 78.468),
  v2("wide_resnet50_2", "wide_resnet50_2-9ba9bcbe.pth", mebibytes(263.124), 81.602),
  same("wide_resnet101_2", "wide_resnet101_2-32ee1156.pth", mebibytes(242.896), 78.848),
  v2("wide_resnet101_2", "wide_resnet101_2-d733dc28.pth", mebibytes(484.747), 82.51),
];
