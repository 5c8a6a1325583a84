// The registry: every entry is well formed and fits a model there is.
import { createModel } from "@er/models";
import { expect, test } from "vitest";
import { describeCheck, entrySchema, fileName, findWeights, WEIGHTS } from "../src/index.js";

test("entries are as the schema has them, with names and addresses of their own", () => {
  for (const entry of WEIGHTS) {
    expect(entrySchema.parse(entry)).toEqual(entry);
    expect(fileName(entry)).toMatch(/\.(pth|th|npz)$/);
  }
  for (const key of ["name", "url"] as const) {
    expect(new Set(WEIGHTS.map((entry) => entry[key])).size).toBe(WEIGHTS.length);
  }
  expect(new Set(WEIGHTS.map(fileName)).size).toBe(WEIGHTS.length);
});

test("a checksum begins with the digits that the file's name carries", () => {
  for (const entry of WEIGHTS.filter(({ checksum }) => checksum !== undefined)) {
    const [, digits] = /-([0-9a-f]{8})\.(pth|th)$/.exec(fileName(entry))!;
    expect(entry.checksum!.digits.slice(0, 8)).toBe(digits);
  }
});

test("models exist, and float32 or float16 of their parameters fill the size", () => {
  for (const { model, classes, size } of WEIGHTS) {
    const { module } = createModel(model, { classes });
    if (size === undefined) continue;
    let parameters = 0;
    for (const { shape } of module.namedParameters().values()) parameters += shape.reduce((n, extent) => n * extent, 1);
    const ratio = size.bytes / parameters;
    expect(Math.min(Math.abs(ratio - 4), Math.abs(ratio - 2))).toBeLessThan(0.1);
  }
});

test("an unknown name is refused with the nearest", () => {
  expect(() => findWeights("resnet-18")).toThrow('did you mean "resnet18"?');
  expect(describeCheck(findWeights("resnet18"))).toBe("the first 8 digits of its sha256");
  expect(describeCheck(findWeights("resnet20"))).toBe("its sha256");
  expect(describeCheck(findWeights("bit-m-r50x1"))).toBe("nothing");
});
