// The model that weights are of, with a head as wide as theirs; no adapter is needed to tell.
import { checkStateDict, InputError, ParameterArena, type StateEntry } from "@er/engine";
import { type Model, widthOf } from "@er/models";
import { modelNamed } from "./new-model.js";

export interface ModelOfWeights {
  readonly model: Model;
  readonly arena: ParameterArena;
  /** Outputs of the head, a matrix [classes, features] or a convolution [classes, features, 1, 1]. */
  readonly classes: number;
}

/**
 * @param width channels of the first stage; the weights' own where it is left out
 * @param source how messages name the weights
 * @throws InputError for an unknown model, and for weights that do not fit it
 */
export function modelOfWeights(
  name: string,
  width: number | undefined,
  entries: ReadonlyMap<string, StateEntry>,
  source: string,
): ModelOfWeights {
  const build = (classes: number) => modelNamed(name, { classes, ...widthFor(name, width, entries) });
  // Without the head, which is then among what is missing, any number will do.
  const classes = entries.get(`${build(1).head}.weight`)?.shape[0] ?? 1;
  if (classes < 1) {
    throw new InputError(`${source}: a head of no classes`);
  }
  const model = build(classes);
  const arena = new ParameterArena(model.module, 0);
  try {
    checkStateDict(arena, entries);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${source}: ${error.message}`, { cause: error }) : error;
  }
  return { model, arena, classes };
}

/** The width of a model that takes any: the one given, or as the weights have it. */
export function widthFor(
  name: string,
  given: number | undefined,
  weights: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): { readonly width?: number } {
  const named = widthOf(name);
  const width = given ?? (named === undefined ? undefined : weights.get(named)?.shape[0]);
  return width === undefined || width < 1 ? {} : { width };
}
