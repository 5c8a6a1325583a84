// Classes one by one, and what logits say beyond the first choice.
import { describe, expect, it } from "vitest";
import {
  classRobustness,
  classScores,
  effectiveRobustness,
  examplesOfClasses,
  fitBaseline,
  InputError,
  predictAmong,
  proportionOf,
  takeExamples,
  testbedFromPredictions,
  topKRight,
} from "../src/index.js";
import { type ExampleLevel, golden } from "./golden.js";
import { generator, randomClasses } from "./random.js";

const { synthetic } = golden<ExampleLevel>("example_level");
const logits = { values: synthetic.logits, classes: synthetic.classes };

describe("classScores", () => {
  it("gives each class of the labels its accuracy with an interval", () => {
    expect(classScores([0, 0, 2], [0, 2, 2]).classes).toEqual([
      { class: 0, ...proportionOf(1, 2) },
      { class: 2, ...proportionOf(1, 1) },
    ]);
  });
  it.each(["first", "second"] as const)("has scikit-learn's macro-F1 and balanced accuracy, on the %s", (which) => {
    const { macroF1, balancedAccuracy } = classScores(synthetic.labels, synthetic[which]);
    const at = which === "first" ? 0 : 1;
    expect(macroF1).toBeCloseTo(synthetic.macroF1[at], 14);
    expect(balancedAccuracy).toBeCloseTo(synthetic.balancedAccuracy[at], 14);
  });
  it("counts a class that is only predicted as 0 in macro-F1, and not in balanced accuracy", () => {
    expect(classScores([0, 0], [0, 1])).toMatchObject({ macroF1: 1 / 3, balancedAccuracy: 0.5 });
  });
});

describe("topKRight", () => {
  it.each([1, 2, 5] as const)("is scikit-learn's top_k_accuracy_score for k = %d", (k) => {
    const { correct, n } = topKRight(synthetic.labels, logits, k);
    expect(correct / n).toBeCloseTo(synthetic.topK[k], 14);
  });
  it("of all classes is right everywhere, and of more never less", () => {
    const correct = Array.from({ length: 7 }, (_, k) => topKRight(synthetic.labels, logits, k + 1).correct);
    expect(correct.at(-1)).toBe(synthetic.labels.length);
    expect(correct).toEqual([...correct].sort((a, b) => a - b));
  });
  it("counts the lower of two equal classes first", () => {
    const equal = { values: [5, 5, 1], classes: 3 };
    expect([0, 1, 2].map((label) => topKRight([label], equal, 1).correct)).toEqual([1, 0, 0]);
    expect(topKRight([1], equal, 2).correct).toBe(1);
  });
  it("among some classes passes over the others", () => {
    const row = { values: [9, 8, 1, 0], classes: 4 };
    expect(topKRight([2], row, 1, [2, 3]).correct).toBe(1);
    expect(topKRight([0], row, 2, [2, 3]).correct).toBe(0);
  });
  it("refuses what does not fit together", () => {
    const row = { values: [1, 2, 3], classes: 3 };
    expect(() => topKRight([0, 1], row, 1)).toThrow("got logits [1, 3] for 2 labels");
    expect(() => topKRight([3], row, 1)).toThrow("label 3 of example 0 is outside the logits' classes, 0 to 2");
    expect(() => topKRight([0], row, 4)).toThrow("got k = 4 of 3 classes");
    expect(() => topKRight([0], { values: [1, 2], classes: 3 }, 1)).toThrow("got 2 logits for 3 classes");
    expect(() => topKRight([0], { values: [1, Number.NaN, 0], classes: 3 }, 1)).toThrow(
      "the logit of class 1 for example 0 is NaN",
    );
  });
});

describe("predictAmong", () => {
  const all = Array.from({ length: synthetic.classes }, (_, i) => i);
  it("among all classes is the argmax", () => {
    expect([...predictAmong(logits, all)]).toEqual(synthetic.first);
  });
  it("among some predicts no other, and the argmax where that is one of them", () => {
    const some = [1, 4];
    predictAmong(logits, some).forEach((predicted, i) => {
      const best = synthetic.first[i]!;
      expect(predicted).toSatisfy((one) => (some.includes(best) ? one === best : some.includes(one as number)));
    });
  });
  it("refuses no classes, and one that the logits have not", () => {
    expect(() => predictAmong(logits, [])).toThrow("got no classes to predict");
    expect(() => predictAmong(logits, [7])).toThrow("class 7 is outside the logits' classes, 0 to 6");
  });
});

describe("a subset of classes", () => {
  it("takes the examples whose true class is one of them", () => {
    const indices = examplesOfClasses([3, 1, 0, 3], [3, 0]);
    expect([...indices]).toEqual([0, 2, 3]);
    expect([...takeExamples([9, 8, 7, 6], indices)]).toEqual([9, 7, 6]);
  });
  it("refuses none, and a class without examples", () => {
    expect(() => examplesOfClasses([1], [])).toThrow("got no classes");
    expect(() => examplesOfClasses([1, 2], [1, 5])).toThrow("none of the 2 examples is of class 5");
  });
});

describe("classRobustness", () => {
  const random = generator(8);
  const labels = { id: randomClasses(random, 900, 3), ood: randomClasses(random, 600, 3) };
  const answers = (of: Uint16Array, accuracy: number) => of.map((label) => (random() < accuracy ? label : label + 1));
  const entry = (model: string, id: number, ood: number) => ({
    model,
    id: { labels: labels.id, predictions: answers(labels.id, id) },
    ood: { labels: labels.ood, predictions: answers(labels.ood, ood) },
  });
  const testbed = [0.5, 0.6, 0.7, 0.8, 0.9].map((accuracy, i) => entry(`m${i}`, accuracy, accuracy - 0.1));
  const own = entry("own", 0.7, 0.7);

  it("is the effective robustness of the class's examples alone", () => {
    const only = ({ labels, predictions }: (typeof own)["id"]) => {
      const indices = examplesOfClasses(labels, [1]);
      return { labels: takeExamples(labels, indices), predictions: takeExamples(predictions, indices) };
    };
    const cut = [...testbed, own].map(({ model, id, ood }) => ({ model, id: only(id), ood: only(ood) }));
    const models = testbedFromPredictions(cut);
    const last = models.pop()!;
    const baseline = fitBaseline(models);
    const result = classRobustness(testbed, own);
    expect(result.map((one) => one.class)).toEqual([0, 1, 2]);
    expect(result[1]).toEqual({
      class: 1,
      baseline,
      robustness: effectiveRobustness(baseline, last.id, last.ood),
      model: last,
    });
  });
  it("refuses a class with too few examples, and says how many it wants", () => {
    expect(classRobustness(testbed, own, { leastExamples: 250 })[0]).toMatchObject({
      class: 0,
      refused: expect.stringMatching(/^class 0: \d+ examples in the OOD split; expected at least 250$/),
    });
  });
  it("refuses every class where the models are too few for a line", () => {
    for (const one of classRobustness(testbed.slice(0, 2), own))
      expect(one).toMatchObject({
        refused: expect.stringContaining("got 2 models; a line with an error needs at least 3"),
      });
  });
  it.each(["id", "ood"] as const)("refuses every class of a model that answers one class alone on %s", (split) => {
    const collapsed = { ...own, [split]: { ...own[split], predictions: own[split].labels.map(() => 3) } };
    const results = classRobustness(testbed, collapsed);
    expect(results).toHaveLength(3);
    for (const one of results)
      expect(one).toMatchObject({
        refused: expect.stringContaining(
          `the model answers class 3 for ${labels[split].length} of the ${labels[split].length} ${split.toUpperCase()} examples, of which 0 are of it`,
        ),
      });
  });
  it("refuses a model that answers one of ten classes for most examples, and none that knows a set of mostly one class", () => {
    const many = generator(9);
    const spread = { id: randomClasses(many, 4000, 10), ood: randomClasses(many, 4000, 10) };
    const answered = (of: Uint16Array, share: number) => of.map((label) => (many() < share ? 7 : label));
    const collapsing = {
      model: "own",
      id: { labels: spread.id, predictions: spread.id },
      ood: { labels: spread.ood, predictions: answered(spread.ood, 0.6) },
    };
    const wide = [0.1, 0.2, 0.3, 0.4].map((share, i) => ({
      model: `m${i}`,
      id: { labels: spread.id, predictions: answered(spread.id, share) },
      ood: { labels: spread.ood, predictions: answered(spread.ood, share + 0.05) },
    }));
    for (const one of classRobustness(wide, collapsing)) {
      expect(one).toMatchObject({
        class: one.class,
        refused: expect.stringMatching(/^class \d: the model answers class 7 for \d+ of the 4000 OOD examples/),
      });
    }
    const mostly = (of: Uint16Array) => of.map((label) => (many() < 0.8 ? 0 : label));
    const skewed = { id: mostly(labels.id), ood: mostly(labels.ood) };
    const on = (model: string, share: number) => ({
      model,
      id: { labels: skewed.id, predictions: answers(skewed.id, share) },
      ood: { labels: skewed.ood, predictions: answers(skewed.ood, share - 0.1) },
    });
    const [first] = classRobustness(
      [0.6, 0.7, 0.8, 0.9].map((share, i) => on(`m${i}`, share)),
      on("own", 0.8),
    );
    expect(first).toHaveProperty("robustness");
  });
  it("counts what it moved off 0 and 1", () => {
    const perfect = { model: "perfect", id: { labels: labels.id, predictions: labels.id }, ood: own.ood };
    const [first] = classRobustness([...testbed, perfect], own);
    expect(first).toMatchObject({ baseline: { corrections: [{ model: "perfect", split: "id", from: 1 }] } });
  });
  it("refuses predictions that are not as many as the labels", () => {
    const short = { ...own, ood: { labels: labels.ood, predictions: [1] } };
    expect(() => classRobustness(testbed, short)).toThrow(InputError);
    expect(() => classRobustness(testbed, short)).toThrow('model "own", ood: got 1 predictions for 600 labels');
  });
});
