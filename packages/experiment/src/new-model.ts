// A configuration's model, with its head for one set's classes.
import type { ImageSet } from "@er/data";
import { createModel, type Model } from "@er/models";
import type { Config } from "./config.js";

/** @throws InputError for an unknown model */
export function newModel({ model }: Config, set: ImageSet, width = model.width): Model {
  return createModel(model.name, { classes: set.classNames.length, ...(width !== undefined && { width }) });
}
