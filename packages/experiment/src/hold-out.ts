// Which examples each of several models does not see in training.
import { InputError, RandomStream } from "@er/engine";

/**
 * How examples are held out: `shares`, each model trains on a random share of them, drawn anew for each; `folds`, the
 * examples are dealt into as many folds as there are models, and each model trains on all but one.
 */
export type HoldOut =
  | { readonly kind: "shares" /** a fraction, below 1 */; readonly share: number }
  | { readonly kind: "folds"; readonly folds: number };

/** A model's examples, indices rising. */
export interface Parts {
  readonly trained: Uint32Array;
  readonly heldOut: Uint32Array;
}

/**
 * The examples that one of the models sees and those that it does not; they depend on the arguments alone.
 *
 * @param n number of examples
 * @param model the model's place, from 0
 * @throws InputError where a model would see or hold out nothing
 */
export function partsOf(holdOut: HoldOut, n: number, seed: number, model: number): Parts {
  const [from, to, order] = heldOutRange(holdOut, n, seed, model);
  if (from === to || to - from === n) {
    throw new InputError(
      `of ${n} examples a model would hold out ${to - from}; expected some for training and some to hold out`,
    );
  }
  const trained = new Uint32Array(n - (to - from));
  trained.set(order.subarray(0, from));
  trained.set(order.subarray(to), from);
  return { trained: trained.sort(), heldOut: order.slice(from, to).sort() };
}

function heldOutRange(holdOut: HoldOut, n: number, seed: number, model: number): [number, number, Uint32Array] {
  if (holdOut.kind === "shares") {
    const order = new RandomStream(seed, `share of model ${model}`).permutation(n);
    return [Math.round(holdOut.share * n), n, order];
  }
  const { folds } = holdOut;
  const order = new RandomStream(seed, "folds").permutation(n);
  return [Math.floor((model * n) / folds), Math.floor(((model + 1) * n) / folds), order];
}
