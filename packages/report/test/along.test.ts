// An interpolation in a report: α in place of steps, in words, tables and on a linear axis; beside a training each has its own words.
import { describe, expect, it } from "vitest";
import { placeOf } from "../src/along.js";
import { answer, question } from "../src/answer.js";
import { erByStepFigure } from "../src/er-figures.js";
import type { RunReport } from "../src/run-report.js";
import { evaluationsSection } from "../src/sections/evaluations.js";
import { peaksSection } from "../src/sections/peaks.js";
import { type Study, studyOf } from "../src/study.js";
import { summaryTable } from "../src/summary.js";
import { run } from "./synthetic-run.js";

const SPLIT = "cifar10.1-v4";
const STEPS = [0, 25, 50, 75, 100];
const between: RunReport = {
  ...run,
  title: "between",
  along: "interpolation",
  evaluations: run.evaluations.slice(4, 9).map((evaluation, i) => ({ ...evaluation, step: STEPS[i]! })),
};
const both: Study = {
  ...studyOf(run),
  groups: [run, between].map((report) => ({ name: report.title, runs: [{ name: report.title, report }] })),
};
const style = { theme: "light", width: 680 } as const;
const axisOf = (study: Study) => {
  const spec = JSON.stringify(erByStepFigure(study, SPLIT).spec(style));
  return { title: /"title":"([^"]*(?:step|α)[^"]*)"/.exec(spec)?.[1], domain: /"domain":(\[[^\]]*\])/.exec(spec)?.[1] };
};

describe("an interpolation", () => {
  it("is said to be at α where a training is at a step", () => {
    expect(placeOf(between, 25)).toBe("α = 0.25");
    expect(placeOf(run, 25)).toBe("step 25");
    const study = studyOf(between);
    const said = [question(study, SPLIT), answer(study, study.groups[0]!, SPLIT), summaryTable(between)].join("\n");
    const page = evaluationsSection(study) + peaksSection(study);
    for (const text of [said, page]) {
      expect(text).toMatch(/α/);
      expect(text).not.toMatch(/\bstep|epoch|learning rate|fine-tuning/);
    }
  });

  it("is drawn on a linear axis from 0 to 1", () => {
    expect(axisOf(studyOf(between))).toEqual({
      title: "α, from the first model (0) to the second (1)",
      domain: "[0,1]",
    });
  });

  it("beside a training leaves both their words, on the axis of steps", () => {
    expect(axisOf(both).title).toBe("fine-tuning step, or way between models in per cent");
    expect(both.groups.map((group) => /at (step|α)/.exec(answer(both, group, SPLIT))?.[1])).toEqual(["step", "α"]);
    expect(axisOf(studyOf(run)).title).toBe("fine-tuning step");
  });
});
