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

it("an unknown name is refused with those there are", () => {
  for (const name of ["resnet21", "resnet2", "wrn-15-4", "vgg"])
    expect(() => createModel(name, { classes: 10 })).toThrow(`model "${name}": unknown; expected resnet8, 20`);
});
