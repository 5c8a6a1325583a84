// Which of a model's parameters a training changes.
import { InputError, type ParameterArena } from "@er/engine";
import type { Model } from "@er/models";
import { closest } from "fastest-levenshtein";
import type { TrainingConfig } from "./config.js";

const FROM = "from:";

/**
 * Freezes what `trainable` leaves out: for `head` all but the last layer, for `from:NAME` what comes before that part in the order of the
 * state_dict;
 * on features there is nothing but the head.
 *
 * @throws InputError for a name that is none of the model's, with the nearest
 */
export function setTrainable(model: Model, arena: ParameterArena, { trainable, features }: TrainingConfig): void {
  const names = [...arena.parameters.keys()];
  const part = isHeadAlone({ trainable, features }) ? "head" : trainable;
  const first = part === "all" ? 0 : firstOf(part === "head" ? model.head : part.slice(FROM.length), names);
  for (const [i, parameter] of [...arena.parameters.values()].entries()) {
    parameter.requiresGrad = i >= first;
  }
}

/** Whether nothing but the last layer is trained. */
export function isHeadAlone({ trainable, features }: Pick<TrainingConfig, "trainable" | "features">): boolean {
  return features || trainable === "head";
}

/** Whether a parameter is one of the model's last layer. */
export function isOfHead({ head }: Model, name: string): boolean {
  return name.startsWith(`${head}.`);
}

function firstOf(part: string, names: readonly string[]): number {
  const first = names.findIndex((name) => name === part || name.startsWith(`${part}.`));
  if (first < 0) {
    const parts = [...new Set(names.flatMap((name) => pathsOf(name)))];
    const outer = [...new Set(names.map((name) => name.split(".")[0]!))];
    throw new InputError(
      `trainable "${FROM}${part}": the model has no such part; did you mean "${closest(part, parts)}"? It has ${outer.join(", ")}, and parts of these, such as ${parts.find((path) => path.includes("."))}`,
    );
  }
  return first;
}

/** The paths of the modules that a parameter lies in. */
function pathsOf(name: string): string[] {
  const parts = name.split(".").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}
