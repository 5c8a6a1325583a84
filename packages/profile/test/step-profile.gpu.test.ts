// Profiling a program of two dispatches on the adapter under test.
import { Graph, type Program, Runtime, relu } from "@er/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { profileStep } from "../src/index.js";

let runtime: Runtime;
let program: Program;
beforeAll(async () => {
  runtime = await Runtime.open();
  const graph = new Graph();
  const y = relu(graph, graph.input("x", [1000]));
  program = await runtime.compile(graph, [y, relu(graph, y)]);
});
afterAll(() => runtime.close());

describe("profileStep", () => {
  it("times every dispatch, the step, the calling thread and the peaks", async () => {
    const rounds: number[] = [];
    const profile = await profileStep(runtime, program, { rounds: 2, onRound: (done) => rounds.push(done) });
    expect(rounds).toEqual([1, 2]);
    const { dispatch_ms, step_ms, host, peaks } = profile!;
    expect(dispatch_ms).toHaveLength(program.plan.steps.length);
    for (const value of [...dispatch_ms, step_ms, ...Object.values(host), ...Object.values(peaks)]) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(Object.values(peaks).every((peak) => peak > 0)).toBe(true);
  });
  it("gives nothing when it was stopped", async () => {
    const signal = AbortSignal.abort();
    expect(await profileStep(runtime, program, { rounds: 2, signal })).toBeUndefined();
  });
  it("refuses an adapter without timestamp queries, by name", async () => {
    const { device } = runtime;
    const features = Object.getOwnPropertyDescriptor(device, "features");
    Object.defineProperty(device, "features", { value: new Set(), configurable: true });
    try {
      await expect(profileStep(runtime, program, { rounds: 1 })).rejects.toThrow(
        `adapter ${runtime.info.id} (${runtime.info.description}) has no timestamp queries`,
      );
    } finally {
      if (features === undefined) Reflect.deleteProperty(device, "features");
      else Object.defineProperty(device, "features", features);
    }
  });
});
