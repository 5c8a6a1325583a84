import { describe, expect, it } from "vitest";
import { createModel } from "../src/index.js";

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
  ] as const)
    it(`${name} has ${parameters}`, () => {
      expect(count(name, 1000)).toBe(parameters);
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
