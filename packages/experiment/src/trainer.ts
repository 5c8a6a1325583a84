// Trains a model on a resident set: one program, replayed. What a step does depends on its number and the seed alone, so a
// run can stop and go on anywhere.
import type { ImageSet } from "@er/data";
import {
  accumulateMetrics,
  argmax,
  backward,
  cast,
  crossEntropy,
  Graph,
  InputError,
  type LossScale,
  learningRateAt,
  lossScale,
  type ParameterArena,
  type Program,
  RandomStream,
  type Runtime,
  type StateEntry,
  type StateTensor,
  scaleLoss,
  sgd,
} from "@er/engine";
import type { Model, Normalization } from "@er/models";
import type { TrainingConfig } from "./config.js";
import { counterInput, type Examples } from "./examples.js";
import { featureExamples } from "./feature-examples.js";
import { imageExamples } from "./image-examples.js";
import type { Watch } from "./progress.js";
import { isHeadAlone, isOfHead, setTrainable } from "./trainable.js";
import { batchOf, trainingLength } from "./training-length.js";
import { WeightAverage } from "./weight-average.js";

/** Averages since the totals were last cleared. */
export interface TrainingTotals {
  /** mean cross-entropy, nats; NaN where no step was run */
  readonly loss: number;
  readonly accuracy: number;
  readonly examples: number;
  /** steps since the totals were last cleared */
  readonly steps: number;
  /** steps of the whole training that changed nothing, since a gradient was not finite in f16; undefined in f32 */
  readonly skipped: number | undefined;
}

/** Where a loss scale's state counts the steps skipped. */
const SKIPPED = 2;

export class Trainer {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly totals: StateTensor;
  /** The state of mixed precision's loss scale. */
  readonly lossScale: StateTensor | undefined;
  /** The moving average of the weights, where one is wanted. */
  readonly average: WeightAverage | undefined;
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #set: ImageSet;
  readonly #examples: Examples;
  readonly #config: TrainingConfig;
  readonly #seed: number;
  #epoch = -1;
  #averageBegun = false;
  #order: Uint32Array = new Uint32Array(0);

  private constructor(
    runtime: Runtime,
    program: Program,
    set: ImageSet,
    examples: Examples,
    config: TrainingConfig,
    seed: number,
    totals: StateTensor,
    scale: LossScale | undefined,
    average: WeightAverage | undefined,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#set = set;
    this.#examples = examples;
    this.#config = config;
    this.#seed = seed;
    this.totals = totals;
    this.lossScale = scale?.state;
    this.average = average;
    const { stepsPerEpoch, totalSteps } = trainingLength(config, set.n);
    this.stepsPerEpoch = stepsPerEpoch;
    this.totalSteps = totalSteps;
  }

  /** @throws InputError where the set is smaller than a batch, and for mixed precision on an adapter that has no f16 */
  static async create(
    runtime: Runtime,
    model: Model,
    arena: ParameterArena,
    set: ImageSet,
    config: TrainingConfig,
    normalization: Normalization,
    seed: number,
  ): Promise<Trainer> {
    const batch = batchOf(config, set.n);
    if (set.n < batch) {
      throw new InputError(`${set.spec}: ${set.n} images are fewer than a batch of ${batch}; lower train.batch`);
    }
    setTrainable(model, arena, config);
    const mixed = config.precision === "mixed";
    const makeExamples = config.features ? featureExamples : imageExamples;
    const examples = makeExamples(runtime, model, set, normalization);
    const graph = new Graph();
    const counter = counterInput(graph);
    const labels = graph.input("labels", [batch], "u32");
    const classMask = graph.input("classMask", [set.classNames.length], "u32");
    const totals: StateTensor = { label: "totals", shape: [4], dtype: "f32" };
    const { freezeBatchNorm: frozenStatistics, augment } = config;
    const trace = { graph, training: true, counter, frozenStatistics };
    const made = examples.logits(trace, { size: batch, augment, dtype: mixed ? "f16" : "f32" });
    const logits = cast(graph, made, "f32");
    const loss = crossEntropy(graph, logits, labels, { labelSmoothing: config.labelSmoothing });
    accumulateMetrics(graph, { loss, predicted: argmax(graph, logits, classMask), labels }, graph.state(totals));
    const scale = mixed ? lossScale() : undefined;
    const { parameters } = backward(graph, scale === undefined ? loss : scaleLoss(graph, loss, scale));
    const { momentum, nesterov, weightDecay } = config;
    const options = { momentum, nesterov, weightDecay, ...(scale && { lossScale: scale }) };
    const rate = graph.input("learningRate", [1]);
    const headRate = config.headLearningRate === undefined ? rate : graph.input("headLearningRate", [1]);
    sgd(graph, arena, parameters, (name) => (isOfHead(model, name) ? headRate : rate), options);
    const average = config.ema === undefined ? undefined : new WeightAverage(runtime, arena);
    average?.trace(graph, config.ema!);
    const program = await runtime.compile(graph, [], { label: "training step", memory: config.memory });
    examples.attach?.(program);
    program.write("classMask", new Uint32Array(set.classNames.length).fill(1));
    return new Trainer(runtime, program, set, examples, config, seed, totals, scale, average);
  }

  /**
   * Awaited once before the first step, with the weights in place that it starts from: computes features, and puts the average of
   * the weights where they are unless it was restored.
   *
   * @returns whether it came to its end; otherwise it was stopped
   */
  async prepare(watch: Watch = {}): Promise<boolean> {
    if ((await this.#examples.prepare?.(watch)) === false) {
      return false;
    }
    if (!this.#averageBegun) {
      this.#averageBegun = true;
      await this.average?.begin();
    }
    return true;
  }

  /** Replaces the average of the weights. Overwrites the weights: load them afterwards. */
  async restoreAverage(entries: ReadonlyMap<string, StateEntry>): Promise<void> {
    this.#averageBegun = true;
    await this.average?.load(entries);
  }

  /** Images a step. */
  get batch(): number {
    return batchOf(this.#config, this.#set.n);
  }

  /** What a step runs, for who measures it. */
  get program(): Program {
    return this.#program;
  }

  /** Of the body; of all where the head has none of its own, or is trained alone. */
  learningRate(step: number): number {
    const { learningRate, headLearningRate = learningRate } = this.#config;
    return this.#rateAt(isHeadAlone(this.#config) ? headLearningRate : learningRate, step);
  }

  #rateAt(base: number, step: number): number {
    const { schedule, warmupSteps } = this.#config;
    return learningRateAt({ base, schedule, warmupSteps }, step, this.totalSteps);
  }

  /** Submits one step and returns at once. */
  step(step: number): void {
    const { batch } = this;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.#epoch) {
      this.#order = new RandomStream(this.#seed, `order of epoch ${epoch}`).permutation(this.#set.n);
      this.#epoch = epoch;
    }
    const first = (step % this.stepsPerEpoch) * batch;
    const indices = this.#order.slice(first, first + batch);
    this.#examples.write(this.#program, indices);
    this.#program.write(
      "labels",
      Uint32Array.from(indices, (i) => this.#set.labels[i]!),
    );
    this.#program.write("counter", Uint32Array.of(this.#seed >>> 0, Math.floor(this.#seed / 2 ** 32), step, 0));
    this.#program.write("learningRate", Float32Array.of(this.learningRate(step)));
    const { headLearningRate } = this.#config;
    if (headLearningRate !== undefined) {
      this.#program.write("headLearningRate", Float32Array.of(this.#rateAt(headLearningRate, step)));
    }
    this.#program.run();
  }

  /** Waits for the steps submitted and reads the running averages. */
  async read(): Promise<TrainingTotals> {
    const [loss, correct, examples, steps] = await this.#runtime.readState(this.totals);
    const skipped = this.lossScale && (await this.#runtime.readState(this.lossScale))[SKIPPED];
    return { loss: loss! / steps!, accuracy: correct! / examples!, examples: examples!, steps: steps!, skipped };
  }

  clearTotals(): void {
    this.#runtime.writeState(this.totals, new Float32Array(4));
  }

  /** Frees what it holds on the adapter, the images too; the arena stays. */
  destroy(): void {
    this.#program.destroy();
    this.#examples.destroy();
    this.average?.destroy();
    this.#runtime.release(this.totals);
    if (this.lossScale !== undefined) {
      this.#runtime.release(this.lossScale);
    }
  }
}
