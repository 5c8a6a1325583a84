// Names come from files, and may hold anything: the figures are drawn all the same.
import { describe, expect, it } from "vitest";
import { dominanceFigure } from "../src/dominance-figure.js";
import { figureStore } from "../src/figure-store.js";
import { renderPng, renderSvg, reportHtml, studyOf } from "../src/index.js";
import { baseline, run } from "./synthetic-run.js";

const NAMES = [
  "line\u2028separator",
  "colour\u001b[31m",
  "zero\u0000",
  "half\ud83d",
  "</script><script>alert(1)</script>",
  "__proto__",
  "constructor",
  'quote"\\back',
  "x".repeat(5000),
];
const style = { theme: "light", width: 680 } as const;

describe("a report with odd names", () => {
  const models = NAMES.map((model, i) => ({
    model,
    id: { accuracy: 0.8 + i / 100, n: 10000 },
    ood: { accuracy: 0.7 + i / 100, n: 2021 },
  }));
  const odd = { ...run, title: NAMES.join(" "), baseline: { "cifar10.1-v4": { baseline, models } } };

  it("is a page, and its figures are drawn live from what it holds", async () => {
    const html = await reportHtml(studyOf(odd));
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("\u0000");
  });

  it("has its figures as pictures", async () => {
    const dominance = {
      ...{ models: NAMES, testbedModels: NAMES.length, n: 100 },
      counts: NAMES.flatMap((_, i) => NAMES.map((_, j) => (i === j ? 0 : 5))),
    };
    const figure = dominanceFigure(dominance, "v4");
    const svg = await renderSvg(figure.spec(style));
    for (const raw of ["\u0000", "\u001b", "\u2028"]) expect(svg).not.toContain(raw);
    expect(svg).toContain("constructor");
    expect((await renderPng(svg)).length).toBeGreaterThan(1000);
    expect(() => JSON.parse(figureStore([figure]))).not.toThrow();
  });
});
