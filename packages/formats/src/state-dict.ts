// Which of what a checkpoint holds are the weights: a dict of tensors, at the top or inside what training scripts wrap it in.

import { InputError } from "./errors.js";
import { Placeholder, within } from "./pickle-placeholder.js";
import { PickleDict, type PickleValue, shown } from "./pickle-values.js";
import { isOfTensors } from "./torch-pickle.js";
import { TorchTensor } from "./torch-tensor.js";

/**
 * Where training scripts keep the state dict, the weights themselves before their averages; what lies beside it, as the
 * optimiser's state, is no matter here.
 */
const WRAPPERS = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "net",
  "network",
  "module",
  "params",
  "weights",
  "state_dict_ema",
  "model_ema",
  "ema",
  "ema_state_dict",
  "params_ema",
];

/** Wrappers inside wrappers, as `model.state_dict`. */
const DEPTH_LIMIT = 3;

export interface FoundWeights {
  readonly tensors: Map<string, TorchTensor>;
  /** the keys that led there, with dots between; undefined at the top */
  readonly wrapper: string | undefined;
  /** entries beside the tensors that are none */
  readonly leftOut: readonly string[];
}

/**
 * The state dict of a checkpoint; entries that are no tensors are left out.
 *
 * @throws InputError where there is none, or where tensors could only be had by running what the file names
 */
export function findStateDict(root: PickleValue, what: string): FoundWeights {
  const seen = new Set<PickleValue>();
  const ofOthers = (value: PickleValue | undefined) =>
    value instanceof Placeholder && within(value, isOfTensors, seen) !== undefined;
  if (root instanceof Placeholder) throw foreign(what, root);
  const found = root instanceof PickleDict ? search(root, []) : undefined;
  if (found === undefined) {
    const keys = root instanceof PickleDict ? [...root.entries.keys()].slice(0, 8).map(shown).join(", ") : shown(root);
    throw new InputError(
      `${what}: no tensors at the top level or under ${WRAPPERS.join(", ")} (it holds: ${keys}); save model.state_dict()`,
    );
  }
  return found;

  function search(dict: PickleDict, path: readonly string[]): FoundWeights | undefined {
    if (path.length < DEPTH_LIMIT) {
      for (const key of WRAPPERS) {
        const inner = dict.get(key);
        // Going on to the next would take averages in the place of weights that cannot be had.
        if (ofOthers(inner)) throw foreign(`${what}: under "${[...path, key].join(".")}"`, inner as Placeholder);
        const found = inner instanceof PickleDict ? search(inner, [...path, key]) : undefined;
        if (found !== undefined) return found;
      }
    }
    const tensors = new Map<string, TorchTensor>();
    const leftOut: string[] = [];
    for (const [name, value] of dict.entries) {
      if (typeof name === "string" && value instanceof TorchTensor) tensors.set(name, value);
      else leftOut.push(typeof name === "string" ? name : shown(name));
    }
    const unread =
      path.length > 0 || tensors.size > 0 ? [...dict.entries].find(([, value]) => ofOthers(value)) : undefined;
    if (unread !== undefined) throw foreign(`${what}[${String(unread[0])}]`, unread[1] as Placeholder);
    return tensors.size === 0
      ? undefined
      : { tensors, wrapper: path.length === 0 ? undefined : path.join("."), leftOut };
  }
}

function foreign(where: string, { name }: Placeholder): InputError {
  return new InputError(
    `${where}: an object of "${name}", whose code would have to run to get at tensors; nothing was run. Save model.state_dict() with plain tensors, or safetensors`,
  );
}
