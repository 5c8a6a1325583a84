// Which of a model's outputs a set's classes are: by name, by number where both are numbers or the user says so, else refused.

import { describe, expect, test } from "vitest";
import { alignClasses } from "../src/align-classes.js";
import { CIFAR10_CLASSES } from "../src/class-names.js";
import { imageSet } from "../src/image-set.js";
import { IMAGENET_CLASSES } from "../src/imagenet-classes.js";

/** One image of each label, of one pixel. */
const setOf = (classNames: readonly string[], labels = classNames.map((_, i) => i)) =>
  imageSet({
    ...{ spec: "npz:a.npz", height: 1, width: 1, classNames },
    images: new Uint8Array(3 * labels.length),
    labels: Int32Array.from(labels),
  });

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

describe("by name", () => {
  test("maps to the model's indices and says which of its classes are absent", () => {
    const aligned = alignClasses(setOf(["cat", "dog"]), ["dog", "bird", "cat"]);
    expect([...aligned.labels]).toEqual([2, 0]);
    expect([...aligned.mask]).toEqual([1, 0, 1]);
    expect(aligned).toMatchObject({ missing: ["bird"], by: "name", note: "1 of the model's 3 classes are absent" });
  });

  test("has no note where every class is there", () => {
    expect(alignClasses(setOf([...CIFAR10_CLASSES].reverse()), CIFAR10_CLASSES)).toMatchObject({
      ...{ labels: Int32Array.from([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]), note: undefined },
    });
  });

  test("STL-10's ten names on a CIFAR-10 model are not taken by their place", () => {
    const stl = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"];
    expect(() => alignClasses(setOf(stl), CIFAR10_CLASSES)).toThrow(
      "npz:a.npz: 2 classes that the model does not know (car, monkey); the model has airplane, automobile, bird, …",
    );
  });

  test("classes without an image need not be the model's", () => {
    expect([...alignClasses(setOf(IMAGENET_CLASSES, [1, 4]), ["n01494475", "n01443537"]).labels]).toEqual([1, 0]);
  });

  test.each([
    ["set and model, in case", ["Cat", "dog"], ["cat", "dog"], /class "Cat", and the model's "cat" \(output 0\)/],
    ["two of the model's, in case", ["cat"], ["cat", "CAT"], /class "cat", and the model's "CAT" \(output 1\)/],
    ["set and model, in encoding", ["cafe\u0301"], ["caf\u00e9"], /differs in case or encoding alone/],
    ["nothing: the model has one twice", ["crane"], ["crane", "owl", "crane"], /outputs 0 and 2; expected names/],
  ])("names that differ only as %s are refused", (_, ours, theirs, message) => {
    expect(() => alignClasses(setOf(ours), theirs)).toThrow(message);
  });

  test("two of the set's that differ in case alone are refused, and two numbers that are one", () => {
    expect(() => setOf(["Cat", "cat"])).toThrow(/classes "Cat" and "cat", which differ in case/);
    expect(() => setOf(["7", "07"])).toThrow(/classes "7" and "07"/);
  });

  test("names like properties of every object are names like others", () => {
    const odd = ["__proto__", "constructor", "toString"];
    expect([...alignClasses(setOf(odd), [...odd].reverse()).labels]).toEqual([2, 1, 0]);
    expect(() => alignClasses(setOf(odd), ["cat", "dog"])).toThrow("3 classes that the model does not know");
  });
});

describe("by number", () => {
  test("a folder name is its number, not its place among the names sorted as text", () => {
    const folders = numbers(12).sort();
    const aligned = alignClasses(setOf(folders), numbers(12));
    expect([...aligned.labels]).toEqual(folders.map(Number));
    expect(aligned).toMatchObject({ by: "number", note: undefined });
  });

  test("a model whose numbers are in another order is followed", () => {
    expect([...alignClasses(setOf(["2", "10"]), ["0", "1", "10", "2"]).labels]).toEqual([3, 2]);
  });

  test("a set that has only the first of the model's outputs says so", () => {
    expect(alignClasses(setOf(numbers(10)), numbers(1000)).note).toBe(
      "labels by number: the set has 0 to 9 of the model's 1000 outputs",
    );
    expect(alignClasses(setOf(["3", "5"]), numbers(10)).note).toBe(
      "labels by number: the set has 3 to 5 (2 of these) of the model's 10 outputs",
    );
    expect(alignClasses(setOf(["3", "9"]), numbers(10)).note).toBe("8 of the model's 10 classes are absent");
  });

  test("a number past the model's last output is refused", () => {
    expect(() => alignClasses(setOf(["0", "10"]), numbers(10))).toThrow(
      "1 classes that the model does not know (10); the model has 10 outputs, 0 to 9",
    );
  });

  test("the user may say that numbers are the outputs of a model with names", () => {
    const said = { ...setOf(["2", "9"]), numbersAreOutputs: true as const };
    expect(alignClasses(said, CIFAR10_CLASSES)).toMatchObject({
      labels: Int32Array.from([2, 9]),
      by: "number",
      note: "8 of the model's 10 classes are absent",
    });
    expect(alignClasses(said, IMAGENET_CLASSES).note).toMatch(
      /^labels by number: the set has 2 to 9 \(2 of these\) of/,
    );
  });
});

describe("a guess that would be silent is refused", () => {
  test("numbers on a model with names", () => {
    expect(() => alignClasses(setOf(numbers(10)), CIFAR10_CLASSES)).toThrow(
      /its classes are numbers \(0, 1, 2, …\) and the model's are names \(airplane, automobile, bird, …\); .*\?classes=cifar10.*\?classes=index/,
    );
  });

  test("names on a model that names nothing", () => {
    expect(() => alignClasses(setOf(["n01443537", "n01494475"]), numbers(1000))).toThrow(
      /its classes are names \(n01443537, n01494475\) and the model's 1000 are numbers; .*--classes cifar10, imagenet, FILE/,
    );
  });
});
