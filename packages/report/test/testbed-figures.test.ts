import {
  accuracyOf,
  fitBaseline,
  logistic,
  logit,
  namedTestbed,
  predictOod,
  proportionOf,
  robustnessOfModels,
} from "@er/metrics";
import { describe, expect, it } from "vitest";
import { difficultyFigure, dominanceFigure, figureCsv, renderSvg, testbedFigure } from "../src/index.js";
import { THEMES } from "../src/theme.js";

const models = namedTestbed("cifar10.1-v6");
const fitted = models.slice(0, 20);
const baseline = fitBaseline(fitted);
const splits = { idSplit: "original", oodSplit: "v6" };
const own = (names: readonly string[]) => robustnessOfModels(models, fitted, names);
const testbed = testbedFigure({ ...splits, baseline, models, marked: own(["nas", "wrn_28_10"]) });
const difficulty = difficultyFigure({
  scores: "C-score",
  bins: [
    { lowest: 0.8, highest: 1, n: 100 },
    { lowest: 0.1, highest: 0.8, n: 100 },
  ],
  models: [
    { model: "a", accuracy: [proportionOf(99, 100), proportionOf(40, 100)] },
    { model: "b", accuracy: [proportionOf(100, 100), proportionOf(60, 100)] },
  ],
});
const dominance = dominanceFigure(
  { models: ["a", "b"], testbedModels: 0, n: 50, counts: Uint32Array.of(0, 9, 2, 0) },
  "v6",
);
const style = { theme: "light", width: 680 } as const;

/** The rows of one named layer. */
function rows(spec: object, name: string): Record<string, number>[] {
  if (!("layer" in spec) || !Array.isArray(spec.layer)) throw new Error("the figure has no layers");
  const layer = spec.layer.find((candidate) => candidate.name === name);
  if (layer === undefined) throw new Error(`the figure has no layer ${name}`);
  return layer.data.values;
}

describe("the testbed's figure", () => {
  const spec = testbed.spec(style);
  it("puts every model at its logits, those of the fit apart from the others", () => {
    expect(rows(spec, "fit")).toHaveLength(20);
    expect(rows(spec, "left out")).toHaveLength(10);
    for (const { x, y, id, ood } of [...rows(spec, "fit"), ...rows(spec, "left out")]) {
      expect([x, y]).toEqual([logit(id!), logit(ood!)]);
    }
  });
  it("draws the line inside its band, dotted over the axis and solid over the accuracies that it was fitted on", () => {
    for (const { x, y } of [...rows(spec, "line"), ...rows(spec, "fitted")]) {
      expect(logistic(y!)).toBeCloseTo(predictOod(baseline, logistic(x!)), 12);
    }
    for (const { y, low, high } of rows(spec, "band")) {
      expect(low).toBeLessThan(y!);
      expect(high).toBeGreaterThan(y!);
    }
    const solid = rows(spec, "fitted").map(({ x }) => logistic(x!));
    expect(solid[0]).toBeCloseTo(baseline.idRange[0], 12);
    expect(solid.at(-1)).toBeCloseTo(baseline.idRange[1], 12);
    for (const { x, y } of rows(spec, "identity")) expect(y).toBe(x);
  });
  it("draws ER as the segment from a model down to what the line without it predicts", () => {
    const { robustness, ood } = own(["nas"])[0]!;
    const [segment] = rows(spec, "segments");
    expect(logistic(segment!.y!) - logistic(segment!.foot!)).toBeCloseTo(robustness.er, 12);
    expect(logistic(segment!.y!)).toBeCloseTo(ood.accuracy, 12);
  });
  it("says who is who in the legend", async () => {
    const svg = await renderSvg(spec);
    const nas = `nas +${(100 * own(["nas"])[0]!.robustness.er).toFixed(1)}`;
    for (const label of ["in the fit (20)", "left out of the fit (10)", nas, "90%", "original accuracy"]) {
      expect(svg).toContain(`>${label}</text>`);
    }
    const all = testbedFigure({ ...splits, baseline, models, marked: own(models.map(({ model }) => model)) });
    expect(await renderSvg(all.spec(style))).toContain(">30 models</text>");
  });
  it("has everything drawn in its data, as fractions", () => {
    const lines = figureCsv(testbed).trimEnd().split("\n");
    expect(lines[0]).toBe("kind,model,id,ood,predicted,er,low,high");
    expect(lines).toHaveLength(1 + 30 + 2);
    expect(lines[1]).toBe(`fit,alexnet_tf_ben,0.8198,${1384 / 2000},,,,`);
  });
  it("leaves out a model whose place on the axes is not known, and draws one of 0 with n", () => {
    const none = { model: "none", id: { accuracy: 0.5 }, ood: { accuracy: 0 } };
    const counted = { model: "counted", id: { accuracy: 0.5 }, ood: accuracyOf(0, 10) };
    const spec = testbedFigure({ ...splits, baseline, models: [...models, none, counted] }).spec(style);
    expect(rows(spec, "left out").map(({ model }) => model)).not.toContain("none");
    expect(rows(spec, "left out").at(-1)!.y).toBeCloseTo(logit(0.5 / 11), 12);
  });
});

describe("accuracy by difficulty", () => {
  it("is in per cent inside its interval, a line a model", () => {
    const values = rows(difficulty.spec(style), "models");
    expect(values.map(({ group, bin, share }) => [group, bin, share])).toEqual([
      ["a", 1, 99],
      ["a", 2, 40],
      ["b", 1, 100],
      ["b", 2, 60],
    ]);
    for (const { share, low, high } of values) {
      expect(low).toBeLessThan(share!);
      expect(high).toBeGreaterThanOrEqual(share!);
    }
    expect(figureCsv(difficulty)).toMatch(
      /^model,bin,lowest,highest,n,correct,accuracy,low,high\na,1,0\.8,1,100,99,0\.99,/,
    );
  });
});

describe("dominance", () => {
  it("is the share that the row's model has right and the column's wrong", () => {
    expect(dominance.data).toEqual([
      { right: "a", wrong: "b", n: 50, share: 0.18 },
      { right: "b", wrong: "a", n: 50, share: 0.04 },
    ]);
  });
});

describe.each(Object.entries({ testbed, difficulty, dominance }))("the figure of %s", (_, figure) => {
  it.each(["light", "dark"] as const)(
    "is drawn on the %s background, as wide as asked, the same every time",
    async (theme) => {
      for (const width of [680, 362]) {
        const svg = await renderSvg(figure.spec({ theme, width }));
        expect(svg).toContain(`fill="${THEMES[theme].background}"`);
        expect(svg).toMatch(new RegExp(`^<svg [^>]*width="${width}"`));
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        expect(await renderSvg(figure.spec({ theme, width }))).toBe(svg);
      }
    },
  );
});
