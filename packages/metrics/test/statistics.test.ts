import { describe, expect, it } from "vitest";
import {
  accuracyInterval,
  accuracyOf,
  InputError,
  linregress,
  logistic,
  logit,
  SCALE_NAMES,
  SCALES,
} from "../src/index.js";
import { golden, type Statistics } from "./golden.js";

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

describe("the probit scale", () => {
  const { forward, inverse, inverseDerivative } = SCALES.probit;
  it.each(scipy.probit)("probit(%d) is SciPy's, and so is the density there", (p, quantile, density) => {
    expect(Math.abs(forward(p) - quantile)).toBeLessThanOrEqual(1e-9 * Math.abs(quantile));
    expect(Math.abs(inverseDerivative(quantile) - density)).toBeLessThanOrEqual(1e-9 * density);
  });
  it.each(scipy.normalCdf)("its inverse at %d is SciPy's", (x, p) => {
    expect(Math.abs(inverse(x) - p)).toBeLessThanOrEqual(1e-9 * p);
  });
});

describe.each(SCALE_NAMES)("the %s scale", (scale) => {
  const { forward, inverse, inverseDerivative } = SCALES[scale];
  it.each([0.001, 0.3, 0.5, 0.97])("goes there and back at %d, as fast as it says", (p) => {
    const x = forward(p);
    expect(inverse(x)).toBeCloseTo(p, 12);
    expect((inverse(x + 1e-6) - inverse(x - 1e-6)) / 2e-6).toBeCloseTo(inverseDerivative(x), 8);
  });
  it("refuses what is no proportion", () => {
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => forward(p)).toThrow(InputError);
  });
});

describe("linregress equals scipy.stats.linregress to 1e-9 of every value", () => {
  const fields = ["slope", "intercept", "r", "p", "stderr", "intercept_stderr"] as const;
  it.each(Object.entries(scipy.regressions))("on %s", (_, { x, y, fit, lost }) => {
    const got = linregress(x, y);
    expect(got.n).toBe(fit.n);
    for (const field of fields.filter((field) => !lost.includes(field))) {
      const difference = Math.abs(got[field] - fit[field]);
      expect(difference, `${field}: ${got[field]} for ${fit[field]}`).toBeLessThanOrEqual(1e-9 * Math.abs(fit[field]));
    }
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
