// SciPy's values, as test/golden/metrics_*.py wrote them.

import { readFileSync } from "node:fs";
import type { Regression } from "../src/linregress.js";

export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/golden/${name}.json`, import.meta.url), "utf8"));
}

interface Bounds {
  readonly predicted: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

interface Counts {
  readonly correct: number;
  readonly n: number;
}

export interface Statistics {
  readonly logit: [number, number][];
  readonly logistic: [number, number][];
  /** p, Φ⁻¹(p), φ(Φ⁻¹(p)) */
  readonly probit: [number, number, number][];
  readonly normalCdf: [number, number][];
  readonly regressions: Record<string, { x: number[]; y: number[]; fit: Regression; lost: (keyof Regression)[] }>;
  readonly intervals: {
    correct: number;
    n: number;
    level: number;
    "clopper-pearson": [number, number];
    wilson: [number, number];
  }[];
  readonly testbed: {
    nId: number;
    nOod: number;
    correctId: number[];
    correctOod: number[];
    fit: Regression;
    fits: { probit: Regression; linear: Regression };
    bands: (Bounds & { id: number })[];
    robustness: (Bounds & { id: Counts; ood: Counts; er: number })[];
  };
}

/** Largest difference between two fits, over every field. */
export function largestDifference(a: Regression, b: Regression): number {
  const keys = ["n", "slope", "intercept", "r", "p", "stderr", "intercept_stderr"] as const;
  return Math.max(...keys.map((key) => Math.abs(a[key] - b[key]) / Math.max(1, Math.abs(b[key]))));
}

interface Kappa {
  readonly kappa: number;
  readonly low: number;
  readonly high: number;
}

/** test/golden/example_level.py */
export interface ExampleLevel {
  readonly synthetic: {
    labels: number[];
    /** [n, classes] */
    logits: number[];
    classes: number;
    first: number[];
    second: number[];
    macroF1: [number, number];
    balancedAccuracy: [number, number];
    topK: Record<"1" | "2" | "5", number>;
    kappa: Kappa;
  };
  readonly models: string[];
  readonly published: Record<
    "original" | "v4" | "v6",
    { n: number; dominance: number[][]; unsolved: number[]; kappas: (Kappa & { first: number; second: number })[] }
  >;
  /** of v6 against original */
  readonly classLines: { slope: number; intercept: number; r: number }[];
  readonly byDifficulty: { model: string; bins: number; correct: number[] };
}
