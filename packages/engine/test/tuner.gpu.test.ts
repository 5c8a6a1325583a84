// The tuner: it chooses among what works, stays within its budget, and what it chose is kept for the next process.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Op } from "../src/graph/op.js";
import { conv2d, Graph, matmul, plan, readTuning, tune, tuningFile, writeTuning } from "../src/index.js";
import { read, write } from "../src/plan/lowering.js";
import { useRuntime } from "./support/harness.js";

const runtime = useRuntime();
const cache = mkdtempSync(join(tmpdir(), "er-tuning-"));
const CHOICE = 'matmul 24×16 16×40 {"transposeA":false,"transposeB":false}';

beforeEach(() => {
  vi.stubEnv("ER_CACHE", cache);
  runtime().choices.clear();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

function productGraph() {
  const graph = new Graph();
  const product = matmul(graph, graph.input("a", [24, 16]), graph.input("b", [16, 40]));
  return { graph, product };
}

/** An op whose variants are the ways in which a kernel can go wrong, beside one that does not. */
const fragileOp: Op<null> = {
  name: "fragile",
  infer: ([x]) => [x!],
  variants: () => ["right", "wrong value", "no pipeline", "no binding"],
  lower: ({ variant }, { inputs, outputs }) => {
    // ADDED is no constant of this kernel; two of its bindings are missing in the last.
    const constants = { VECTORS: variant === "wrong value" ? 1 : 16, ...(variant === "no pipeline" && { ADDED: 1 }) };
    const bindings = [read(inputs[0]!), read(inputs[0]!), write(outputs[0]!)];
    return [
      {
        kernel: "add",
        constants,
        bindings: variant === "no binding" ? bindings.slice(1) : bindings,
        workgroups: [1, 1, 1],
        flops: 64,
      },
    ];
  },
};

describe("tune", () => {
  it("times every variant, and compiles with the fastest from then on", async () => {
    const { graph } = productGraph();
    const [tuned, ...others] = await tune(runtime(), graph, { budget: 60 });
    expect(others).toEqual([]);
    expect(tuned!.key).toBe(CHOICE);
    const node = graph.nodes[0]!;
    expect([...tuned!.milliseconds.keys()].sort()).toEqual(
      [...node.op.variants!(runtime().target, node, node.attributes)].sort(),
    );
    expect(tuned!.milliseconds.get(tuned!.chosen)).toBe(Math.min(...tuned!.milliseconds.values()));
    const slowest = [...tuned!.milliseconds].sort(([, a], [, b]) => b - a)[0]![0];
    const kernelOf = async (variant?: string) => {
      const { graph, product } = productGraph();
      const program = await runtime().compile(graph, [product], variant === undefined ? {} : { choose: () => variant });
      program.destroy();
      return program.plan.steps.at(-1)!.kernel;
    };
    expect(await kernelOf()).toBe(await kernelOf(tuned!.chosen));
    runtime().choices.set(CHOICE, slowest);
    expect(await kernelOf()).toBe(await kernelOf(slowest));
  });

  it("leaves what has a choice already, and all when the budget is spent", async () => {
    const { graph } = productGraph();
    expect(await tune(runtime(), graph, { budget: -1 })).toEqual([]);
    runtime().choices.set(CHOICE, "plain");
    expect(await tune(runtime(), graph, { budget: 60 })).toEqual([]);
    expect(runtime().choices.get(CHOICE)).toBe("plain");
  });

  it("begins with the work that has most operations, and times equal work once", async () => {
    const graph = new Graph();
    const x = graph.input("x", [2, 8, 8, 8]);
    const weight = graph.input("weight", [3, 3, 8, 8]);
    conv2d(graph, conv2d(graph, x, weight, { padding: 1 }), weight, { padding: 1 });
    matmul(graph, graph.input("a", [4, 4]), graph.input("b", [4, 4]));
    const keys = (await tune(runtime(), graph, { budget: 60 })).map(({ key }) => key.split(" ")[0]);
    expect(keys).toEqual(["conv2d", "matmul"]);
  });

  it("never chooses a variant that fails or computes something else, and leaves the runtime usable", async () => {
    const graph = new Graph();
    graph.add(fragileOp, [graph.input("x", [64])], null);
    const [tuned] = await tune(runtime(), graph, { budget: 60 });
    expect(tuned!.chosen).toBe("right");
    expect([...tuned!.failed.keys()].sort()).toEqual(["no binding", "no pipeline", "wrong value"]);
    expect(tuned!.failed.get("wrong value")).toMatch(/^differs from right by /);
    await runtime().finish();
  });
});

describe("the file of choices", () => {
  it("gives the next process what this one chose", async () => {
    runtime().choices.set(CHOICE, "plain");
    const file = await writeTuning(runtime());
    expect(file.startsWith(cache)).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      adapter: runtime().info.description,
      choices: { [CHOICE]: "plain" },
    });
    runtime().choices.clear();
    expect(await readTuning(runtime())).toBe(1);
    expect(runtime().choices.get(CHOICE)).toBe("plain");
  });

  it("is another for another driver, and may be absent", async () => {
    const here = tuningFile(runtime());
    const description = vi.spyOn(runtime(), "info", "get");
    description.mockReturnValue({ ...runtime().info, description: "another driver" });
    expect(tuningFile(runtime())).not.toBe(here);
    expect(await readTuning(runtime())).toBe(0);
    description.mockRestore();
  });

  it("is another where the device was opened with matrix units", () => {
    const here = tuningFile(runtime());
    const matrixUnits = { operands: ["f16"], maxSubgroupSize: 32 } as const;
    const info = vi.spyOn(runtime(), "info", "get");
    info.mockReturnValue({ ...runtime().info, matrixUnits });
    expect(tuningFile(runtime())).not.toBe(here);
    info.mockRestore();
  });

  it("that is damaged is named, with what to do", async () => {
    const file = await writeTuning(runtime());
    for (const text of ["{", '{"choices": {"a": 1}}', "[]"]) {
      writeFileSync(file, text);
      await expect(readTuning(runtime())).rejects.toThrow(`${file}: not a file of tuned choices; delete it`);
    }
  });

  it("names a variant that is none any more: the default is taken", async () => {
    const { graph, product } = productGraph();
    const choose = () => "of an older version";
    const kernel = (options: object) => plan(graph, [product], runtime().target, options).steps[0]!.kernel;
    expect(kernel({ choose })).toBe(kernel({}));
  });
});
