import { InputError as OfEngine, ShapeError } from "@er/engine";
import { InputError as OfFormats } from "@er/formats";
import { InputError as OfMetrics } from "@er/metrics";
import { expect, it } from "vitest";

it("whoever catches one package's InputError catches them all", () => {
  expect(new OfEngine("x")).toBeInstanceOf(OfFormats);
  expect(new OfFormats("x")).toBeInstanceOf(OfMetrics);
  expect(new OfMetrics("x")).toBeInstanceOf(OfEngine);
  expect(new ShapeError("add", [[1], [2]], "equal shapes")).toBeInstanceOf(OfMetrics);
});
