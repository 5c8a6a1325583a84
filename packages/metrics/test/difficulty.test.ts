// Accuracy by difficulty, and what training does to an example.
import { describe, expect, it } from "vitest";
import {
  accuracyByDifficulty,
  churn,
  difficultyBins,
  InputError,
  learningHistory,
  proportionOf,
  rightAnswers,
  trueClassDoubt,
} from "../src/index.js";
import { generator, randomClasses } from "./random.js";

describe("difficultyBins", () => {
  it("are of equal number from the easiest to the hardest, whichever end is easy", () => {
    const scores = [0.9, 0.1, 0.5, 0.7];
    const { bins } = difficultyBins(scores, { bins: 2, direction: "high-is-easy" });
    expect(bins).toEqual([
      { scores: [0.7, 0.9], indices: Uint32Array.of(0, 3) },
      { scores: [0.1, 0.5], indices: Uint32Array.of(2, 1) },
    ]);
    const reversed = difficultyBins(scores, { bins: 2, direction: "low-is-easy" }).bins;
    expect(reversed.map(({ indices }) => [...indices])).toEqual([
      [1, 2],
      [3, 0],
    ]);
  });
  it("are larger by one at the front where they do not come out even, and equal scores keep their order", () => {
    const { bins } = difficultyBins(new Float64Array(7), { bins: 3, direction: "low-is-easy" });
    expect(bins.map(({ indices }) => [...indices])).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
  it("leave out and count examples without a score", () => {
    const { bins, unscored } = difficultyBins([1, Number.NaN, 2], { bins: 1, direction: "low-is-easy" });
    expect([...bins[0]!.indices]).toEqual([0, 2]);
    expect(unscored).toBe(1);
  });
  it("refuse more bins than examples, and none", () => {
    for (const bins of [0, 1.5, 4])
      expect(() => difficultyBins([1, 2, 3], { bins, direction: "low-is-easy" })).toThrow(`got ${bins} bins for 3`);
  });
});

describe("accuracyByDifficulty", () => {
  const { bins } = difficultyBins([4, 3, 2, 1], { bins: 2, direction: "high-is-easy" });
  it("is the share right in each bin", () => {
    const model = rightAnswers([0, 0, 0, 0], [0, 0, 1, 0]);
    expect(accuracyByDifficulty(bins, model)).toEqual([proportionOf(2, 2), proportionOf(1, 2)]);
  });
  it("adds up to the accuracy", () => {
    const random = generator(2);
    const labels = randomClasses(random, 500, 3);
    const model = rightAnswers(labels, randomClasses(random, 500, 3));
    const scores = Float64Array.from({ length: 500 }, random);
    const parts = accuracyByDifficulty(difficultyBins(scores, { bins: 7, direction: "low-is-easy" }).bins, model);
    expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(model.correct);
    expect(parts.reduce((sum, { n }) => sum + n, 0)).toBe(500);
  });
  it("refuses scores for more examples than the model has", () => {
    expect(() => accuracyByDifficulty(bins, rightAnswers([0], [0]))).toThrow(InputError);
  });
});

describe("trueClassDoubt", () => {
  it("is 1 less the probability of the true class", () => {
    expect([...trueClassDoubt([0.75, 0.25, 0.5, 0.5], 2, [0, 1])]).toEqual([0.25, 0.5]);
  });
  it("refuses what does not fit together", () => {
    expect(() => trueClassDoubt([0.5, 0.5], 2, [0, 1])).toThrow("got 2 probabilities of 2 classes for 2 labels");
    expect(() => trueClassDoubt([0.5, 0.5], 2, [2])).toThrow("label 2 of example 0 is outside 0 to 1");
  });
});

describe("churn", () => {
  it("tells answers changed from answers gained and lost", () => {
    const labels = [0, 0, 0, 0, 0];
    expect(churn(labels, [0, 0, 1, 1, 1], [0, 1, 0, 2, 1])).toEqual({
      n: 5,
      changed: 3,
      becameRight: 1,
      becameWrong: 1,
    });
  });
  it("adds up to the change in right answers", () => {
    const random = generator(4);
    const [labels, before, after] = [0, 1, 2].map(() => randomClasses(random, 300, 4)) as [
      Uint16Array,
      Uint16Array,
      Uint16Array,
    ];
    const { becameRight, becameWrong, changed } = churn(labels, before, after);
    expect(becameRight - becameWrong).toBe(rightAnswers(labels, after).correct - rightAnswers(labels, before).correct);
    expect(changed).toBeGreaterThanOrEqual(becameRight + becameWrong);
    expect(churn(labels, after, before)).toMatchObject({ becameRight: becameWrong, becameWrong: becameRight, changed });
  });
  it("says which evaluation is not of the labels", () => {
    expect(() => churn([0], [0], [0, 1])).toThrow("churn, after: got 2 predictions for 1 labels");
  });
});

describe("learningHistory", () => {
  // Right at evaluations: always; 1 and 3; never; from 2 on.
  const evaluations = [
    [1, 0, 0, 0],
    [1, 1, 0, 0],
    [1, 0, 0, 1],
    [1, 1, 0, 1],
    [1, 0, 0, 1],
  ];
  const history = learningHistory([1, 1, 1, 1], evaluations);
  it("says when each example was first right, and how often it was forgotten", () => {
    expect([...history.learnedAt]).toEqual([0, 1, -1, 2]);
    expect([...history.forgotten]).toEqual([0, 2, 0, 0]);
    expect(history).toMatchObject({ neverLearned: 1, unforgettable: 2 });
  });
  it("has as many forgetting events as churn has answers that became wrong", () => {
    const lost = evaluations.slice(1).map((after, i) => churn([1, 1, 1, 1], evaluations[i]!, after).becameWrong);
    expect(history.forgotten.reduce((sum, times) => sum + times, 0)).toBe(lost.reduce((sum, each) => sum + each, 0));
  });
  it("wants an evaluation", () => {
    expect(() => learningHistory([1], [])).toThrow("got no evaluations");
  });
});
