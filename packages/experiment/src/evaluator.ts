// Predicts the class of every image of a set with the model as it is, and keeps its logits where they are wanted.
import { type AlignedClasses, alignClasses, type ImageSet } from "@er/data";
import {
  argmax,
  Graph,
  InputError,
  NO_CLASS,
  type Program,
  type Runtime,
  type StateTensor,
  storeRows,
  type Tensor,
} from "@er/engine";
import { classScores, type Logits, topKRight } from "@er/metrics";
import type { Model, Normalization } from "@er/models";
import { counterInput, type Examples } from "./examples.js";
import { featureExamples } from "./feature-examples.js";
import { imageExamples } from "./image-examples.js";
import { splitNote } from "./split-note.js";

/** A set's result. */
export interface SplitResult {
  readonly n: number;
  readonly correct: number;
  /** correct / n, a fraction */
  readonly accuracy: number;
  /** Fraction whose true class is among the five of largest logit; where logits are kept and there are more than five classes. */
  readonly top5?: number | undefined;
  /** As scikit-learn's, `zero_division=0`; where logits are kept. */
  readonly macroF1?: number | undefined;
  /** What the accuracy has to be read with, such as that the set lacks classes; for every line that carries it. */
  readonly note?: string | undefined;
}

/** What a model says of every image of a set, in the set's order. */
export interface Predicted {
  /** [n] */
  readonly classes: Uint32Array;
  /** [n, classes of the model], f32, those of classes that may not be predicted too; where they are kept */
  readonly logits: Logits | undefined;
}

export interface EvaluatorOptions {
  readonly classNames: readonly string[];
  /** Images a batch. */
  readonly batch: number;
  readonly normalization: Normalization;
  /** Predict among the set's own classes alone, as ObjectNet and ImageNet-R are scored. */
  readonly restrictClasses: boolean;
  /** Read the logits too, a batch at a time. */
  readonly keepLogits?: boolean;
  /** Compute what the model's body makes of each image once, at the first prediction, and go on from there; for a body that is frozen. */
  readonly features?: boolean;
  /** What the set shares with others, for the results' note. */
  readonly note?: string | undefined;
}

export class Evaluator {
  /** The set's labels as the model's class indices. */
  readonly labels: Int32Array;
  /** Model classes that the set does not have. */
  readonly missing: readonly string[];
  /** As the results'. */
  readonly note: string | undefined;
  /** Whether the set's classes are the model's by name or by number. */
  readonly matchedBy: "name" | "number";
  readonly #spec: string;
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #predicted: StateTensor & { readonly dtype: "u32" };
  readonly #examples: Examples;
  readonly #batch: number;
  /** The logits of a batch, where they are kept. */
  readonly #logits: Tensor | undefined;
  /** The classes that may be predicted. */
  readonly #allowed: readonly number[];

  private constructor(
    runtime: Runtime,
    program: Program,
    predicted: StateTensor & { readonly dtype: "u32" },
    examples: Examples,
    batch: number,
    logits: Tensor | undefined,
    allowed: readonly number[],
    aligned: AlignedClasses,
    note: string | undefined,
    spec: string,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#predicted = predicted;
    this.#examples = examples;
    this.#batch = batch;
    this.#logits = logits;
    this.#allowed = allowed;
    this.labels = aligned.labels;
    this.missing = aligned.missing;
    this.note = note;
    this.matchedBy = aligned.by;
    this.#spec = spec;
  }

  /** @throws InputError where the set's classes are not the model's (`alignClasses`) */
  static async create(runtime: Runtime, model: Model, set: ImageSet, options: EvaluatorOptions): Promise<Evaluator> {
    const aligned = alignClasses(set, options.classNames);
    const batch = Math.min(options.batch, set.n);
    const makeExamples = options.features ? featureExamples : imageExamples;
    const examples = makeExamples(runtime, model, set, options.normalization);
    const predicted = { label: "predicted", shape: [set.n], dtype: "u32" } as const;
    const graph = new Graph();
    const classMask = graph.input("classMask", [options.classNames.length], "u32");
    const logits = examples.logits({ graph, training: false, counter: counterInput(graph) }, { size: batch });
    storeRows(graph, argmax(graph, logits, classMask), graph.input("start", [1], "u32"), graph.state(predicted));
    const kept = options.keepLogits ? logits : undefined;
    const program = await runtime.compile(graph, kept ? [kept] : [], { label: `evaluation of ${set.spec}` });
    examples.attach?.(program);
    const all = new Uint32Array(options.classNames.length).fill(1);
    const mask = options.restrictClasses ? aligned.mask : all;
    program.write("classMask", mask);
    const allowed = [...mask.keys()].filter((each) => mask[each] === 1);
    const note = splitNote(aligned, options.restrictClasses, options.note);
    return new Evaluator(
      ...([runtime, program, predicted, examples, batch, kept, allowed, aligned, note, set.spec] as const),
    );
  }

  /** What a batch runs, for who measures it. */
  get program(): Program {
    return this.#program;
  }

  /**
   * The predicted class of every image, in the set's order, and the logits where they are kept.
   *
   * @throws InputError where the model gives a NaN or an infinity for an image
   */
  async predict(onBatch?: (images: number) => void): Promise<Predicted> {
    await this.#examples.prepare?.();
    const n = this.labels.length;
    const classes = this.#logits?.shape[1] ?? 0;
    const values = new Float32Array(n * classes);
    for (let start = 0, batches = 1; start < n; start += this.#batch, batches++) {
      // Past the set's end the last image repeats; what it gives is dropped.
      const indices = Uint32Array.from({ length: this.#batch }, (_, i) => Math.min(start + i, n - 1));
      this.#examples.write(this.#program, indices);
      this.#program.write("start", Uint32Array.of(start));
      this.#program.run();
      if (this.#logits !== undefined) {
        const ofBatch = await this.#program.read(this.#logits);
        values.set(ofBatch.subarray(0, (Math.min(start + this.#batch, n) - start) * classes), start * classes);
      }
      if (batches % 8 === 0) {
        await this.#runtime.finish();
        onBatch?.(Math.min(start + this.#batch, n));
      }
    }
    const predicted = await this.#runtime.readState(this.#predicted);
    this.#refuseNotFinite(predicted);
    return { classes: predicted, logits: this.#logits && { values, classes } };
  }

  #refuseNotFinite(predicted: Uint32Array): void {
    const first = predicted.indexOf(NO_CLASS);
    if (first < 0) {
      return;
    }
    const count = predicted.reduce((sum, each) => sum + (each === NO_CLASS ? 1 : 0), 0);
    throw new InputError(
      `${this.#spec}: the model's logits are not finite (NaN or infinite) for ${count} of ${predicted.length} images, image ${first} the first, so there is no accuracy to tell; check its weights, running statistics and normalization`,
    );
  }

  /**
   * Counts right predictions; with logits, those among the first five too.
   *
   * @throws InputError for logits that are no numbers
   */
  score({ classes, logits }: Predicted): SplitResult {
    const { labels } = this;
    const n = labels.length;
    const correct = labels.reduce((count, label, i) => count + (classes[i] === label ? 1 : 0), 0);
    const result = { n, correct, accuracy: correct / n, ...(this.note !== undefined && { note: this.note }) };
    if (logits === undefined) {
      return result;
    }
    const allowed = this.#allowed;
    return {
      ...result,
      ...(allowed.length > 5 && { top5: topKRight(labels, logits, 5, allowed).correct / n }),
      macroF1: classScores(labels, classes).macroF1,
    };
  }

  /** Frees what it holds on the adapter, the images too; the model's weights stay. */
  destroy(): void {
    this.#program.destroy();
    this.#examples.destroy();
    this.#runtime.release(this.#predicted);
  }
}
