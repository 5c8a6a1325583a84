// The public surface of @er/models.
export { createModel, IMAGENET_NORMALIZATION, type Model, type Normalization } from "./model.js";
