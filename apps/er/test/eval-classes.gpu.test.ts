// `er eval` where weights and set name their classes differently or not at all, and where an accuracy would mean nothing. The model
// answers with the class of its largest bias, whatever it sees.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CIFAR10_CLASSES, imagePng, loadImageSet } from "@er/data";
import { type NdArray, writeSafetensors } from "@er/formats";
import { createModel } from "@er/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er } from "./support/er.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-eval-classes-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** resnet8 of width 4 that answers `answer`; `change` sets values of tensors by name. */
function constantModel(classes: number, answer: number, change: Readonly<Record<string, number>> = {}): string {
  const tensors = new Map<string, NdArray>();
  for (const [name, { shape }] of createModel("resnet8", { classes, width: 4 }).module.namedState()) {
    const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    if (name.endsWith("running_var")) data.fill(1);
    if (name === "linear.bias") data[answer] = 1;
    if (change[name] !== undefined) data.fill(change[name]);
    tensors.set(name, { dtype: "float32", shape, data });
  }
  const file = join(directory, `model-${classes}-${answer}-${Object.keys(change).join()}.safetensors`);
  writeFileSync(file, writeSafetensors(tensors));
  return file;
}

/** A folder a class with one image each. */
async function folders(name: string, classes: readonly string[]): Promise<string> {
  const set = await loadImageSet("procedural:narrow?n=1&size=8");
  const png = await imagePng(set, 0);
  for (const each of classes) {
    mkdirSync(join(directory, name, each), { recursive: true });
    writeFileSync(join(directory, name, each, "a.png"), png);
  }
  return `imagefolder:${join(directory, name)}`;
}

const evaluate = (weights: string, data: string, ...args: string[]) =>
  er(["eval", "--model", "resnet8", "--weights", weights, "--data", data, "--quiet", ...args]);

const right = async (weights: string, data: string, ...args: string[]) => {
  const { code, stdout, stderr } = await evaluate(weights, data, "--json", ...args);
  expect([code, stderr]).toEqual([0, ""]);
  const result = JSON.parse(stdout);
  const found = result.per_class.filter(({ correct }: { correct: number }) => correct > 0);
  return { right: found.map((one: { class: string }) => one.class), ...result };
};

describe("labels", () => {
  it("of folders that are numbers are these numbers, never their places in a list", async () => {
    const data = await folders(
      "numbers",
      Array.from({ length: 12 }, (_, i) => String(i)),
    );
    const result = await right(constantModel(12, 10), data);
    expect(result).toMatchObject({ right: ["10"], correct: 1, classes: { from: "nobody", matched_by: "number" } });
    // As who trains on folders with torchvision has them: "0", "1", "10", "11", "2", …
    expect((await right(constantModel(12, 2), data, "--classes", "set")).right).toEqual(["10"]);
  });

  it("of folders with names are not taken by place where the model names nothing", async () => {
    const data = await folders("named", ["ant", "bee", "cow"]);
    const { code, stdout, stderr } = await evaluate(constantModel(3, 1), data);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/its classes are names \(ant, bee, cow\) and the model's 3 are numbers/);
    expect((await right(constantModel(3, 1), data, "--classes", "set")).right).toEqual(["bee"]);
    const list = join(directory, "list.txt");
    writeFileSync(list, "cow\nbee\nant\n");
    expect((await right(constantModel(3, 0), data, "--classes", list)).right).toEqual(["cow"]);
    expect((await evaluate(constantModel(4, 0), data, "--classes", list)).stderr).toMatch(
      /^er: --classes: 3 names for the 4 outputs of .*; expected as many\n$/,
    );
    expect((await evaluate(constantModel(4, 0), data, "--classes", "set")).stderr).toMatch(
      /^er: --classes set: .* has 3 classes and the model 4 outputs/,
    );
  });

  it("of ten outputs are CIFAR-10's where the set has names of them, which is said", async () => {
    const nine = await folders("nine", CIFAR10_CLASSES.slice(1));
    const result = await right(constantModel(10, 9), nine);
    expect(result).toMatchObject({ right: ["truck"], classes: { from: "assumed", matched_by: "name" } });
    expect(result.notes.join()).toMatch(/outputs taken as CIFAR-10's classes in their official order/);
    const text = (await evaluate(constantModel(10, 9), nine)).stdout.split("\n")[0];
    expect(text).toMatch(/%.*; outputs taken as CIFAR-10's/);

    const stl = CIFAR10_CLASSES.map((name) => ({ automobile: "car", frog: "monkey" })[name as string] ?? name);
    const refused = await evaluate(constantModel(10, 9), await folders("stl", stl));
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toMatch(/2 classes that the model does not know \(car, monkey\)/);
  });

  it("of a part of ImageNet are found by wnid where --classes names the outputs", async () => {
    const data = await folders("wnids", ["n01443537", "n01494475"]);
    const restricted = ["--restrict-classes", "--classes", "imagenet"];
    const result = await right(constantModel(1000, 1), data, ...restricted);
    expect(result).toMatchObject({ right: ["n01443537"], n: 2 });
    expect(result.notes.join()).toMatch(
      /998 of the model's 1000 classes are absent, predicted among the set's own alone/,
    );
  });
});

describe("no accuracy is told", () => {
  it("of weights with a NaN or an infinity, by their name", async () => {
    const data = await folders("odd", CIFAR10_CLASSES);
    for (const [value, shown] of [
      [Number.NaN, "NaN"],
      [Number.NEGATIVE_INFINITY, "-Infinity"],
    ] as const) {
      const weights = constantModel(10, 0, { "layer1.0.bn2.weight": value });
      for (const more of [[], ["--logits", join(directory, "l.npy")]]) {
        const { code, stdout, stderr } = await evaluate(weights, data, ...more);
        expect([code, stdout]).toEqual([2, ""]);
        expect(stderr).toContain(`[layer1.0.bn2.weight]: ${shown} at element 0 of [4]; expected finite numbers`);
      }
    }
  });

  it("where finite weights give logits that are not", async () => {
    const data = await folders("overflow", CIFAR10_CLASSES);
    const weights = constantModel(10, 0, { "layer3.0.bn2.bias": 10, "linear.weight": 3e38 });
    for (const more of [[], ["--logits", join(directory, "l.npy")], ["--restrict-classes"]]) {
      const { code, stdout, stderr } = await evaluate(weights, data, ...more);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(
        /the model's logits are not finite \(NaN or infinite\) for 10 of 10 images, image 0 the first/,
      );
    }
  });
});
