// A model by name, with its head for so many classes.
import type { ImageSet } from "@er/data";
import { InputError } from "@er/engine";
import { createModel, MODEL_NAMES, type Model } from "@er/models";
import { closest } from "fastest-levenshtein";
import type { Config } from "./config.js";

/** A configuration's model for a set. @throws InputError for an unknown model */
export function newModel({ model }: Config, set: ImageSet, width = model.width): Model {
  return modelNamed(model.name, { classes: set.classNames.length, ...(width !== undefined && { width }) });
}

/** @throws InputError for an unknown model, with the nearest name there is */
export function modelNamed(name: string, options: Parameters<typeof createModel>[1]): Model {
  try {
    return createModel(name, options);
  } catch (cause) {
    if (cause instanceof InputError && !MODEL_NAMES.includes(name)) {
      throw new InputError(`${cause.message}; did you mean "${closest(name, MODEL_NAMES)}"?`, { cause });
    }
    throw cause;
  }
}

/** @throws InputError for an unknown model, before there is anything to build one for */
export function refuseUnknownModel(name: string, width: number | undefined): void {
  modelNamed(name, { classes: 1, ...(width !== undefined && { width }) });
}
