// Accuracy by how hard the examples are, where a score says so from elsewhere: a C-score (Jiang et al. 2021), a model's doubt,
// any number an example. The score is taken as it is; only its order matters here.

import { InputError } from "./errors.js";
import { type Proportion, type ProportionOptions, proportionOf } from "./proportion.js";
import { isRight, type RightAnswers } from "./right-answers.js";

/** Which end of a score is easy: a C-score's is high, an error rate's low. */
export type ScoreDirection = "high-is-easy" | "low-is-easy";

/** Examples of like difficulty. */
export interface DifficultyBin {
  /** smallest and largest score of its examples */
  readonly scores: readonly [number, number];
  /** its examples */
  readonly indices: Uint32Array;
}

/** The examples in bins of equal number. */
export interface DifficultyBins {
  /** from the easiest to the hardest */
  readonly bins: readonly DifficultyBin[];
  /** examples without a score (NaN), in no bin */
  readonly unscored: number;
}

/**
 * Sorts examples by score into bins of equal number, the first ones larger by one where they do not come out even (as
 * `numpy.array_split` of a stable `argsort`). Examples of equal score keep their order, and may lie in two bins.
 *
 * @param scores [n] a number an example; NaN for none
 * @param options.bins whole number, at least 1 and at most the number of examples scored
 * @throws InputError on a number of bins out of range
 */
export function difficultyBins(
  scores: ArrayLike<number>,
  { bins, direction }: { readonly bins: number; readonly direction: ScoreDirection },
): DifficultyBins {
  const scored: number[] = [];
  for (let i = 0; i < scores.length; i++) if (!Number.isNaN(scores[i])) scored.push(i);
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= scored.length)) {
    throw new InputError(
      `difficultyBins: got ${bins} bins for ${scored.length} scored examples; expected from 1 to as many as those`,
    );
  }
  const sign = direction === "high-is-easy" ? -1 : 1;
  const order = Uint32Array.from(scored).sort((a, b) => sign * (scores[a]! - scores[b]!) || a - b);
  const [each, rest] = [Math.floor(order.length / bins), order.length % bins];
  const start = (bin: number) => bin * each + Math.min(bin, rest);
  return {
    bins: Array.from({ length: bins }, (_, bin) => {
      const indices = order.slice(start(bin), start(bin + 1));
      const [first, last] = [scores[indices[0]!]!, scores[indices.at(-1)!]!];
      return { scores: sign === 1 ? [first, last] : [last, first], indices };
    }),
    unscored: scores.length - scored.length,
  };
}

/**
 * A model's accuracy in each bin.
 *
 * @throws InputError where the bins hold examples that the model was not asked about, or a level is out of range
 */
export function accuracyByDifficulty(
  bins: readonly DifficultyBin[],
  model: RightAnswers,
  options: ProportionOptions = {},
): Proportion[] {
  return bins.map(({ indices }) => {
    let count = 0;
    for (const i of indices) {
      if (i >= model.n) {
        throw new InputError(`accuracyByDifficulty: a score for example ${i}, of which the model has ${model.n}`);
      }
      if (isRight(model, i)) count++;
    }
    return proportionOf(count, indices.length, options);
  });
}

/** What a probability may be past 0 or 1. */
const TOLERANCE = 1e-3;

/**
 * A score of difficulty from class probabilities: 1 − p(true class), low for what is easy.
 *
 * @param probabilities [n, classes] row-major
 * @param labels [n] the true class of every example
 * @throws InputError where they do not fit together, and for what is no probability
 */
export function trueClassDoubt(
  probabilities: ArrayLike<number>,
  classes: number,
  labels: ArrayLike<number>,
): Float64Array {
  if (probabilities.length !== labels.length * classes) {
    throw new InputError(
      `trueClassDoubt: got ${probabilities.length} probabilities of ${classes} classes for ${labels.length} labels; expected a row a label`,
    );
  }
  const doubt = new Float64Array(labels.length);
  for (let i = 0; i < doubt.length; i++) {
    const label = labels[i]!;
    if (!(label >= 0 && label < classes)) {
      throw new InputError(`trueClassDoubt: label ${label} of example ${i} is outside 0 to ${classes - 1}`);
    }
    const probability = probabilities[i * classes + label]!;
    // A little is left to rounding, in float32 or half.
    if (probability < -TOLERANCE || probability > 1 + TOLERANCE) {
      throw new InputError(
        `trueClassDoubt: got ${probability} for class ${label} of example ${i}; expected a probability from 0 to 1 (of logits? take their softmax first)`,
      );
    }
    doubt[i] = 1 - probability;
  }
  return doubt;
}
