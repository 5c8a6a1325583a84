import { expect, it } from "vitest";
import { asUint16 } from "../src/uint16-classes.js";

it("classes that two bytes do not hold are refused, not wrapped", () => {
  expect(asUint16(Uint32Array.of(0, 65_535), "predictions")).toEqual(Uint16Array.of(0, 65_535));
  expect(() => asUint16(Int32Array.of(1, 65_536), "labels of test")).toThrow(
    "labels of test: class 65536; classes are kept of at most 65536",
  );
});
