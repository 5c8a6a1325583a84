import { logistic, logit, predictOod } from "@er/metrics";
import { describe, expect, it } from "vitest";
import { accuracyByStepFigure } from "../src/accuracy-by-step-figure.js";
import { accuracyFigure } from "../src/accuracy-figure.js";
import { erByAccuracyFigure, erByStepFigure } from "../src/er-figures.js";
import { type Figure, figureCsv, type RunReport, renderPng, renderSvg, type Study, studyOf } from "../src/index.js";
import { THEMES } from "../src/theme.js";
import { accuracyTicks, stepTicks } from "../src/ticks.js";
import { baseline, run, withoutBaseline } from "./synthetic-run.js";

const SPLIT = "cifar10.1-v4";
const style = { theme: "light", width: 680 } as const;
const figures = { accuracyFigure, accuracyByStepFigure, erByAccuracyFigure, erByStepFigure };
const drawn = (figure: (study: Study, split: string) => Figure, report: RunReport) =>
  figure(studyOf(report), SPLIT).spec(style);

/** The rows of one named layer. */
function rows(spec: object, name: string): Record<string, number>[] {
  if (!("layer" in spec) || !Array.isArray(spec.layer)) throw new Error("the figure has no layers");
  const layer = spec.layer.find((candidate) => candidate.name === name);
  if (layer === undefined) throw new Error(`the figure has no layer ${name}`);
  return layer.data.values;
}

describe("the accuracy figure", () => {
  const spec = drawn(accuracyFigure, run);
  it("draws the fitted line from end to end of the axis, on logit scales", () => {
    const line = rows(spec, "line");
    expect(line.length).toBeGreaterThan(50);
    for (const { x, y } of line) expect(logistic(y!)).toBeCloseTo(predictOod(baseline, logistic(x!)), 12);
    const xs = [...rows(spec, "testbed"), ...rows(spec, "run")].map(({ x }) => x!);
    expect(line[0]!.x).toBeLessThan(Math.min(...xs));
    expect(line.at(-1)!.x).toBeGreaterThan(Math.max(...xs));
  });
  it("draws y = x where it lies inside, and a run far from it without", async () => {
    expect(rows(spec, "identity")).toHaveLength(2);
    for (const { x, y } of rows(spec, "identity")) expect(y).toBe(x);
    const [first] = run.evaluations;
    const far = { ...first!.splits, [SPLIT]: { n: 2021, correct: 1900, accuracy: 1900 / 2021 } };
    const away = drawn(accuracyFigure, withoutBaseline({ ...run, evaluations: [{ ...first!, splits: far }] }));
    expect(rows(away, "identity")).toEqual([]);
    expect((await renderPng(await renderSvg(away))).length).toBeGreaterThan(1000);
  });
  it("puts every testbed model and evaluation at its logits", () => {
    expect(rows(spec, "testbed")).toHaveLength(30);
    expect(rows(spec, "testbed")[0]).toMatchObject({
      model: "alexnet_tf_ben",
      x: logit(0.8198),
      y: logit(1392 / 2021),
    });
    expect(rows(spec, "run").map(({ step }) => step)).toEqual(run.evaluations.map(({ step }) => step));
    expect(rows(spec, "run")[3]!.x).toBe(logit(run.evaluations[3]!.splits["cifar10-test"]!.accuracy));
  });
  it("has the line inside its band everywhere", () => {
    for (const { x, low, high } of rows(spec, "band")) {
      const y = baseline.intercept + baseline.slope * x!;
      expect(low).toBeLessThan(y);
      expect(high).toBeGreaterThan(y);
    }
  });
  it("labels its ticks in per cent", async () => {
    const svg = await renderSvg(spec);
    for (const label of ["10%", "50%", "90%", "95%"]) expect(svg).toContain(`>${label}</text>`);
  });
  it("still draws a run that gets none right at first", async () => {
    const [first, ...rest] = run.evaluations;
    const splits = { ...first!.splits, [SPLIT]: { n: 2021, correct: 0, accuracy: 0 } };
    const spec = drawn(accuracyFigure, { ...run, evaluations: [{ ...first!, splits }, ...rest] });
    expect(rows(spec, "run")[0]!.y).toBeCloseTo(logit(0.5 / 2022), 12);
    expect(await renderSvg(spec)).not.toContain("NaN");
  });
});

describe("without a baseline", () => {
  it("the accuracy figure keeps y = x and the run alone", () => {
    const spec = drawn(accuracyFigure, withoutBaseline(run));
    const layers = "layer" in spec ? spec.layer.map((layer) => "name" in layer && layer.name) : [];
    expect(layers).toEqual(["identity", "path", "run"]);
    expect(rows(spec, "run")).toEqual(rows(drawn(accuracyFigure, run), "run"));
  });
  it("accuracy by step is in per cent, both splits inside their intervals", () => {
    const values = rows(drawn(accuracyByStepFigure, withoutBaseline(run)), "run");
    expect(values).toHaveLength(2 * run.evaluations.length);
    expect(values[1]).toMatchObject({ place: 0, accuracy: 100 * run.evaluations[0]!.splits[SPLIT]!.accuracy });
    for (const { accuracy, low, high } of values) {
      expect(low).toBeLessThan(accuracy!);
      expect(high).toBeGreaterThan(accuracy!);
    }
  });
});

describe("the figures of effective robustness", () => {
  it("are in percentage points, with the interval as band and a zero line", () => {
    for (const figure of [erByAccuracyFigure, erByStepFigure]) {
      const spec = drawn(figure, run);
      const { er, low, high } = run.evaluations[5]!.er[SPLIT]!;
      expect(rows(spec, "band")[5]).toMatchObject({ er: 100 * er, low: 100 * low, high: 100 * high });
      expect(rows(spec, "zero")).toEqual([{ er: 0 }]);
    }
  });
  it("stand over ID accuracy on a logit axis, or over the step from 0 on", () => {
    const id = run.evaluations[5]!.splits["cifar10-test"]!.accuracy;
    expect(rows(drawn(erByAccuracyFigure, run), "run")[5]!.logitId).toBe(logit(id));
    expect(rows(drawn(erByStepFigure, run), "run").map(({ place }) => place)[0]).toBe(0);
  });
  it("label the steps", async () => {
    const svg = await renderSvg(drawn(erByStepFigure, run));
    for (const label of ["0", "10", "100", "1k"]) expect(svg).toContain(`>${label}</text>`);
  });
});

describe.each(Object.entries(figures))("%s", (_, figure) => {
  it.each(["light", "dark"] as const)("is drawn on the %s background, as wide as asked", async (theme) => {
    for (const width of [680, 362]) {
      const svg = await renderSvg(figure(studyOf(run), SPLIT).spec({ theme, width }));
      expect(svg).toContain(`fill="${THEMES[theme].background}"`);
      expect(svg).toMatch(new RegExp(`^<svg [^>]*width="${width}"`));
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
  it("is the same every time", async () => {
    expect(await renderSvg(drawn(figure, run))).toBe(await renderSvg(drawn(figure, run)));
  });
  it("names the split that is missing", () => {
    expect(() => figure(studyOf(run), "imagenet-v2")).toThrow('"imagenet-v2"');
  });
  it("draws a run of one evaluation", async () => {
    const svg = await renderSvg(drawn(figure, { ...run, evaluations: run.evaluations.slice(0, 1) }));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("a figure's files", () => {
  it("its data as CSV hold what is drawn, as fractions and unrounded", () => {
    const [head, ...lines] = figureCsv(accuracyFigure(studyOf(run), SPLIT))
      .trimEnd()
      .split("\n");
    expect(head).toBe("kind,name,step,id,ood");
    expect(lines).toHaveLength(30 + run.evaluations.length);
    expect(lines[0]).toBe(`testbed,alexnet_tf_ben,,0.8198,${1392 / 2021}`);
  });
  it("its PNG has text, twice as large as the SVG", async () => {
    const { spec } = erByStepFigure(studyOf(run), SPLIT);
    const drawing = await renderSvg(spec(style));
    const png = Buffer.from(await renderPng(drawing));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.readUInt32BE(16)).toBe(2 * style.width);
    const mute = Buffer.from(await renderPng(drawing.replace(/<text[^>]*>[^<]*<\/text>/g, "")));
    expect(png.length).toBeGreaterThan(1.2 * mute.length);
  });
});

describe("several runs in groups", () => {
  const shifted = (by: number): RunReport => ({
    ...run,
    evaluations: run.evaluations.map((e) => {
      const { n, correct } = e.splits[SPLIT]!;
      const right = Math.min(n, Math.max(0, correct + by));
      return { ...e, splits: { ...e.splits, [SPLIT]: { n, correct: right, accuracy: right / n } } };
    }),
  });
  const study: Study = {
    ...studyOf(run),
    groups: [
      { name: "pre-trained", runs: [-20, 0, 20].map((by) => ({ name: `seed ${by}`, report: shifted(by) })) },
      { name: "from scratch", runs: [{ name: "alone", report: shifted(-150) }] },
    ],
  };
  it("are drawn by their mean: ER at a step is the mean of the runs'", () => {
    const spec = erByStepFigure(study, SPLIT).spec(style);
    const mean = rows(spec, "path").filter(({ group }) => String(group) === "pre-trained")[5]!;
    const own = rows(spec, "run").filter(({ step, group }) => step === mean.step && String(group) === "pre-trained");
    expect(own).toHaveLength(3);
    expect(mean.er).toBeCloseTo(
      own.reduce((sum, { er }) => sum + er! / 3, 0),
      10,
    );
    expect(mean.low).toBeLessThan(mean.er!);
  });
  it("have a colour each, said in the legend", async () => {
    for (const figure of [accuracyFigure, erByStepFigure]) {
      const svg = await renderSvg(figure(study, SPLIT).spec(style));
      for (const name of ["pre-trained", "from scratch"]) expect(svg).toContain(`>${name}</text>`);
    }
  });
  it("keep standard error and bootstrap in the data", () => {
    const means = erByStepFigure(study, SPLIT).data.filter(({ kind }) => kind === "mean");
    expect(means).toHaveLength(run.evaluations.length);
    for (const row of means)
      expect(row).toMatchObject({ group: "pre-trained", runs: 3, standard_error: expect.any(Number) });
  });
});

describe("ticks", () => {
  it("are round accuracies inside the axis, apart from one another", () => {
    expect(accuracyTicks([logit(0.08), logit(0.97)], 12)).toEqual([0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95]);
  });
  it("are finer where the axis is short", () => {
    expect(accuracyTicks([logit(0.905), logit(0.945)], 12)).toEqual([0.91, 0.92, 0.93, 0.94]);
  });
  it("of steps begin at 0 and go by decades, with thirds where there is room", () => {
    expect(stepTicks(250)).toEqual([0, 1, 3, 10, 30, 100]);
    expect(stepTicks(20_000)).toEqual([0, 1, 10, 100, 1000, 10_000]);
  });
});
