import { describe, expect, it } from "vitest";
import { type RooflineChart, renderSvg, rooflineFigure } from "../src/index.js";
import { decadeTicks } from "../src/ticks.js";

const chart: RooflineChart = {
  title: "Roofline of a step",
  subtitle: "an adapter",
  fmaGflops: 100,
  copyGbs: 10,
  points: [
    { name: "conv2d", kind: "product", flops: 1e9, bytes: 1e7, ms: 20 },
    { name: "relu", kind: "other", flops: 1e6, bytes: 8e6, ms: 1 },
    { name: "transpose", kind: "other", flops: 0, bytes: 8e6, ms: 1 },
  ],
};
const style = { theme: "light", width: 760 } as const;

function rows(name: string): Record<string, number>[] {
  const spec = rooflineFigure(chart, style);
  if (!("layer" in spec)) throw new Error("the figure has no layers");
  const layer = spec.layer.find((candidate) => candidate.name === name) as { data: { values: [] } };
  return layer.data.values;
}

describe("the roofline", () => {
  it("puts a dispatch at its intensity and its rate", () => {
    expect(rows("dispatches")).toEqual([
      { name: "conv2d", kind: "product", ms: 20, x: 100, y: 50 },
      { name: "relu", kind: "other", ms: 1, x: 0.125, y: 1 },
    ]);
  });
  it("has roofs that meet where bytes and operations take as long", () => {
    const [low, ridge, high] = rows("roof");
    expect(ridge).toEqual({ x: 10, y: 100 });
    expect(low!.y! / low!.x!).toBeCloseTo(10, 9);
    expect(high!.y).toBe(100);
    expect(low!.x).toBeLessThan(0.125);
    expect(high!.x).toBeGreaterThan(100);
  });
  it("says how many it leaves out, and names its roofs and kinds", async () => {
    for (const theme of ["light", "dark"] as const) {
      const svg = await renderSvg(rooflineFigure(chart, { ...style, theme }));
      expect(svg).toContain("1 of 3 dispatches compute nothing");
      for (const label of ["100 GFLOP/s of multiply-adds", "10 GB/s copied", "product", "other"])
        expect(svg).toContain(`>${label}</text>`);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
  it("refuses a step that computes nothing", () => {
    expect(() => rooflineFigure({ ...chart, points: chart.points.slice(2) }, style)).toThrow("nothing to draw");
  });
});

it("ticks of a logarithmic axis are powers of ten, with steps between where it is short", () => {
  expect(decadeTicks([0.004, 150])).toEqual([0.01, 0.1, 1, 10, 100]);
  expect(decadeTicks([0.3, 6])).toEqual([0.5, 1, 2, 5]);
});
