// One runtime a test file on the adapter under test, seeded values, and the comparison that kernels are held to.
import { afterAll, beforeAll, expect } from "vitest";
import type { Op } from "../../src/graph/op.js";
import {
  type CompileOptions,
  Graph,
  type KernelName,
  RandomStream,
  Runtime,
  type Shape,
  sizeOf,
  type Tensor,
} from "../../src/index.js";

let open: Runtime | undefined;

/** Opens the adapter under test (ER_ADAPTER) for the file that calls this. */
export function useRuntime(): () => Runtime {
  beforeAll(async () => {
    open = await Runtime.open();
  });
  afterAll(() => {
    open?.close();
    open = undefined;
  });
  return () => {
    if (open === undefined) throw new Error("the runtime is open only inside tests");
    return open;
  };
}

/** Seeded values in [-1, 1). */
export function values(name: string, count: number): Float32Array {
  const stream = new RandomStream(7, name);
  return Float32Array.from({ length: count }, () => 2 * stream.uniform() - 1);
}

export interface Feed {
  readonly shape: Shape;
  readonly data: Float32Array | Uint32Array;
}

export const f32 = (name: string, ...shape: number[]): Feed => ({ shape, data: values(name, sizeOf(shape)) });

/** sum(y · dy): nothing runs, it only hands the fixed tensor `dy` to `backward` as the gradient of `y`. */
const weightedOp: Op<null> = {
  name: "weighted",
  infer: () => [{ shape: [], dtype: "f32" }],
  gradient: (_graph, node) => [node.inputs[1]],
};

/** The scalar sum(y · dy), for its gradient alone. */
export function weighted(graph: Graph, y: Tensor, dy: Tensor): Tensor {
  return graph.add(weightedOp, [y, dy], null)[0]!;
}

/** Compiles convolutions by Winograd's filtering, however few tiles there are; fails where that serves one not. */
export const byWinograd: CompileOptions = {
  choose({ op }, variants) {
    const chosen = variants.find((name) => name.startsWith("winograd"));
    if (op.name.startsWith("conv2d")) expect(chosen, `${op.name}: ${variants.join(", ")}`).toBeDefined();
    return chosen;
  },
};

/** The kernels that `evaluate` has run in this test file. */
export const dispatched = new Set<string>();

/** Whether a kernel is of the GEMM family, or of the filtering around its batched products. */
export const isProduct = (name: KernelName) => /^(matmul|batched_matmul|conv2d_|winograd_)/.test(name);

/** Traces a graph over the feeds, runs it once and returns what it fetched. */
export async function evaluate(
  runtime: Runtime,
  feeds: Record<string, Feed>,
  trace: (graph: Graph, inputs: Record<string, Tensor>) => Tensor[],
  options: CompileOptions = {},
): Promise<(Float32Array | Uint32Array)[]> {
  const graph = new Graph();
  const inputs: Record<string, Tensor> = {};
  for (const [name, { shape, data }] of Object.entries(feeds)) {
    inputs[name] = graph.input(name, shape, data instanceof Uint32Array ? "u32" : "f32");
  }
  const fetched = trace(graph, inputs);
  const program = await runtime.compile(graph, fetched, options);
  for (const { kernel } of program.plan.steps) dispatched.add(kernel);
  for (const [name, { data }] of Object.entries(feeds)) program.write(name, data);
  program.run();
  const results = [];
  for (const tensor of fetched) results.push(await program.read(tensor));
  program.destroy();
  return results;
}

/** Largest |actual - expected| relative to the largest |expected|: the error a kernel's result is judged by. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return scale === 0 ? worst : worst / scale;
}
