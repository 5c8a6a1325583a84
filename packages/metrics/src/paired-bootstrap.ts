// The bootstrap interval of effective robustness where it is known of every example whether model and testbed got it
// right: examples are drawn again for all of them at once. The arrays come from elsewhere: no file is read here.

import { type Accuracy, accuracyOf, checkLevel } from "./accuracy.js";
import { fitBaseline, type TestbedModel } from "./baseline.js";
import {
  type BootstrapOptions,
  type BootstrapRobustness,
  expandedPercentiles,
  stretchedPrediction,
} from "./bootstrap-robustness.js";
import { InputError } from "./errors.js";
import { ResampledLine } from "./resampled-line.js";
import { checkReplicates, type Draws, draws } from "./resampling.js";
import { robustnessParts } from "./robustness-parts.js";
import { accuracyOnScale, SCALES } from "./scale.js";

/** Whether each example of the two splits was classified right: 1 or true, 0 or false. */
export interface Outcomes {
  readonly model: string;
  readonly id: ArrayLike<number | boolean>;
  readonly ood: ArrayLike<number | boolean>;
}

/** How a paired bootstrap is done. */
export interface PairedBootstrapOptions extends BootstrapOptions {
  /** whether the model was evaluated on the testbed's own examples, in the same order; both true where left out */
  readonly shared?: { readonly id?: boolean; readonly ood?: boolean };
}

/**
 * Effective robustness with a percentile bootstrap interval over models and examples. In each replicate the examples of
 * both splits are drawn with replacement, every accuracy of the testbed is counted anew on them, the testbed's models are
 * drawn with replacement and the line is fitted again. Where a split is shared, the model is counted on the very examples
 * that the testbed is, so that what makes a test set easy for all of them cancels, as it does in the estimate.
 *
 * Drawing both factors of a crossed design is Owen's pigeonhole bootstrap ("The pigeonhole bootstrap", Annals of Applied
 * Statistics 1(2), 2007), which counts what is particular to a model and an example more than once, and so is a little
 * wide rather than narrow. The percentiles are expanded as in `bootstrapRobustness`.
 *
 * @param testbed at least 3 models; all have as many examples of a split, one or more
 * @param model the model itself, which should not be among them
 * @throws InputError on a testbed that `fitBaseline` refuses, unequal numbers of examples, or a seed, level or number of
 *   replicates that cannot be
 */
export function pairedBootstrapRobustness(
  testbed: readonly Outcomes[],
  model: Outcomes,
  { scale = "logit", level = 0.95, replicates = 2000, seed = 0, shared = {} }: PairedBootstrapOptions = {},
): BootstrapRobustness {
  checkLevel("pairedBootstrapRobustness", level);
  checkReplicates(replicates);
  const models = testbed.map(({ model, id, ood }): TestbedModel => ({ model, id: all(id), ood: all(ood) }));
  const baseline = fitBaseline(models, { scale });
  const own = { id: all(model.id), ood: all(model.ood) };
  const parts = robustnessParts(baseline, own.id, own.ood);
  const random = draws(seed);
  const splits = {
    id: new ResampledSplit("id", testbed, model, shared.id ?? true, random),
    ood: new ResampledSplit("ood", testbed, model, shared.ood ?? true, random),
  };

  const { forward } = SCALES[scale];
  const onScale = (accuracy: Accuracy) =>
    forward(accuracyOnScale(scale, "pairedBootstrapRobustness", accuracy).accuracy);
  const values = new Float64Array(replicates);
  let degenerate = 0;
  for (let i = 0; i < replicates; i++) {
    const id = splits.id.next();
    const ood = splits.ood.next();
    const x = id.testbed.map(onScale);
    // Few examples may leave all models at one accuracy; then the line of the whole is as much as can be said.
    if (x.every((value) => value === x[0])) {
      degenerate++;
      i--;
      continue;
    }
    const lines = new ResampledLine({ x, y: ood.testbed.map(onScale) }, random);
    values[i] = ood.model.accuracy - stretchedPrediction(baseline, lines.next(), id.model);
    degenerate += lines.degenerate;
  }
  return { ...expandedPercentiles(baseline, parts, values, level), replicates, seed, degenerate, paired: true };
}

/** One split's examples, drawn again and again. */
class ResampledSplit {
  readonly #testbed: readonly Uint8Array[];
  readonly #model: Uint8Array;
  readonly #shared: boolean;
  readonly #random: Draws;
  /** how often each example is drawn */
  readonly #times: Uint16Array;
  readonly #ownTimes: Uint16Array;

  constructor(split: "id" | "ood", testbed: readonly Outcomes[], model: Outcomes, shared: boolean, random: Draws) {
    this.#testbed = testbed.map((outcomes) => bytes(outcomes[split]));
    this.#model = bytes(model[split]);
    const n = this.#testbed[0]!.length;
    for (const [i, { length }] of this.#testbed.entries()) {
      if (length !== n) {
        throw new InputError(
          `model ${JSON.stringify(testbed[i]!.model)}, ${split}: got ${length} outcomes where model ${JSON.stringify(testbed[0]!.model)} has ${n}; expected the same examples`,
        );
      }
    }
    if (shared && this.#model.length !== n) {
      throw new InputError(
        `model ${JSON.stringify(model.model)}, ${split}: got ${this.#model.length} outcomes for the testbed's ${n}; expected the same examples, or a split that is not shared`,
      );
    }
    this.#shared = shared;
    this.#random = random;
    this.#times = new Uint16Array(n);
    this.#ownTimes = shared ? this.#times : new Uint16Array(this.#model.length);
  }

  next(): { testbed: Accuracy[]; model: Accuracy } {
    this.#draw(this.#times);
    if (!this.#shared) this.#draw(this.#ownTimes);
    return {
      testbed: this.#testbed.map((outcomes) => weighted(outcomes, this.#times)),
      model: weighted(this.#model, this.#ownTimes),
    };
  }

  #draw(times: Uint16Array): void {
    times.fill(0);
    for (let i = 0; i < times.length; i++) times[this.#random.below(times.length)]!++;
  }
}

function bytes(outcomes: ArrayLike<number | boolean>): Uint8Array {
  return Uint8Array.from({ length: outcomes.length }, (_, i) => (outcomes[i] ? 1 : 0));
}

function all(outcomes: ArrayLike<number | boolean>): Accuracy {
  let correct = 0;
  for (let i = 0; i < outcomes.length; i++) correct += outcomes[i] ? 1 : 0;
  return accuracyOf(correct, outcomes.length);
}

function weighted(outcomes: Uint8Array, times: Uint16Array): Accuracy {
  let correct = 0;
  for (let i = 0; i < outcomes.length; i++) correct += outcomes[i]! * times[i]!;
  return { accuracy: correct / outcomes.length, n: outcomes.length };
}
