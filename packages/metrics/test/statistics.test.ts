import { describe, expect, it } from "vitest";
import { accuracyInterval, accuracyOf, InputError, linregress, logistic, logit } from "../src/index.js";
import { golden, largestDifference, type Statistics } from "./golden.js";

const scipy = golden<Statistics>("metrics_statistics");

describe("logit and logistic", () => {
  it.each(scipy.logit)("logit(%d) is SciPy's", (p, expected) => {
    expect(Math.abs(logit(p) - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
  });
  it.each(scipy.logistic)("logistic(%d) is SciPy's, without overflow", (x, expected) => {
    expect(Math.abs(logistic(x) - expected)).toBeLessThanOrEqual(1e-12 * expected);
  });
  it("logit of 0 and 1 is infinite, and beyond them refused", () => {
    expect(logit(0)).toBe(-Infinity);
    expect(logit(1)).toBe(Infinity);
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => logit(p)).toThrow(InputError);
  });
});

describe("linregress equals scipy.stats.linregress to 1e-9", () => {
  it.each(Object.entries(scipy.regressions))("on %s", (_, { x, y, fit }) => {
    expect(largestDifference(linregress(x, y), fit)).toBeLessThan(1e-9);
  });
  it("also in how small p is", () => {
    const { x, y, fit } = scipy.regressions["a strong fall"]!;
    expect(linregress(x, y).p / fit.p).toBeCloseTo(1, 9);
  });
  it("and refuses what has no line", () => {
    expect(() => linregress([2, 2, 2], [1, 2, 3])).toThrow("all 3 x are 2");
    expect(() => linregress([1], [1])).toThrow("got 1 point;");
    expect(() => linregress([1, 2], [1])).toThrow("2 x and 1 y");
    expect(() => linregress([1, Number.NaN, 3], [1, 2, 3])).toThrow("point 1 is (NaN, 2)");
  });
  it("gives constant y a level line with r = 0 and p = 1", () => {
    expect(linregress([1, 2, 3], [5, 5, 5])).toMatchObject({ slope: 0, intercept: 5, r: 0, p: 1, stderr: 0 });
  });
});

describe("accuracyInterval equals scipy.stats.binomtest to 1e-9", () => {
  for (const { correct, n, level, ...methods } of scipy.intervals) {
    it(`${correct} of ${n} at ${level}`, () => {
      for (const method of ["clopper-pearson", "wilson"] as const) {
        const { low, high } = accuracyInterval(correct, n, { method, level });
        expect(Math.abs(low - methods[method][0])).toBeLessThan(1e-9);
        expect(Math.abs(high - methods[method][1])).toBeLessThan(1e-9);
      }
    });
  }
  it("and its level is 0.95 where none is given", () => {
    const method = "wilson";
    expect(accuracyInterval(7, 20, { method })).toEqual(accuracyInterval(7, 20, { method, level: 0.95 }));
  });
  it("and refuses counts and levels that cannot be", () => {
    const method = "wilson";
    expect(() => accuracyInterval(21, 20, { method })).toThrow("got 21 correct of 20");
    expect(() => accuracyInterval(0, 0, { method })).toThrow("n = 0");
    expect(() => accuracyInterval(1, 2, { method, level: 95 })).toThrow("level 95");
    expect(() => accuracyOf(0.5, 2)).toThrow(InputError);
  });
});
