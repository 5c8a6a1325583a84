// Which of what a checkpoint holds are the weights: a dict of tensors, at the top or inside what training scripts wrap it in.

import { InputError } from "./errors.js";
import { PickleDict, type PickleValue, shown } from "./pickle-values.js";
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

/** `DataParallel` puts this before every name. */
const PARALLEL_PREFIX = "module.";

export interface FoundWeights {
  readonly tensors: Map<string, TorchTensor>;
  /** the keys that led there, with dots between; undefined at the top */
  readonly wrapper: string | undefined;
}

/**
 * The state dict of a checkpoint; entries that are no tensors are left out, and `module.` is stripped where every name has it.
 *
 * @throws InputError where there is none
 */
export function findStateDict(root: PickleValue, what: string): FoundWeights {
  const found = root instanceof PickleDict ? search(root, []) : undefined;
  if (found === undefined) {
    const keys = root instanceof PickleDict ? [...root.entries.keys()].slice(0, 8).map(shown).join(", ") : shown(root);
    throw new InputError(
      `${what}: no tensors at the top level or under ${WRAPPERS.join(", ")} (it holds: ${keys}); save model.state_dict()`,
    );
  }
  return found;
}

function search(dict: PickleDict, path: readonly string[]): FoundWeights | undefined {
  if (path.length < DEPTH_LIMIT) {
    for (const key of WRAPPERS) {
      const inner = dict.get(key);
      const found = inner instanceof PickleDict ? search(inner, [...path, key]) : undefined;
      if (found !== undefined) return found;
    }
  }
  const named = [...dict.entries].filter(
    (entry): entry is [string, TorchTensor] => typeof entry[0] === "string" && entry[1] instanceof TorchTensor,
  );
  if (named.length === 0) return undefined;
  const parallel = named.every(([name]) => name.startsWith(PARALLEL_PREFIX));
  return {
    tensors: new Map(
      named.map(([name, tensor]) => [parallel ? name.slice(PARALLEL_PREFIX.length) : name, tensor] as const),
    ),
    wrapper: path.length === 0 ? undefined : path.join("."),
  };
}
