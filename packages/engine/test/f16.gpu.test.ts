// The kernels of f16, for adapters that have it: against float64 references of the inputs rounded to f16.
import { describe, expect, it } from "vitest";
import { backward, cast, Graph } from "../src/index.js";
import { needsHalf, rounded } from "./support/half.js";
import { evaluate, f32, useRuntime, values, weighted } from "./support/harness.js";

const runtime = useRuntime();

it("without shader-f16 a graph with f16 is refused with the adapter's name", async ({ skip }) => {
  if (runtime().device.features.has("shader-f16")) skip("the adapter has shader-f16");
  const graph = new Graph();
  const y = cast(graph, graph.input("x", [3]), "f16");
  await expect(runtime().compile(graph, [y])).rejects.toThrow(
    `f16: ${runtime().info.description} has no shader-f16; compute in f32`,
  );
});

describe("cast", () => {
  needsHalf(runtime);
  for (const shape of [[1], [3, 5], [67, 33]])
    it(`of [${shape.join(", ")}] rounds to the nearest f16 and comes back, and so does its gradient`, async () => {
      const x = f32("x", ...shape);
      const dy = f32("dy", ...shape);
      const [half, back, dx] = await evaluate(runtime(), { x, dy }, (graph, t) => {
        const half = cast(graph, t.x!, "f16");
        const back = cast(graph, half, "f32");
        return [half, back, ...backward(graph, weighted(graph, back, t.dy!), [t.x!]).others];
      });
      expect(half).toEqual(rounded(x.data));
      expect(back).toEqual(rounded(x.data));
      expect(dx).toEqual(rounded(dy.data));
    });
  it("of what is past the largest f16 is infinite, of what is not a number not one", async () => {
    const x = { shape: [4], data: Float32Array.of(65504, 1e6, -1e6, Number.NaN) };
    const [y] = await evaluate(runtime(), { x }, (graph, t) => [cast(graph, cast(graph, t.x!, "f16"), "f32")]);
    expect([...y!]).toEqual([65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  });
  it("to the type that a tensor has is the tensor", () => {
    const graph = new Graph();
    const x = graph.input("x", [2], "f16");
    expect(cast(graph, x, "f16")).toBe(x);
    expect(() => cast(graph, graph.input("labels", [2], "u32"), "f16")).toThrow("cast: a tensor of type u32 to f16");
  });
  it("an input of f16 is rounded when it is written", async () => {
    const graph = new Graph();
    const y = cast(graph, graph.input("x", [5], "f16"), "f32");
    const program = await runtime().compile(graph, [y]);
    program.write("x", values("x", 5));
    program.run();
    expect(await program.read(y)).toEqual(rounded(values("x", 5)));
    program.destroy();
  });
});
