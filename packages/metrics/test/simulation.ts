// Testbeds and models of known truth, drawn with a fixed seed, for tests of how often intervals cover it.

import { type Accuracy, SCALES, type Scale, type TestbedModel } from "../src/index.js";
import { type Draws, draws } from "../src/resampling.js";

/** A population of ordinary models about a line, and one model that stands so far above it. */
export interface World {
  readonly scale: Scale;
  /** models in a testbed */
  readonly models: number;
  /** examples that the testbed is evaluated on, ID and OOD alike */
  readonly n: number;
  /** examples that the model is evaluated on */
  readonly own: { readonly id: number; readonly ood: number };
  /** standard deviation of ordinary models about the line, on the scale */
  readonly scatter: number;
  /** ID accuracy of the model */
  readonly accId: number;
  /** its true effective robustness */
  readonly er: number;
}

/** The line of every world, and the range of ID accuracies of its models on the scale. */
const LINE = { slope: 0.85, intercept: -0.5, from: -0.5, to: 2.5 };

export class Simulation {
  readonly #random: Draws;

  constructor(seed: number) {
    this.#random = draws(seed);
  }

  /** strictly between 0 and 1 */
  uniform(): number {
    return (this.#random.below(2 ** 32) + 0.5) / 2 ** 32;
  }

  /** standard normal, by Box and Muller */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  accuracy(n: number, p: number): Accuracy {
    return { accuracy: this.#random.binomial(n, p) / n, n };
  }

  testbed({ scale, models, n, scatter }: World): TestbedModel[] {
    const { inverse } = SCALES[scale];
    return Array.from({ length: models }, (_, i) => {
      const x = LINE.from + (LINE.to - LINE.from) * this.uniform();
      const y = LINE.intercept + LINE.slope * x + scatter * this.normal();
      return { model: `m${i}`, id: this.accuracy(n, inverse(x)), ood: this.accuracy(n, inverse(y)) };
    });
  }

  model({ own, accId, ...world }: World): { id: Accuracy; ood: Accuracy } {
    return { id: this.accuracy(own.id, accId), ood: this.accuracy(own.ood, trueOod(world, accId) + world.er) };
  }
}

/** The OOD accuracy on the true line. */
export function trueOod({ scale }: Pick<World, "scale">, accId: number): number {
  const { forward, inverse } = SCALES[scale];
  return inverse(LINE.intercept + LINE.slope * forward(accId));
}
