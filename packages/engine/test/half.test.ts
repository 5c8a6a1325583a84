// f16 on the host, against its definition.
import { describe, expect, it } from "vitest";
import { fromHalf, toHalf } from "../src/half.js";

const every = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const isNaNBits = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

describe("f16 on the host", () => {
  it("has the values of the standard's examples", () => {
    const bits = [0x0000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0x3c01, 0x7bff, 0x7c00, 0xc000];
    const values = [
      0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      0.333251953125,
      1,
      1 + 2 ** -10,
      65504,
      Number.POSITIVE_INFINITY,
      -2,
    ];
    expect([...fromHalf(Uint16Array.from(bits))]).toEqual(values);
  });

  it("comes back with the same bits from every value", () => {
    const back = toHalf(fromHalf(every));
    expect(every.filter((bits, i) => back[i] !== bits && !isNaNBits(bits))).toEqual(new Uint16Array(0));
    expect(every.filter((bits, i) => isNaNBits(bits) && !isNaNBits(back[i]!))).toEqual(new Uint16Array(0));
  });

  it("rounds to the nearest, and from the middle to the even one", () => {
    const positive = fromHalf(every.subarray(0, 0x7c00));
    const rounded = (value: number) => fromHalf(toHalf([value]))[0]!;
    const wrong: number[] = [];
    for (let i = 0; i + 1 < positive.length; i++) {
      const [low, high] = [positive[i]!, positive[i + 1]!];
      const middle = (low + high) / 2;
      const even = i % 2 === 0 ? low : high;
      const near = (high - low) / 1024;
      const found = [middle, -middle, middle - near, middle + near].map(rounded);
      if (found[0] !== even || found[1] !== -even || found[2] !== low || found[3] !== high) wrong.push(middle);
    }
    expect(wrong).toEqual([]);
  });

  it("ends at 65,520, from where on it is infinite", () => {
    const ends = [65519.99, 65520, 1e9, Number.NEGATIVE_INFINITY, 1e-9, -1e-9];
    expect([...fromHalf(toHalf(ends))]).toEqual([
      65504,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0,
      -0,
    ]);
  });
});
