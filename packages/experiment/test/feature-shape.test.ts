// What each kind of model gives its last layer.
import { createModel } from "@er/models";
import { expect, it } from "vitest";
import { featureShape } from "../src/feature-examples.js";

for (const [name, size, shape] of [
  ["resnet20", 32, [64]],
  ["wrn-16-4", 32, [256]],
  ["resnet18", 224, [512]],
  ["resnet50", 224, [2048]],
  ["alexnet", 224, [4096]],
  ["vgg11_bn", 224, [4096]],
  ["bit-r50x1", 224, [1, 1, 2048]],
  ["bit-r152x4", 224, [1, 1, 8192]],
] as const)
  it(`${name}: [${shape.join(", ")}]`, () => {
    expect(featureShape(createModel(name, { classes: 10 }), { height: size, width: size })).toEqual(shape);
  });
