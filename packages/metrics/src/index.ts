export {
  type Accuracy,
  accuracyInterval,
  accuracyOf,
  type FiniteAccuracy,
  finiteAccuracy,
  type Interval,
} from "./accuracy.js";
export {
  type Baseline,
  type ContinuityCorrection,
  fitBaseline,
  predictionBand,
  predictOod,
  type TestbedModel,
} from "./baseline.js";
export { type EffectiveRobustness, effectiveRobustness } from "./effective-robustness.js";
export { InputError } from "./errors.js";
export { linregress, type Regression } from "./linregress.js";
export { logistic, logit } from "./logit.js";
export { namedTestbed, TESTBED_NAMES, type TestbedName } from "./named-testbeds.js";
export { parseTestbedCsv, type TestbedCsv, type TestbedCsvOptions } from "./testbed-csv.js";
export { type ModelPredictions, type SplitPredictions, testbedFromPredictions } from "./testbed-predictions.js";
