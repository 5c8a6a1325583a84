// Published weights by name.
import { closest } from "fastest-levenshtein";
import { InputError } from "../errors.js";
import { BIT } from "./bit.js";
import { CIFAR_RESNETS } from "./cifar-resnets.js";
import type { WeightsEntry } from "./entry.js";
import { TORCHVISION } from "./torchvision.js";

/** Every registered weight file. */
export const WEIGHTS: readonly WeightsEntry[] = [...CIFAR_RESNETS, ...TORCHVISION, ...BIT];

/** @throws InputError for a name that is not registered, with the nearest one that is */
export function findWeights(name: string): WeightsEntry {
  const found = WEIGHTS.find((entry) => entry.name === name);
  if (found === undefined) {
    const nearest = closest(
      name,
      WEIGHTS.map((entry) => entry.name),
    );
    throw new InputError(
      `no weights are registered as "${name}"; did you mean "${nearest}"? er weights list has them all`,
    );
  }
  return found;
}
