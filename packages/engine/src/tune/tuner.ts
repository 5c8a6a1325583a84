// The tuner: each op of a graph that can be carried out in several ways is run alone in every one of them, and the fastest
// becomes the runtime's choice.
import { Graph, type Node } from "../graph/graph.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { RandomStream } from "../random.js";
import type { Runtime } from "../run/runtime.js";
import { choiceKey } from "./choices.js";

export interface TuneOptions {
  /** Seconds after which no further op is begun; the ones left keep their defaults. */
  readonly budget: number;
  /** Is told of every op that is done. */
  readonly onProgress?: (done: number, total: number, tuned: Tuned) => void;
  readonly signal?: AbortSignal;
}

/** What was found for one kind of work. */
export interface Tuned {
  /** See `choiceKey`. */
  readonly key: string;
  readonly chosen: string;
  /** The variant that is taken where nothing was tuned. */
  readonly standard: string;
  /** Least milliseconds of each variant that did not fail. */
  readonly milliseconds: ReadonlyMap<string, number>;
  /** Why a variant may not be taken: it did not compile, ran out of memory, or computed something else. */
  readonly failed: ReadonlyMap<string, string>;
}

/** A variant this much slower than the best so far is timed no further; one time alone may be an accident. */
const HOPELESS = 1.5;
const FAIR_ROUNDS = 2;
const ROUNDS = 5;
/** Far above the rounding of sums in another order, far below any mistake; of f16, above two roundings that fall apart. */
const TOLERANCE = { f32: 1e-3, f16: 4e-3 };

/**
 * Times the variants of every op of a graph for which the runtime has no choice yet, and puts the fastest into its `choices`.
 * The op runs alone, on random values, in interleaved rounds whose least time counts (as in tinygrad's search); a variant 1.5
 * times as slow as the best is dropped early (as in CubeCL's autotune). The work with most operations comes first. A variant
 * that fails, or whose result is not the default's, is never chosen.
 *
 * @returns what was found for each kind of work, in the order in which it was timed
 * @throws Error where no variant of an op runs at all
 */
export async function tune(runtime: Runtime, graph: Graph, options: TuneOptions): Promise<Tuned[]> {
  const work = new Map<string, Node>();
  for (const node of graph.nodes) {
    const key = choiceKey(node);
    if (!runtime.choices.has(key) && variantsOf(runtime, node).length > 1) {
      work.set(key, node);
    }
  }
  const heaviestFirst = [...work].sort(([, a], [, b]) => operations(runtime, b) - operations(runtime, a));
  const end = performance.now() + 1000 * options.budget;
  const found: Tuned[] = [];
  for (const [key, node] of heaviestFirst) {
    if (performance.now() > end || options.signal?.aborted === true) {
      break;
    }
    const tuned = await tuneNode(runtime, key, node);
    runtime.choices.set(key, tuned.chosen);
    found.push(tuned);
    options.onProgress?.(found.length, work.size, tuned);
  }
  return found;
}

function variantsOf(runtime: Runtime, node: Node): readonly string[] {
  return node.op.variants?.(runtime.target, node, node.attributes) ?? [];
}

function operations(runtime: Runtime, node: Node): number {
  const variant = variantsOf(runtime, node)[0]!;
  const dispatches = node.op.lower?.({ target: runtime.target, variant }, node, node.attributes) ?? [];
  return dispatches.reduce((total, { flops }) => total + flops, 0);
}

async function tuneNode(runtime: Runtime, key: string, node: Node): Promise<Tuned> {
  const variants = variantsOf(runtime, node);
  const times = new Map<string, number>();
  const failed = new Map<string, string>();
  let expected: Float32Array | undefined;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    for (const variant of variants) {
      const before = times.get(variant);
      if (failed.has(variant) || (round >= FAIR_ROUNDS && before !== undefined && before > HOPELESS * best)) {
        continue;
      }
      const trial = await tried(runtime, node, variant);
      if ("why" in trial) {
        failed.set(variant, trial.why);
        continue;
      }
      expected ??= trial.result;
      const difference = relativeDifference(trial.result, expected);
      if (difference > TOLERANCE[node.outputs[0]!.dtype as keyof typeof TOLERANCE]) {
        failed.set(variant, `differs from ${variants[0]} by ${difference.toExponential(1)} of the largest value`);
        times.delete(variant);
        continue;
      }
      times.set(variant, Math.min(before ?? Number.POSITIVE_INFINITY, trial.milliseconds));
      best = Math.min(best, trial.milliseconds);
    }
  }
  const chosen = [...times].sort(([, a], [, b]) => a - b)[0]?.[0];
  if (chosen === undefined) {
    throw new Error(
      `tune: no variant of ${key} runs on ${runtime.info.description}: ${[...failed.values()].join("; ")}`,
    );
  }
  return { key, chosen, standard: variants[0]!, milliseconds: times, failed };
}

interface Trial {
  readonly milliseconds: number;
  readonly result: Float32Array;
}

/** One compilation (cached from the second on), a run to warm up and see the result, and one that is timed. */
async function tried(runtime: Runtime, node: Node, variant: string): Promise<Trial | { readonly why: string }> {
  const { device } = runtime;
  const filters = ["validation", "out-of-memory", "internal"] as const;
  for (const filter of filters) {
    // Caught here, an error does not reach the runtime, which would refuse all further work.
    device.pushErrorScope(filter);
  }
  let trial: Trial | { readonly why: string };
  try {
    trial = await timed(runtime, node, variant);
  } catch (error) {
    trial = { why: firstLine(error instanceof Error ? error.message : String(error)) };
  }
  for (const _ of filters) {
    const error = await runtime.info.settle(device.popErrorScope());
    if (error !== null) {
      trial = { why: firstLine(error.message) };
    }
  }
  return trial;
}

async function timed(runtime: Runtime, node: Node, variant: string): Promise<Trial> {
  const graph = new Graph();
  const inputs = node.inputs.map(({ shape, dtype }, i) => graph.input(`input ${i}`, shape, dtype));
  const [output] = graph.add(node.op, inputs, node.attributes) as [Tensor];
  const program = await runtime.compile(graph, [output], { choose: () => variant });
  try {
    for (const [i, { shape }] of inputs.entries()) {
      const stream = new RandomStream(0, `tune ${i}`);
      program.write(
        `input ${i}`,
        Float32Array.from({ length: sizeOf(shape) }, () => 2 * stream.uniform() - 1),
      );
    }
    program.run();
    const result = await program.read(output);
    return { milliseconds: await duration(runtime, program), result };
  } finally {
    program.destroy();
  }
}

/** By timestamps where the adapter has them, else by the clock from submission to completion. */
async function duration(runtime: Runtime, program: { run(): void; profile(): Promise<number[] | undefined> }) {
  const stamps = await program.profile();
  if (stamps !== undefined) {
    return stamps.reduce((total, milliseconds) => total + milliseconds, 0);
  }
  const start = performance.now();
  program.run();
  await runtime.finish();
  return performance.now() - start;
}

function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return scale === 0 ? worst : worst / scale;
}

const firstLine = (text: string) => text.split("\n", 1)[0]!;
