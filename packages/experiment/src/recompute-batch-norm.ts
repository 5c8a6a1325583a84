// The running statistics of a model whose weights were put together rather than trained, such as those between two others: they are
// measured anew on training images (Izmailov et al., "Averaging Weights Leads to Wider Optima", 2018; torch.optim.swa_utils.update_bn).
import type { ImageSet } from "@er/data";
import { BATCH_NORM_MOMENTUM, Graph, type ParameterArena, type Program, RandomStream, type Runtime } from "@er/engine";
import type { Model, Normalization } from "@er/models";
import { counterInput, type Examples } from "./examples.js";
import { imageExamples } from "./image-examples.js";

export interface BatchNormOptions {
  /** Training images that are looked at, in whole batches; fewer where the set has fewer. */
  readonly images: number;
  readonly batch: number;
  readonly normalization: Normalization;
  /** Fixes which images. */
  readonly seed: number;
}

/** Measures the statistics for weights that change from call to call. */
export class BatchNormStatistics {
  readonly #runtime: Runtime;
  readonly #arena: ParameterArena;
  readonly #program: Program;
  readonly #examples: Examples;
  readonly #batches: readonly Uint32Array[];

  private constructor(
    runtime: Runtime,
    arena: ParameterArena,
    program: Program,
    examples: Examples,
    batches: readonly Uint32Array[],
  ) {
    this.#runtime = runtime;
    this.#arena = arena;
    this.#program = program;
    this.#examples = examples;
    this.#batches = batches;
  }

  static async create(
    runtime: Runtime,
    model: Model,
    arena: ParameterArena,
    set: ImageSet,
    { images, batch, normalization, seed }: BatchNormOptions,
  ): Promise<BatchNormStatistics> {
    const size = Math.min(batch, images, set.n);
    const examples = imageExamples(runtime, model, set, normalization);
    const graph = new Graph();
    examples.logits({ graph, training: true, counter: counterInput(graph) }, { size });
    const program = await runtime.compile(graph, [], { label: "batch-norm statistics" });
    examples.attach?.(program);
    const order = new RandomStream(seed, "images for batch-norm").permutation(set.n);
    const count = Math.max(1, Math.floor(Math.min(images, set.n) / size));
    const batches = Array.from({ length: count }, (_, i) => order.slice(i * size, (i + 1) * size));
    return new BatchNormStatistics(runtime, arena, program, examples, batches);
  }

  /** Puts the mean of the batches' statistics into the running ones: each batch's mean and unbiased variance. */
  async measure(): Promise<void> {
    const buffers = [...this.#arena.buffers.values()];
    const sums = buffers.map(({ initial }) => new Float64Array(initial.length));
    for (const indices of this.#batches) {
      // From zero, a step moves a running value to the momentum's share of the batch's.
      for (const buffer of buffers) {
        this.#runtime.writeState(buffer, new Float32Array(buffer.initial.length));
      }
      this.#examples.write(this.#program, indices);
      this.#program.run();
      for (const [i, buffer] of buffers.entries()) {
        const values = await this.#runtime.readState(buffer);
        for (const [j, value] of values.entries()) {
          sums[i]![j]! += value / BATCH_NORM_MOMENTUM;
        }
      }
    }
    for (const [i, buffer] of buffers.entries()) {
      this.#runtime.writeState(
        buffer,
        Float32Array.from(sums[i]!, (sum) => sum / this.#batches.length),
      );
    }
  }

  /** Frees what it holds on the adapter. */
  destroy(): void {
    this.#program.destroy();
    this.#examples.destroy();
  }
}
