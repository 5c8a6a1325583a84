// What models have in common, example by example: right answers, dominance, overlap, what none of them solves.
import { describe, expect, it } from "vitest";
import {
  agreement,
  answersTo,
  dominance,
  dominanceCounts,
  InputError,
  isRight,
  overlap,
  proportionOf,
  type RightAnswers,
  rightAmong,
  rightAnswers,
  summarizeDominance,
  unsolvedExamples,
} from "../src/index.js";
import { type ExampleLevel, golden } from "./golden.js";
import { generator, randomClasses } from "./random.js";

const { synthetic } = golden<ExampleLevel>("example_level");

/** Models that are right where their text has a 1. */
const model = (text: string): RightAnswers =>
  rightAnswers(
    [...text].map(() => 1),
    [...text].map(Number),
  );

/** Six models of three accuracies on 1,000 examples, a number that is no multiple of 32. */
const random = generator(5);
const labels = randomClasses(random, 1001, 10);
const models = [0.9, 0.9, 0.6, 0.6, 0.3, 0.3].map((accuracy) =>
  rightAnswers(
    labels,
    labels.map((label) => (random() < accuracy ? label : label + 1)),
  ),
);

describe("rightAnswers", () => {
  it.each([1, 31, 32, 33, 64, 100])("holds a bit for each of %d examples and counts them", (n) => {
    const predictions = randomClasses(generator(n), n, 2);
    const right = rightAnswers(new Uint8Array(n), predictions);
    expect(Array.from({ length: n }, (_, i) => isRight(right, i))).toEqual(Array.from(predictions, (one) => one === 0));
    expect(right).toMatchObject({ n, correct: predictions.filter((one) => one === 0).length });
  });
  it("names what does not match", () => {
    expect(() => rightAnswers([1, 2], [1], 'model "a", v6')).toThrow('model "a", v6: got 1 predictions for 2 labels');
    expect(() => rightAnswers([], [])).toThrow("got no examples");
  });
});

describe("dominance", () => {
  it("is the share that the one gets right and the other wrong, counted by hand", () => {
    const [a, b] = [model("11110000"), model("00111000")];
    expect(dominance(a, b)).toEqual(proportionOf(2, 8));
    expect(dominance(b, a)).toEqual(proportionOf(1, 8));
    expect([...dominanceCounts([a, b, model("11111111")])]).toEqual([0, 2, 0, 1, 0, 0, 4, 5, 0]);
  });
  it("of A over B less that of B over A is the difference of their accuracies", () => {
    for (const a of models)
      for (const b of models) expect(dominance(a, b).count - dominance(b, a).count).toBe(a.correct - b.correct);
  });
  it("over itself is 0", () => {
    expect(dominance(models[0]!, models[0]!).count).toBe(0);
  });
  it("in a matrix is that of each pair", () => {
    const counts = dominanceCounts(models);
    models.forEach((a, i) => {
      models.forEach((b, j) => {
        expect(counts[i * models.length + j]).toBe(dominance(a, b).count);
      });
    });
  });
  it("refuses models of other examples", () => {
    expect(() => dominance(model("10"), model("100"))).toThrow(InputError);
    expect(() => dominanceCounts([model("10"), model("100")])).toThrow("got 2 examples of one model and 3 of another");
  });
});

describe("a summary of dominance", () => {
  const counts = dominanceCounts(models);
  const { largest, mean, byGap } = summarizeDominance(models, counts, { largest: 4, groups: 3 });
  it("takes each pair once, the less accurate model over the more accurate", () => {
    expect(byGap.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(15);
    for (const { lower, higher, count } of largest) {
      expect(models[lower]!.correct).toBeLessThanOrEqual(models[higher]!.correct);
      expect(count).toBe(dominance(models[lower]!, models[higher]!).count);
    }
    expect(largest.map(({ count }) => count)).toEqual(largest.map(({ count }) => count).sort((a, b) => b - a));
    expect(mean).toBeCloseTo(byGap.reduce((sum, { dominance, pairs }) => sum + dominance * pairs, 0) / 15, 12);
  });
  it("finds about what independence predicts where errors are independent, in every group", () => {
    // Standard error of a share of 1,001 examples is 0.013 at the most; groups are means of five pairs.
    for (const { dominance, independent } of byGap) expect(Math.abs(dominance - independent)).toBeLessThan(0.02);
  });
  it("orders groups by the difference of accuracy", () => {
    const ends = byGap.flatMap(({ gap }) => gap);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
  });
  it("of two models is one pair", () => {
    const two = [model("1100"), model("0010")];
    const summary = summarizeDominance(two, dominanceCounts(two), { largest: 9, groups: 4 });
    expect(summary.largest).toEqual([{ lower: 1, higher: 0, count: 1 }]);
    expect(summary.byGap).toEqual([{ pairs: 1, gap: [0.25, 0.25], dominance: 0.25, independent: 0.125 }]);
  });
});

describe("unsolved examples", () => {
  it("are those that no model gets right", () => {
    expect([...unsolvedExamples([model("1000"), model("0010")])]).toEqual([1, 3]);
    expect([...unsolvedExamples([model("1111")])]).toEqual([]);
  });
  it("of some of the models hold those of all", () => {
    const all = new Set(unsolvedExamples(models));
    const some = new Set(unsolvedExamples(models.slice(3)));
    expect(some.size).toBeGreaterThan(all.size);
    for (const i of all) expect(some.has(i)).toBe(true);
  });
  it("may be right for a further model; none of them is no share", () => {
    expect(rightAmong(model("0101"), Uint32Array.of(1, 2))).toEqual(proportionOf(1, 2));
    expect(rightAmong(model("0101"), [])).toBeUndefined();
  });
  it("have answers, the commonest first and of equals the lower class", () => {
    expect(
      answersTo(1, [
        [0, 7],
        [0, 3],
        [0, 7],
        [0, 2],
      ]),
    ).toEqual([
      { class: 7, models: 2 },
      { class: 2, models: 1 },
      { class: 3, models: 1 },
    ]);
  });
  it("want a model", () => {
    expect(() => unsolvedExamples([])).toThrow("got no models");
  });
});

describe("overlap", () => {
  const [first, second] = [synthetic.first, synthetic.second].map((classes) => rightAnswers(synthetic.labels, classes));
  it("counts what both get right against the product of the accuracies", () => {
    expect(overlap(model("1100"), model("0110"))).toMatchObject({
      both: 1,
      onlyFirst: 1,
      onlySecond: 1,
      neither: 1,
      bothShare: 0.25,
      bothShareIfIndependent: 0.25,
      kappa: 0,
    });
  });
  it("has statsmodels' kappa and interval", () => {
    const { kappa, kappaInterval } = overlap(first!, second!);
    expect(kappa).toBeCloseTo(synthetic.kappa.kappa, 12);
    expect(kappaInterval!.low).toBeCloseTo(synthetic.kappa.low, 9);
    expect(kappaInterval!.high).toBeCloseTo(synthetic.kappa.high, 9);
  });
  it("is symmetric in kappa", () => {
    const [there, back] = [overlap(first!, second!), overlap(second!, first!)];
    expect(there.kappa).toBeCloseTo(back.kappa!, 14);
    expect(there.kappaInterval!.low).toBeCloseTo(back.kappaInterval!.low, 14);
  });
  it("of a model with itself has kappa 1, of one with its opposite −1", () => {
    expect(overlap(models[2]!, models[2]!)).toMatchObject({ kappa: 1, kappaInterval: { low: 1, high: 1 } });
    expect(overlap(model("1100"), model("0011")).kappa).toBe(-1);
  });
  it("has no kappa where no agreement could be more or less than chance", () => {
    expect(overlap(model("111"), model("111"))).toMatchObject({ kappa: undefined, kappaInterval: undefined });
    expect(overlap(model("000"), model("000")).kappa).toBeUndefined();
  });
  it("of errors drawn independently has kappa 0 in its interval about as often as its level says", () => {
    const draw = generator(23);
    let covered = 0;
    for (let i = 0; i < 400; i++) {
      const one = () =>
        rightAnswers(
          new Uint8Array(300),
          Uint8Array.from({ length: 300 }, () => +(draw() < 0.3)),
        );
      const { low, high } = overlap(one(), one()).kappaInterval!;
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.98);
  });
});

describe("agreement", () => {
  it("counts the same answers, wrong ones too", () => {
    expect(agreement([1, 2, 3, 4], [1, 2, 0, 0])).toEqual(proportionOf(2, 4));
    expect(() => agreement([1], [1, 2])).toThrow(InputError);
  });
});
