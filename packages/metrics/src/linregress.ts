// Ordinary least squares of one variable on another, with the quantities and the corner cases of
// scipy.stats.linregress. It knows nothing of accuracies; the tail of the t distribution is stdlib's.

import tCdf from "@stdlib/stats-base-dists-t-cdf";
import { InputError } from "./errors.js";

/** A straight line y = intercept + slope · x fitted by least squares. Field names are SciPy's. */
export interface Regression {
  /** number of points */
  readonly n: number;
  readonly slope: number;
  readonly intercept: number;
  /** Pearson's correlation, in [−1, 1]; 0 where y is constant, of which recent SciPy says NaN */
  readonly r: number;
  /** two-sided p-value of the hypothesis that the slope is 0, by Student's t with n − 2 degrees of freedom */
  readonly p: number;
  /** standard error of the slope */
  readonly stderr: number;
  /** standard error of the intercept */
  readonly intercept_stderr: number;
}

/**
 * Fits y = intercept + slope · x by least squares, as `scipy.stats.linregress(x, y)` does.
 *
 * Two points lie on their line: both standard errors are 0 and p is 0 (1 where the two y are equal), as in SciPy.
 *
 * @param x abscissae, at least two, finite, not all the same
 * @param y ordinates, as many, finite
 * @throws InputError on unequal lengths, fewer than two points, a value that is not finite, or constant x
 */
export function linregress(x: readonly number[], y: readonly number[]): Regression {
  const n = x.length;
  if (y.length !== n) throw new InputError(`linregress: got ${n} x and ${y.length} y; expected as many of each`);
  if (n < 2) throw new InputError(`linregress: got ${n} point${n === 1 ? "" : "s"}; expected at least 2`);
  const bad = x.findIndex((value, i) => !Number.isFinite(value) || !Number.isFinite(y[i]));
  if (bad >= 0) throw new InputError(`linregress: point ${bad} is (${x[bad]}, ${y[bad]}); expected finite numbers`);
  if (x.every((value) => value === x[0])) {
    throw new InputError(`linregress: all ${n} x are ${x[0]}; a line needs at least two different x`);
  }

  const xMean = mean(x);
  const yMean = mean(y);
  const sxx = meanProduct(x, xMean, x, xMean);
  const sxy = meanProduct(x, xMean, y, yMean);
  // Constant y may differ from its own rounded mean, and would then have a correlation made of rounding.
  const constant = y.every((value) => value === y[0]);
  const syy = constant ? 0 : meanProduct(y, yMean, y, yMean);
  const r = syy === 0 ? 0 : Math.max(-1, Math.min(1, sxy / Math.sqrt(sxx * syy)));
  const slope = constant ? 0 : sxy / sxx;
  const line = { n, slope, intercept: constant ? y[0]! : yMean - slope * xMean, r };
  if (n === 2) return { ...line, p: y[0] === y[1] ? 1 : 0, stderr: 0, intercept_stderr: 0 };

  const df = n - 2;
  // SciPy's guard against dividing by zero on a perfect fit.
  const tiny = 1e-20;
  const t = r * Math.sqrt(df / ((1 - r + tiny) * (1 + r + tiny)));
  const stderr = Math.sqrt(((1 - r * r) * syy) / sxx / df);
  return {
    ...line,
    p: 2 * tCdf(-Math.abs(t), df),
    stderr,
    intercept_stderr: stderr * Math.sqrt(sxx + xMean * xMean),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanProduct(a: readonly number[], aMean: number, b: readonly number[], bMean: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - aMean) * (b[i]! - bMean);
  return sum / a.length;
}
