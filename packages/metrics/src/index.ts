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
export { type Churn, churn, type LearningHistory, learningHistory } from "./churn.js";
export { type ClassRobustness, classRobustness } from "./class-robustness.js";
export { type ClassAccuracy, type ClassScores, classScores } from "./class-scores.js";
export { examplesOfClasses, takeExamples } from "./class-subset.js";
export {
  accuracyByDifficulty,
  type DifficultyBin,
  type DifficultyBins,
  difficultyBins,
  type ScoreDirection,
  trueClassDoubt,
} from "./difficulty.js";
export {
  type DominanceByGap,
  type DominancePair,
  type DominanceSummary,
  dominance,
  dominanceCounts,
  summarizeDominance,
} from "./dominance.js";
export { type EffectiveRobustness, effectiveRobustness } from "./effective-robustness.js";
export { InputError } from "./errors.js";
export { linregress, type Regression } from "./linregress.js";
export { logistic, logit } from "./logit.js";
export { type Logits, predictAmong, topKRight } from "./logits.js";
export { namedTestbed, TESTBED_NAMES, type TestbedName } from "./named-testbeds.js";
export { agreement, type Overlap, overlap } from "./overlap.js";
export { type IntervalOptions, type Proportion, proportionOf } from "./proportion.js";
export { isRight, type RightAnswers, rightAnswers } from "./right-answers.js";
export { parseTestbedCsv, type TestbedCsv, type TestbedCsvOptions } from "./testbed-csv.js";
export { type ModelPredictions, type SplitPredictions, testbedFromPredictions } from "./testbed-predictions.js";
export { type Answer, answersTo, rightAmong, unsolvedExamples } from "./unsolved.js";
