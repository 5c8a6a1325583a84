// What tests of f16 share.
import { beforeEach } from "vitest";
import { fromHalf, toHalf } from "../../src/half.js";
import type { Runtime } from "../../src/index.js";
import { type Feed, f32 } from "./harness.js";

/** Of f16: what rounding to the nearest may change of a value, relative to it. */
export const HALF_ROUNDOFF = 2 ** -11;

/** Skips the tests of a block where the adapter cannot compute with f16. */
export function needsHalf(runtime: () => Runtime): void {
  beforeEach(({ skip }) => {
    if (!runtime().device.features.has("shader-f16")) skip("the adapter has no shader-f16");
  });
}

/** Each value as the nearest f16. */
export const rounded = (values: ArrayLike<number>): Float32Array => fromHalf(toHalf(values));

/** Seeded values in [-1, 1) that a tensor of a type can hold. */
export function ofType(dtype: "f32" | "f16", name: string, ...shape: number[]): Feed {
  const feed = f32(name, ...shape);
  return dtype === "f16" ? { shape, data: rounded(feed.data) } : feed;
}
