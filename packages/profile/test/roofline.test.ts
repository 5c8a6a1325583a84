// The roofline and its table on made-up dispatches: roofs of 100 GFLOP/s and 10 GB/s.
import { describe, expect, it } from "vitest";
import { kindOf, roofline, rooflineTable, type TimedDispatch } from "../src/index.js";

const roofs = { fma_gflops: 100, copy_gbs: 10 };
const dispatch = (name: string, flops: number, bytes: number, ms: number): TimedDispatch => {
  return { op: "conv2d", scope: name, kernel: "batched_matmul/vectors/subgroup8", flops, bytes, ms };
};
const slow = dispatch("layer1.0.slow", 1e9, 1e6, 40);
const bound = dispatch("bound", 1e6, 1e8, 10);
const cached = dispatch("cached", 0, 1e8, 4);
const untimed = dispatch("untimed", 1e3, 1e3, 0);

describe("a roofline", () => {
  const { rows, total } = roofline([cached, bound, untimed, slow], roofs);
  const row = (scope: string) => rows.find((one) => one.scope === scope)!;

  it("bounds a dispatch by the roof that takes longer", () => {
    // 1e9 operations at 100 GFLOP/s are 10 ms, 1e6 bytes at 10 GB/s are 0.1 ms.
    expect(row("layer1.0.slow")).toMatchObject({ roof: "arithmetic", bound_ms: 10, share: 0.25, lost_ms: 30 });
    expect(row("bound")).toMatchObject({ roof: "memory", bound_ms: 10, share: 1, lost_ms: 0, gbs: 10 });
    expect(row("layer1.0.slow").gflops).toBeCloseTo(25, 12);
  });
  it("lets a cache pass the bound", () => {
    expect(row("cached")).toMatchObject({ share: 2.5, lost_ms: -6 });
  });
  it("gives no rate where no time could be told", () => {
    expect(row("untimed")).toMatchObject({ gflops: null, gbs: null, share: null });
  });
  it("is sorted by time lost", () => {
    expect(rows.map(({ scope }) => scope)).toEqual(["layer1.0.slow", "bound", "untimed", "cached"]);
  });
  it("adds up", () => {
    expect(total.ms).toBe(54);
    expect(total.bound_ms).toBeCloseTo(30, 3);
    expect(total.share).toBeCloseTo(30 / 54, 3);
    expect(total.lost_ms).toBeCloseTo(24, 3);
  });
});

describe("its table", () => {
  const made = Array.from({ length: 30 }, (_, i) =>
    dispatch(`layer1.${i}.conv1.of.a.long.scope`, 1e9 + i, 1e7, 50 - i),
  );
  const { rows } = roofline(made, roofs);
  const lines = (width: number, top = 20) => rooflineTable(roofline(made, roofs), top, width);

  it("has a line for the first, one for the others and one for all", () => {
    expect(lines(140)).toHaveLength(1 + 20 + 2);
    expect(lines(140)[1]).toContain("layer1.0.conv1");
    expect(lines(140)[21]).toMatch(/^10 others .* 255\.000 /);
    expect(lines(140)[22]).toMatch(/^30 dispatches .* 1065\.000 /);
    expect(lines(140, 30)).toHaveLength(1 + 30 + 1);
  });
  it("loses as much in its parts as in its total", () => {
    const lost = (line: string) => Number(line.trim().split(/\s+/).at(-1));
    const body = lines(140).slice(1);
    const parts = body.slice(0, -1).reduce((sum, line) => sum + lost(line), 0);
    expect(parts).toBeCloseTo(lost(body.at(-1)!), 1);
    expect(lost(body.at(-1)!)).toBeCloseTo(
      rows.reduce((sum, { lost_ms }) => sum + lost_ms, 0),
      1,
    );
  });
  it.each([60, 80, 100, 140, 200])("fits %i columns and keeps time, share and loss", (width) => {
    const table = lines(width);
    expect(Math.max(...table.map(({ length }) => length))).toBeLessThanOrEqual(width);
    expect(table[0]).toMatch(/ms +(GFLOP\/s +(GB\/s +)?)?of bound +lost ms$/);
  });
  it("has its kernel where there is room, before operations and bytes", () => {
    expect(lines(140)[1]).toContain("batched_matmul/vectors/subgroup8");
    expect(lines(100)[1]).toContain("vectors/subgroup8");
    expect(lines(100)[0]).not.toContain("MFLOP");
    expect(lines(60)[1]).not.toContain("subgroup8");
  });
  it("says what a share above 1 means, only where there is one", () => {
    const note = /came from a cache/;
    expect(rooflineTable(roofline([cached], roofs), 5, 100).at(-1)).toMatch(note);
    expect(lines(140).at(-1)).not.toMatch(note);
  });
});

it("kinds tell transforms from the products between them", () => {
  expect(kindOf({ op: "conv2d", kernel: "winograd_input" })).toBe("Winograd transform");
  expect(kindOf({ op: "conv2d", kernel: "copy_to_texture" })).toBe("copy");
  expect(kindOf({ op: "conv2d", kernel: "batched_matmul/vectors/plain" })).toBe("product");
  expect(kindOf({ op: "conv2d_weight_gradient", kernel: "conv2d_weight_gradient/scalars/plain" })).toBe("product");
  expect(kindOf({ op: "batch_norm_gradient", kernel: "norm_gradient_apply/columns_4" })).toBe("batch norm");
  expect(kindOf({ op: "add", kernel: "add" })).toBe("other");
});
