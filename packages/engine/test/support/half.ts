// What tests of f16 share.
import { beforeEach } from "vitest";
import { fromHalf, toHalf } from "../../src/half.js";
import type { Runtime } from "../../src/index.js";

/** Skips the tests of a block where the adapter cannot compute with f16. */
export function needsHalf(runtime: () => Runtime): void {
  beforeEach(({ skip }) => {
    if (!runtime().device.features.has("shader-f16")) skip("the adapter has no shader-f16");
  });
}

/** Each value as the nearest f16. */
export const rounded = (values: ArrayLike<number>): Float32Array => fromHalf(toHalf(values));
