import { describe, expect, it } from "vitest";
import { createModel, fromBitNpz, isBitNpz } from "../src/index.js";

const count = (name: string, classes = 10) =>
  [...createModel(name, { classes }).module.namedParameters().values()]
    .map(({ shape }) => shape.reduce((a, b) => a * b, 1))
    .reduce((a, b) => a + b, 0);

describe("parameter counts", () => {
  // ResNets: He et al. 2015, table 6, with option-A shortcuts; Wide ResNets: Zagoruyko and Komodakis 2016, table 4.
  it("resnet20 has 0.27 M, resnet56 0.85 M", () => {
    expect(count("resnet20")).toBe(269_722);
    expect(count("resnet56")).toBe(853_018);
  });
  it("wrn-16-4 has 2.7 M, wrn-28-10 36.5 M", () => {
    expect(count("wrn-16-4") / 1e6).toBeCloseTo(2.75, 1);
    expect(count("wrn-28-10") / 1e6).toBeCloseTo(36.5, 1);
  });
  // The counts that torchvision documents with its weights for ImageNet.
  for (const [name, parameters] of [
    ["resnet18", 11_689_512],
    ["resnet34", 21_797_672],
    ["resnet50", 25_557_032],
    ["resnet101", 44_549_160],
    ["resnet152", 60_192_808],
    ["wide_resnet50_2", 68_883_240],
    ["wide_resnet101_2", 126_886_696],
    ["alexnet", 61_100_840],
    ["vgg11_bn", 132_868_840],
  ] as const)
    it(`${name} has ${parameters}`, () => {
      expect(count(name, 1000)).toBe(parameters);
    });
});

describe("BiT's ResNets have the parameters that are published for a head of 1000 classes, in millions", () => {
  // timm's table of its copies of these weights.
  for (const [name, millions] of [
    ["bit-r50x1", 25.55],
    ["bit-r50x3", 217.32],
    ["bit-r101x1", 44.54],
    ["bit-r101x3", 387.93],
    ["bit-r152x2", 236.34],
    ["bit-r152x4", 936.53],
  ] as const)
    it(`${name} ${millions}`, () => {
      expect(count(name, 1000) / 1e6).toBeCloseTo(millions, 2);
    });
});

it("names are those of the published checkpoints", () => {
  const names = [...createModel("resnet20", { classes: 10 }).module.namedState()].map(([name]) => name);
  expect(names.slice(0, 6)).toEqual([
    "conv1.weight",
    "bn1.weight",
    "bn1.bias",
    "bn1.running_mean",
    "bn1.running_var",
    "layer1.0.conv1.weight",
  ]);
  expect(names).toContain("layer3.2.bn2.running_var");
  expect(names.slice(-2)).toEqual(["linear.weight", "linear.bias"]);
});

it("names of the models for 224×224 are torchvision's", () => {
  const names = [...createModel("wide_resnet50_2", { classes: 1000 }).module.namedState()].map(([name]) => name);
  expect(names.slice(0, 6)).toEqual([
    "conv1.weight",
    "bn1.weight",
    "bn1.bias",
    "bn1.running_mean",
    "bn1.running_var",
    "layer1.0.conv1.weight",
  ]);
  const firstBlock = names.filter((name) => name.startsWith("layer1.0.") && name.endsWith("weight"));
  expect(firstBlock).toEqual(
    ["conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample.0", "downsample.1"].map(
      (layer) => `layer1.0.${layer}.weight`,
    ),
  );
  expect(names.slice(-2)).toEqual(["fc.weight", "fc.bias"]);
});

it("a width is refused where a model has none", () => {
  expect(() => createModel("resnet50", { classes: 10, width: 16 })).toThrow('model "resnet50" with width 16: unknown');
});

it("an unknown name is refused with those there are", () => {
  for (const name of ["resnet21", "resnet2", "wrn-15-4", "vgg"])
    expect(() => createModel(name, { classes: 10 })).toThrow(`model "${name}": unknown; expected resnet8, 20`);
});

it("names of AlexNet, VGG and BiT are those of their checkpoints", () => {
  const names = (name: string) => [...createModel(name, { classes: 10 }).module.namedState()].map(([own]) => own);
  expect(names("alexnet").filter((name) => name.endsWith("weight"))).toEqual(
    [0, 3, 6, 8, 10].map((i) => `features.${i}.weight`).concat([1, 4, 6].map((i) => `classifier.${i}.weight`)),
  );
  expect(names("vgg11_bn").filter((name) => name.endsWith("running_var"))).toEqual(
    [1, 5, 9, 12, 16, 19, 23, 26].map((i) => `features.${i}.running_var`),
  );
  const bit = names("bit-r50x1");
  expect(bit.slice(0, 5)).toEqual([
    "root.conv.weight",
    "body.block1.unit01.gn1.weight",
    "body.block1.unit01.gn1.bias",
    "body.block1.unit01.conv1.weight",
    "body.block1.unit01.gn2.weight",
  ]);
  expect(bit).toContain("body.block4.unit01.downsample.weight");
  expect(bit.slice(-4)).toEqual(["head.gn.weight", "head.gn.bias", "head.conv.weight", "head.conv.bias"]);
});

describe("BiT's published names", () => {
  const of = (name: string) => [...fromBitNpz(new Map([[name, { shape: [1], data: new Float32Array(1) }]])).keys()][0];
  it("are the model's own, every one of them", () => {
    const units = [3, 4, 6, 3].flatMap((count, block) =>
      Array.from({ length: count }, (_, i) => `resnet/block${block + 1}/unit${String(i + 1).padStart(2, "0")}`),
    );
    const letters = ["a", "b", "c"];
    const published = [
      "resnet/root_block/standardized_conv2d/kernel",
      ...units.flatMap((unit) => [
        ...letters.flatMap((letter) => [
          ...["gamma", "beta"].map((part) => `${unit}/${letter}/group_norm/${part}`),
          `${unit}/${letter}/standardized_conv2d/kernel`,
        ]),
        ...(unit.endsWith("unit01") ? [`${unit}/a/proj/standardized_conv2d/kernel`] : []),
      ]),
      ...["group_norm/gamma", "group_norm/beta", "head/conv2d/kernel", "head/conv2d/bias"].map(
        (end) => `resnet/${end}`,
      ),
    ];
    const shaped = published.map((name) => {
      const shape = name.endsWith("kernel") ? [1, 1, 1, 1] : [1];
      return [name, { shape, data: new Float32Array(1) }] as const;
    });
    const { module } = createModel("bit-r50x1", { classes: 10 });
    expect([...fromBitNpz(new Map(shaped)).keys()].sort()).toEqual([...module.namedParameters().keys()].sort());
    expect(isBitNpz(published)).toBe(true);
    expect(isBitNpz(["conv1.weight"])).toBe(false);
  });
  it("have kernels with outputs last, which here come first", () => {
    const shape = [2, 3, 4, 5];
    const data = Float32Array.from({ length: 120 }, (_, i) => i);
    const turned = fromBitNpz(new Map([["resnet/head/conv2d/kernel", { shape, data }]])).get("head.conv.weight")!;
    expect(turned.shape).toEqual([5, 4, 2, 3]);
    // Output 3, input 1, row 1, column 2: there ((1 · 3 + 2) · 4 + 1) · 5 + 3.
    expect(turned.data[((3 * 4 + 1) * 2 + 1) * 3 + 2]).toBe(108);
  });
  it("that are none are refused by name", () => {
    expect(() => of("resnet/block1/unit01/d/group_norm/gamma")).toThrow(
      "resnet/block1/unit01/d/group_norm/gamma: no name of BiT's weights",
    );
    expect(() => of("resnet/head/conv2d/kernel")).toThrow("a kernel of shape [1]; expected [H, W, I, O]");
  });
});
