import { describe, expect, it } from "vitest";
import { philox, RandomStream } from "../src/index.js";

describe("philox4x32-10", () => {
  // Known answers published with Random123 (Salmon et al. 2011), file kat_vectors.
  it("gives the published words for counter and key 0", () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });
  it("gives the published words for all bits set", () => {
    const all = 0xffffffff;
    expect(philox([all, all, all, all], [all, all])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  });
  it("gives the published words for the digits of pi", () => {
    const counter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;
    expect(philox(counter, [0xa4093822, 0x299f31d0])).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });
});

describe("a random stream", () => {
  it("is fixed by its seed and name", () => {
    expect(new RandomStream(5, "a").word()).toBe(new RandomStream(5, "a").word());
    expect(new RandomStream(5, "a").word()).not.toBe(new RandomStream(5, "b").word());
    expect(new RandomStream(5, "a").word()).not.toBe(new RandomStream(6, "a").word());
  });
  it("draws normal values of mean 0 and variance 1", () => {
    const stream = new RandomStream(0, "normal");
    const values = Array.from({ length: 20_000 }, () => stream.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
  it("permutes: each number once", () => {
    const order = new RandomStream(1, "order").permutation(100);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...order]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
