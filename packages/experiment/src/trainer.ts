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
  imageBatch,
  type LossScale,
  learningRateAt,
  lossScale,
  type ParameterArena,
  type Program,
  RandomStream,
  type ResidentImages,
  type Runtime,
  residentImages,
  type StateTensor,
  scaleLoss,
  sgd,
} from "@er/engine";
import type { Model, Normalization } from "@er/models";
import type { TrainingConfig } from "./config.js";
import { releaseImages } from "./release.js";
import { trainingLength } from "./training-length.js";

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
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #set: ImageSet;
  readonly #images: ResidentImages;
  readonly #config: TrainingConfig;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  private constructor(
    runtime: Runtime,
    program: Program,
    set: ImageSet,
    images: ResidentImages,
    config: TrainingConfig,
    seed: number,
    totals: StateTensor,
    scale: LossScale | undefined,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#set = set;
    this.#images = images;
    this.#config = config;
    this.#seed = seed;
    this.totals = totals;
    this.lossScale = scale?.state;
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
    if (set.n < config.batch) {
      throw new InputError(`${set.spec}: ${set.n} images are fewer than a batch of ${config.batch}; lower train.batch`);
    }
    const mixed = config.precision === "mixed";
    const images = residentImages(
      set.images,
      { count: set.n, height: set.height, width: set.width, channels: 3 },
      runtime.target.maxBindingBytes,
    );
    const graph = new Graph();
    const inputs = {
      indices: graph.input("indices", [config.batch], "u32"),
      counter: graph.input("counter", [4], "u32"),
      normalization: graph.input("normalization", [6]),
    };
    const labels = graph.input("labels", [config.batch], "u32");
    const classMask = graph.input("classMask", [set.classNames.length], "u32");
    const totals: StateTensor = { label: "totals", shape: [4], dtype: "f32" };
    const x = imageBatch(graph, images, inputs, config.augment, mixed ? "f16" : "f32");
    const { freezeBatchNorm: frozenStatistics } = config;
    const trace = { graph, training: true, counter: inputs.counter, frozenStatistics };
    const logits = cast(graph, model.module.forward(trace, x), "f32");
    const loss = crossEntropy(graph, logits, labels, { labelSmoothing: config.labelSmoothing });
    accumulateMetrics(graph, { loss, predicted: argmax(graph, logits, classMask), labels }, graph.state(totals));
    const scale = mixed ? lossScale() : undefined;
    const { parameters } = backward(graph, scale === undefined ? loss : scaleLoss(graph, loss, scale));
    const { momentum, nesterov, weightDecay } = config;
    const options = { momentum, nesterov, weightDecay, ...(scale && { lossScale: scale }) };
    sgd(graph, arena, parameters, graph.input("learningRate", [1]), options);
    const program = await runtime.compile(graph, [], { label: "training step", memory: config.memory });
    program.write("normalization", Float32Array.of(...normalization.mean, ...normalization.std));
    program.write("classMask", new Uint32Array(set.classNames.length).fill(1));
    return new Trainer(runtime, program, set, images, config, seed, totals, scale);
  }

  /** Images a step. */
  get batch(): number {
    return this.#config.batch;
  }

  /** What a step runs, for who measures it. */
  get program(): Program {
    return this.#program;
  }

  learningRate(step: number): number {
    const { learningRate, schedule, warmupSteps } = this.#config;
    return learningRateAt({ base: learningRate, schedule, warmupSteps }, step, this.totalSteps);
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
    this.#program.write("indices", indices);
    this.#program.write(
      "labels",
      Uint32Array.from(indices, (i) => this.#set.labels[i]!),
    );
    this.#program.write("counter", Uint32Array.of(this.#seed >>> 0, Math.floor(this.#seed / 2 ** 32), step, 0));
    this.#program.write("learningRate", Float32Array.of(this.learningRate(step)));
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
    releaseImages(this.#runtime, this.#images);
    this.#runtime.release(this.totals);
    if (this.lossScale !== undefined) {
      this.#runtime.release(this.lossScale);
    }
  }
}
