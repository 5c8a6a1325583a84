// Which examples a model does not see.
import { describe, expect, it } from "vitest";
import { partsOf } from "../src/hold-out.js";

const all = (n: number) => Array.from({ length: n }, (_, i) => i);
const together = ({ trained, heldOut }: ReturnType<typeof partsOf>) => [...trained, ...heldOut].sort((a, b) => a - b);

describe("random shares", () => {
  const holdOut = { kind: "shares", share: 0.7 } as const;
  it("are of the size asked for, and what is held out is all the rest", () => {
    for (const model of [0, 1, 7]) {
      const parts = partsOf(holdOut, 101, 3, model);
      expect(parts.trained).toHaveLength(71);
      expect(together(parts)).toEqual(all(101));
    }
  });
  it("differ from model to model and seed to seed, and are the same again", () => {
    const first = partsOf(holdOut, 50, 3, 0);
    expect(partsOf(holdOut, 50, 3, 0)).toEqual(first);
    expect(partsOf(holdOut, 50, 3, 1)).not.toEqual(first);
    expect(partsOf(holdOut, 50, 4, 0)).not.toEqual(first);
  });
  it("that leave nothing are refused", () => {
    expect(() => partsOf({ kind: "shares", share: 0.999 }, 10, 0, 0)).toThrow(
      "of 10 examples a model would hold out 0",
    );
    expect(() => partsOf({ kind: "shares", share: 0.001 }, 10, 0, 0)).toThrow("would hold out 10");
  });
});

describe("folds", () => {
  it.each([2, 3, 7])("%d of them hold every example out exactly once", (folds) => {
    const parts = Array.from({ length: folds }, (_, model) => partsOf({ kind: "folds", folds }, 100, 5, model));
    expect(parts.flatMap(({ heldOut }) => [...heldOut]).sort((a, b) => a - b)).toEqual(all(100));
    for (const part of parts) expect(together(part)).toEqual(all(100));
  });
  it("more than examples are refused", () => {
    expect(() => partsOf({ kind: "folds", folds: 11 }, 10, 0, 0)).toThrow("would hold out 0");
  });
});
