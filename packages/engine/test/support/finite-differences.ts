// Holds the gradients of an op graph to finite differences, two ways that share no code with the gradients:
// element by element against its float64 forward, and along one direction against the adapter's own float32 forward.
import { expect } from "vitest";
import { backward, type CompileOptions, Graph, type Runtime, sizeOf, type Tensor } from "../../src/index.js";
import { type Feed, relativeError, values, weighted } from "./harness.js";

type Inputs = Readonly<Record<string, ArrayLike<number>>>;

export interface GradientCase {
  readonly feeds: Readonly<Record<string, Feed>>;
  /** The ops under test; their gradient is checked with respect to every float input. */
  trace(graph: Graph, inputs: Record<string, Tensor>): Tensor;
  /** The same function in float64. */
  forward(inputs: Inputs): ArrayLike<number>;
  /** Ops that the fusion pass must leave none of, where the case is about a fused form. */
  readonly fusedAway?: readonly string[];
  readonly options?: CompileOptions;
}

/** Inputs lie on this grid and steps are powers of two, so that x ± h is exact in float32. */
const GRID = 2 ** -12;
/** Near the cube root of float64's unit roundoff: truncation h² and rounding 2⁻⁵³ / h are both about 1e-10. */
const STEP_64 = 2 ** -17;
/** The five-point stencil's truncation h⁴ / 30 is about 1e-10; rounding 2⁻²⁴ / h, about 8e-6, is what is left. */
const STEP_32 = 2 ** -7;
const ROUNDOFF_32 = 2 ** -24;

const toGrid = (v: number) => Math.round(v / GRID) * GRID;

/** Seeded values in [-1, 1] on the grid. */
export function onGrid(name: string, ...shape: number[]): Feed {
  return { shape, data: values(name, sizeOf(shape)).map(toGrid) };
}

/** The same moved outwards to |x| of at least 1/4, so that no step reaches a kink at 0. */
export function awayFromZero(name: string, ...shape: number[]): Feed {
  return { shape, data: values(name, sizeOf(shape)).map((v) => toGrid(v) + (v < 0 ? -1 : 1) / 4) };
}

/** All values at least 1/8 apart, in a seeded order: no step changes which is the largest. */
export function farApart(name: string, ...shape: number[]): Feed {
  const keys = values(name, sizeOf(shape));
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]!);
  const data = new Float32Array(order.length);
  for (const [rank, i] of order.entries()) data[i] = (rank - order.length / 2) / 8;
  return { shape, data };
}

/** Names of the ops with a gradient that a case passes. */
export function differentiated({ feeds, trace }: GradientCase): string[] {
  const graph = new Graph();
  trace(graph, inputsOf(graph, feeds));
  return graph.nodes.filter(({ op }) => op.gradient !== undefined).map(({ op }) => op.name);
}

/**
 * Fails unless the adapter's output is the float64 forward's within 1e-5 of its largest value, the gradient of
 * sum(output · weights) is the forward's central differences within 1e-4 of the largest element, input by input, and its
 * component along a direction of ±1 is the five-point difference of the adapter's own output within float32 rounding.
 */
export async function checkGradients(
  runtime: Runtime,
  { feeds, trace, forward, fusedAway = [], options }: GradientCase,
): Promise<void> {
  const graph = new Graph();
  const tensors = inputsOf(graph, feeds);
  const y = trace(graph, tensors);
  const weights = onGrid("weights", ...y.shape).data;
  const floats = Object.keys(feeds).filter((name) => tensors[name]!.dtype === "f32");
  const loss = weighted(graph, y, graph.input("weights", y.shape));
  const wanted = floats.map((name) => tensors[name]!);
  const { others } = backward(graph, loss, wanted);
  const program = await runtime.compile(graph, [y, ...others], options);
  expect(program.plan.steps.map(({ op }) => op).filter((op) => fusedAway.includes(op))).toEqual([]);
  program.write("weights", weights);
  for (const [name, { data }] of Object.entries(feeds)) program.write(name, data);

  program.run();
  const output = await program.read(y);
  const gradients: Record<string, Float32Array> = {};
  for (const [i, name] of floats.entries()) gradients[name] = await program.read(others[i]!);

  const inputs = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, Float64Array.from(data)]));
  expect(relativeError(output, forward(inputs))).toBeLessThan(1e-5);
  for (const name of floats) {
    const numeric = centralDifferences(inputs, name, (at) => dot(forward(at), weights));
    expect(relativeError(gradients[name]!, numeric), `the gradient of ${name}`).toBeLessThan(1e-4);
  }

  const direction = Object.fromEntries(
    floats.map((name) => [name, values(`direction of ${name}`, inputs[name]!.length).map((v) => (v < 0 ? -1 : 1))]),
  );
  const lossAt = async (step: number) => {
    for (const name of floats) {
      program.write(
        name,
        Float32Array.from(inputs[name]!, (v, i) => v + step * direction[name]![i]!),
      );
    }
    program.run();
    return dot(await program.read(y), weights);
  };
  const near = (await lossAt(STEP_32)) - (await lossAt(-STEP_32));
  const far = (await lossAt(2 * STEP_32)) - (await lossAt(-2 * STEP_32));
  const numeric = (8 * near - far) / (12 * STEP_32);
  const analytic = floats.reduce((sum, name) => sum + dot(gradients[name]!, direction[name]!), 0);
  // Each output is off by a few roundoffs of the largest, independently, so the sum with the weights, in float64, is off by
  // that times the weights' norm; the stencil passes on sqrt(130) / 12 = 0.95 of it over h. Eight is the few roundoffs.
  const rounding = (8 * ROUNDOFF_32 * largest(output) * Math.sqrt(dot(weights, weights))) / STEP_32;
  expect(Math.abs(analytic - numeric), `along a direction, where it is ${numeric}`).toBeLessThan(rounding);
  program.destroy();
}

function inputsOf(graph: Graph, feeds: GradientCase["feeds"]): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [
      name,
      graph.input(name, shape, data instanceof Uint32Array ? "u32" : "f32"),
    ]),
  );
}

function centralDifferences(
  inputs: Readonly<Record<string, Float64Array>>,
  name: string,
  loss: (at: Inputs) => number,
): Float64Array {
  return inputs[name]!.map((value, i) => {
    const moved = inputs[name]!.slice();
    const at = { ...inputs, [name]: moved };
    moved[i] = value + STEP_64;
    const above = loss(at);
    moved[i] = value - STEP_64;
    return (above - loss(at)) / (2 * STEP_64);
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function largest(a: Float32Array): number {
  return a.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}
