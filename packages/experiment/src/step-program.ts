// One step of a training or an evaluation as a run has it, on made-up images, for who measures it.
import type { ImageSet } from "@er/data";
import { ParameterArena, type Program, type Runtime } from "@er/engine";
import { IMAGENET_NORMALIZATION } from "@er/models";
import { plainTraining } from "./config.js";
import { Evaluator } from "./evaluator.js";
import { modelNamed } from "./new-model.js";
import { releaseArena } from "./release.js";
import { Trainer } from "./trainer.js";

export interface StepOptions {
  /** As `createModel` takes it. */
  readonly model: string;
  /** Images a step. */
  readonly batch: number;
  /** Height and width of an image in pixels. */
  readonly imageSize: number;
  readonly classes: number;
  /** A training step with augmentation, loss, gradients and optimiser, or the prediction of a batch. */
  readonly mode: "train" | "eval";
}

/** A compiled step whose inputs are filled, so that it may be run again and again; `destroy` frees all it holds. */
export interface StepProgram {
  readonly program: Program;
  destroy(): void;
}

/**
 * Builds what a run would run for each batch, and runs it once.
 *
 * @throws InputError for an unknown model, a size that it cannot take, or a batch that passes the adapter's limits
 */
export async function stepProgram(runtime: Runtime, options: StepOptions): Promise<StepProgram> {
  const { model: name, batch, classes, mode } = options;
  const model = modelNamed(name, { classes });
  const arena = new ParameterArena(model.module, 0);
  const set = madeUpSet(options);
  const made = mode === "train" ? await training() : await evaluation();
  return {
    program: made.program,
    destroy() {
      made.destroy();
      releaseArena(runtime, arena);
    },
  };

  async function training(): Promise<Trainer> {
    const trainer = await Trainer.create(runtime, model, arena, set, plainTraining(batch), IMAGENET_NORMALIZATION, 0);
    trainer.step(0);
    return trainer;
  }

  async function evaluation(): Promise<Evaluator> {
    const { classNames } = set;
    const settings = { classNames, batch, normalization: IMAGENET_NORMALIZATION, restrictClasses: false };
    const evaluator = await Evaluator.create(runtime, model, set, settings);
    await evaluator.predict();
    return evaluator;
  }
}

/** One batch of images whose bytes look like no constant. */
function madeUpSet({ batch, imageSize, classes }: StepOptions): ImageSet {
  return {
    spec: "made-up images",
    n: batch,
    height: imageSize,
    width: imageSize,
    channels: 3,
    images: Uint8Array.from({ length: batch * imageSize * imageSize * 3 }, (_, i) => (i * 7919) % 251),
    labels: Int32Array.from({ length: batch }, (_, i) => i % classes),
    classNames: Array.from({ length: classes }, (_, i) => String(i)),
    sha256: "",
  };
}
