// The public surface of @er/models.
export { createModel, IMAGENET_NORMALIZATION, MODEL_NAMES, type Model, type Normalization } from "./model.js";
