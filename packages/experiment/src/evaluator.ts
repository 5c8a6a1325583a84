// Predicts the class of every image of a set with the model as it is.
import { alignClasses, type ImageSet } from "@er/data";
import {
  argmax,
  Graph,
  imageBatch,
  type Program,
  type ResidentImages,
  type Runtime,
  residentImages,
  type StateTensor,
  storeRows,
} from "@er/engine";
import type { Model, Normalization } from "@er/models";
import { releaseImages } from "./release.js";

/** A set's result. */
export interface SplitResult {
  readonly n: number;
  readonly correct: number;
  /** correct / n, a fraction */
  readonly accuracy: number;
}

export class Evaluator {
  /** The set's labels as the model's class indices. */
  readonly labels: Int32Array;
  /** Model classes that the set does not have. */
  readonly missing: readonly string[];
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #predicted: StateTensor & { readonly dtype: "u32" };
  readonly #images: ResidentImages;
  readonly #batch: number;

  private constructor(
    runtime: Runtime,
    program: Program,
    predicted: StateTensor & { readonly dtype: "u32" },
    images: ResidentImages,
    batch: number,
    aligned: { labels: Int32Array; missing: readonly string[] },
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#predicted = predicted;
    this.#images = images;
    this.#batch = batch;
    this.labels = aligned.labels;
    this.missing = aligned.missing;
  }

  /**
   * @param options restrictClasses: predict among the set's own classes alone, as ObjectNet and ImageNet-R are scored
   * @throws InputError where the set has a class that the model does not know
   */
  static async create(
    runtime: Runtime,
    model: Model,
    set: ImageSet,
    options: { classNames: readonly string[]; batch: number; normalization: Normalization; restrictClasses: boolean },
  ): Promise<Evaluator> {
    const aligned = alignClasses(set, options.classNames);
    const batch = Math.min(options.batch, set.n);
    const shape = { count: set.n, height: set.height, width: set.width, channels: 3 };
    const images = residentImages(set.images, shape, runtime.target.maxBindingBytes);
    const predicted = { label: "predicted", shape: [set.n], dtype: "u32" } as const;
    const graph = new Graph();
    const inputs = {
      indices: graph.input("indices", [batch], "u32"),
      counter: graph.input("counter", [4], "u32"),
      normalization: graph.input("normalization", [6]),
    };
    const classMask = graph.input("classMask", [options.classNames.length], "u32");
    const logits = model.module.forward({ graph, training: false }, imageBatch(graph, images, inputs));
    storeRows(graph, argmax(graph, logits, classMask), graph.input("start", [1], "u32"), graph.state(predicted));
    const program = await runtime.compile(graph, [], { label: `evaluation of ${set.spec}` });
    const { mean, std } = options.normalization;
    program.write("normalization", Float32Array.of(...mean, ...std));
    const all = new Uint32Array(options.classNames.length).fill(1);
    program.write("classMask", options.restrictClasses ? aligned.mask : all);
    return new Evaluator(runtime, program, predicted, images, batch, aligned);
  }

  /** What a batch runs, for who measures it. */
  get program(): Program {
    return this.#program;
  }

  /** The predicted class of every image, in the set's order. */
  async predict(onBatch?: (images: number) => void): Promise<Uint32Array> {
    const n = this.labels.length;
    for (let start = 0, batches = 1; start < n; start += this.#batch, batches++) {
      // Past the set's end the last image repeats; what it gives is dropped.
      const indices = Uint32Array.from({ length: this.#batch }, (_, i) => Math.min(start + i, n - 1));
      this.#program.write("indices", indices);
      this.#program.write("start", Uint32Array.of(start));
      this.#program.run();
      if (batches % 8 === 0) {
        await this.#runtime.finish();
        onBatch?.(Math.min(start + this.#batch, n));
      }
    }
    return await this.#runtime.readState(this.#predicted);
  }

  /** Counts right predictions. */
  score(predicted: ArrayLike<number>): SplitResult {
    const n = this.labels.length;
    const correct = this.labels.reduce((count, label, i) => count + (predicted[i] === label ? 1 : 0), 0);
    return { n, correct, accuracy: correct / n };
  }

  /** Frees what it holds on the adapter, the images too; the model's weights stay. */
  destroy(): void {
    this.#program.destroy();
    releaseImages(this.#runtime, this.#images);
    this.#runtime.release(this.#predicted);
  }
}
