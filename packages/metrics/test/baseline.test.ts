import tQuantile from "@stdlib/stats-base-dists-t-quantile";
import { describe, expect, it } from "vitest";
import {
  accuracyOf,
  effectiveRobustness,
  erZScore,
  fitBaseline,
  InputError,
  linregress,
  logistic,
  logit,
  predictionBand,
  predictOod,
  SCALE_NAMES,
  SCALES,
  scaleNamed,
  type TestbedModel,
} from "../src/index.js";
import { golden, largestDifference, type Statistics } from "./golden.js";

const { testbed } = golden<Statistics>("metrics_statistics");
const models: TestbedModel[] = testbed.correctId.map((correct, i) => ({
  model: `m${i}`,
  id: accuracyOf(correct, testbed.nId),
  ood: accuracyOf(testbed.correctOod[i]!, testbed.nOod),
}));
const baseline = fitBaseline(models);

function plain(model: string, id: number, ood: number): TestbedModel {
  return { model, id: { accuracy: id }, ood: { accuracy: ood } };
}

describe("fitBaseline", () => {
  it("is SciPy's fit of the logits to 1e-9, with 0 and 1 corrected for continuity", () => {
    expect(largestDifference(baseline, testbed.fit)).toBeLessThan(1e-9);
  });
  it("says which accuracies it corrected, and to what", () => {
    expect(baseline.corrections).toEqual([
      { model: "m7", split: "id", n: 1000, from: 1, to: 1000.5 / 1001 },
      { model: "m0", split: "ood", n: 400, from: 0, to: 0.5 / 401 },
    ]);
  });
  it("keeps the range of ID accuracies and the models' names", () => {
    expect(baseline.idRange).toEqual([0.15, 1000.5 / 1001]);
    expect(baseline.models).toEqual(["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"]);
  });
  it("keeps what the standard error of the slope is made of", () => {
    expect(baseline.residualStdDev / Math.sqrt(baseline.sumSquaresScaledId)).toBeCloseTo(baseline.stderr, 12);
  });
  it("names per cent given for a fraction", () => {
    const models = [plain("a", 0.5, 0.4), plain("b", 61.5, 0.5), plain("c", 0.7, 0.6)];
    expect(() => fitBaseline(models)).toThrow('model "b", id: got an accuracy of 61.5, which looks like per cent');
    expect(() => fitBaseline(models)).toThrow("write 0.615");
  });
  it("refuses fewer than three models, a name given twice, models that do not differ", () => {
    expect(() => fitBaseline(models.slice(0, 2))).toThrow("got 2 models");
    expect(() => fitBaseline([...models, models[0]!])).toThrow('model "m0" is given twice');
    expect(() => fitBaseline([plain("a", 0.5, 0.1), plain("b", 0.5, 0.2), plain("c", 0.5, 0.3)])).toThrow("differ");
  });
  it("refuses an accuracy of 0 or 1 without n, and counts that contradict the accuracy", () => {
    const others = [plain("a", 0.5, 0.4), plain("b", 0.6, 0.5)];
    expect(() => fitBaseline([...others, plain("c", 0.7, 0)])).toThrow('model "c", ood: an accuracy of exactly 0');
    const wrong = { model: "c", id: { accuracy: 0.7, n: 10, correct: 6 }, ood: { accuracy: 0.6 } };
    expect(() => fitBaseline([...others, wrong])).toThrow("contradicts 6 of 10");
  });
  it("throws only errors named InputError", () => {
    expect(() => fitBaseline([])).toThrow(expect.objectContaining({ name: "InputError" }));
  });
});

describe("predictOod and predictionBand", () => {
  it("predict the logistic of the line", () => {
    expect(predictOod(baseline, 0.7)).toBeCloseTo(logistic(baseline.intercept + baseline.slope * logit(0.7)), 14);
  });
  it.each(testbed.bands)("the band at $id, level $level, is SciPy's", ({ id, level, predicted, low, high }) => {
    const band = predictionBand(baseline, id, { level });
    expect(Math.abs(band.predicted - predicted)).toBeLessThan(1e-9);
    expect(Math.abs(band.low - low)).toBeLessThan(1e-9);
    expect(Math.abs(band.high - high)).toBeLessThan(1e-9);
  });
  it("refuse an accuracy with no finite logit", () => {
    expect(() => predictOod(baseline, 1)).toThrow(InputError);
    expect(() => predictionBand(baseline, 70)).toThrow("per cent");
  });
});

describe("other scales", () => {
  const fitted = { probit: fitBaseline(models, { scale: "probit" }), linear: fitBaseline(models, { scale: "linear" }) };
  it.each(["probit", "linear"] as const)("the fit on %s is SciPy's to 1e-9", (scale) => {
    expect(largestDifference(fitted[scale], testbed.fits[scale])).toBeLessThan(1e-9);
    expect(fitted[scale].scale).toBe(scale);
  });
  it("correct no accuracy on the linear scale, where 0 and 1 are finite", () => {
    expect(fitted.linear.corrections).toEqual([]);
    expect(fitted.probit.corrections).toEqual(baseline.corrections);
  });
  it.each(SCALE_NAMES)("on %s prediction, band and line agree, and ER is what is above the prediction", (scale) => {
    const line = fitBaseline(models, { scale });
    const { forward, inverse } = SCALES[scale];
    const band = predictionBand(line, 0.7);
    expect(band.predicted).toBeCloseTo(inverse(line.intercept + line.slope * forward(0.7)), 14);
    expect(forward(band.high) - forward(band.predicted)).toBeCloseTo(forward(band.predicted) - forward(band.low), 9);
    expect(effectiveRobustness(line, accuracyOf(700, 1000), accuracyOf(200, 400)).er).toBe(0.5 - band.predicted);
  });
  it.each(SCALE_NAMES)("on %s the interval is that of numeric derivatives", (scale) => {
    const line = fitBaseline(models, { scale });
    const [id, ood] = [accuracyOf(850, 1000), accuracyOf(300, 400)];
    const h = 1e-6;
    const dId = (predictOod(line, 0.85 + h) - predictOod(line, 0.85 - h)) / (2 * h);
    const by = (field: "slope" | "intercept") =>
      (predictOod({ ...line, [field]: line[field] + h }, 0.85) -
        predictOod({ ...line, [field]: line[field] - h }, 0.85)) /
      (2 * h);
    const s2 = line.residualStdDev ** 2;
    const cov = -(line.meanScaledId * s2) / line.sumSquaresScaledId;
    const fit =
      by("intercept") ** 2 * (s2 / line.n - line.meanScaledId * cov) +
      by("slope") ** 2 * (s2 / line.sumSquaresScaledId) +
      2 * by("slope") * by("intercept") * cov;
    const variance = (0.75 * 0.25) / 400 + (dId ** 2 * 0.85 * 0.15) / 1000 + fit;
    const df = (line.n - 2) * (variance / fit) ** 2;
    const { low, high } = effectiveRobustness(line, id, ood);
    expect((high - low) / 2 / (tQuantile(0.975, df) * Math.sqrt(variance))).toBeCloseTo(1, 6);
  });
  it("name the nearest of a scale that is none", () => {
    expect(() => scaleNamed("logti")).toThrow('no scale is named "logti"; did you mean "logit"?');
  });
});

describe("erZScore", () => {
  it("is the distance from the line in standard deviations of a further model", () => {
    const [id, ood] = [accuracyOf(700, 1000), accuracyOf(300, 400)];
    const { low, high } = predictionBand(baseline, 0.7);
    const halfBand = (logit(high) - logit(low)) / 2 / tQuantile(0.975, baseline.n - 2);
    const expected = (logit(0.75) - logit(predictOod(baseline, 0.7))) / halfBand;
    expect(erZScore(baseline, id, ood)).toBeCloseTo(expected, 9);
    expect(erZScore(baseline, id, { accuracy: predictOod(baseline, 0.7) })).toBeCloseTo(0, 12);
  });
  it("refuses an OOD accuracy that has no finite place on the scale", () => {
    expect(() => erZScore(baseline, accuracyOf(700, 1000), { accuracy: 1 })).toThrow(
      "the model, ood: an accuracy of exactly 1",
    );
    expect(erZScore(baseline, accuracyOf(700, 1000), accuracyOf(400, 400))).toBeGreaterThan(0);
  });
});

describe("effectiveRobustness", () => {
  for (const expected of testbed.robustness) {
    const { id, ood, level } = expected;
    it(`of ${id.correct}/${id.n} and ${ood.correct}/${ood.n} at ${level} agrees with numeric derivatives`, () => {
      const got = effectiveRobustness(baseline, accuracyOf(id.correct, id.n), accuracyOf(ood.correct, ood.n), {
        level,
      });
      for (const key of ["er", "low", "high", "predicted"] as const) {
        expect(Math.abs(got[key] - expected[key])).toBeLessThan(1e-7);
      }
      expect(got.uncounted).toEqual([]);
    });
  }
  it("says whether the ID accuracy lies outside the testbed's", () => {
    const ood = { accuracy: 0.3 };
    expect(effectiveRobustness(baseline, { accuracy: 0.15 }, ood).extrapolated).toBe(false);
    expect(effectiveRobustness(baseline, { accuracy: 0.149 }, ood).extrapolated).toBe(true);
  });
  it("without n is narrower and says what it left out", () => {
    const [id, ood] = [accuracyOf(850, 1000), accuracyOf(300, 400)];
    const counted = effectiveRobustness(baseline, id, ood);
    const bare = effectiveRobustness(baseline, { accuracy: id.accuracy }, { accuracy: ood.accuracy });
    expect(bare.er).toBe(counted.er);
    expect(bare.uncounted).toEqual(["id", "ood"]);
    expect(bare.high - bare.low).toBeLessThan(counted.high - counted.low);
    expect(bare.high - bare.low).toBeGreaterThan(0);
  });
  it("has an interval where every OOD example is right", () => {
    const { er, high, predicted, corrected } = effectiveRobustness(baseline, accuracyOf(850, 1000), accuracyOf(20, 20));
    expect(er).toBe(1 - predicted);
    expect(corrected).toEqual(["ood"]);
    expect(high).toBeGreaterThan(er);
  });
  it("of a model on a perfect line with no n given is exactly known", () => {
    const exact = [0.2, 0.5, 0.8].map((id, i) => plain(`m${i}`, id, logistic(logit(id))));
    const line = linregress([0, 1, 2], [0, 1, 2]);
    const { er, low, high } = effectiveRobustness(
      { ...fitBaseline(exact), ...line, residualStdDev: 0 },
      { accuracy: 0.5 },
      { accuracy: 0.6 },
    );
    expect([er, low, high].map((value) => Number(value.toFixed(12)))).toEqual([0.1, 0.1, 0.1]);
  });
});
