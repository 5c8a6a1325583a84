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
export { type BootstrapOptions, type BootstrapRobustness, bootstrapRobustness } from "./bootstrap-robustness.js";
export { type Churn, churn, type LearningHistory, learningHistory } from "./churn.js";
export { type ClassRobustness, classRobustness } from "./class-robustness.js";
export { type ClassAccuracy, type ClassScores, classScores } from "./class-scores.js";
export { examplesOfClasses, takeExamples } from "./class-subset.js";
export { type CsvTable, cellName, numberIn, readCsvTable } from "./csv-table.js";
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
export { type EffectiveRobustness, effectiveRobustness, erZScore } from "./effective-robustness.js";
export { InputError } from "./errors.js";
export {
  INTERVAL_METHODS,
  type IntervalMethod,
  type IntervalOptions,
  intervalMethodNamed,
  type ModelIntervalOptions,
  type ModelRobustness,
  type RobustnessWithScore,
  robustnessAgainst,
  robustnessOfModels,
} from "./interval-method.js";
export { linregress, type Regression } from "./linregress.js";
export { logistic, logit } from "./logit.js";
export { type Logits, predictAmong, topKRight } from "./logits.js";
export { commonAccuracies, type MatchedAccuracy, type MatchedRun, matchedAccuracies } from "./matched-accuracy.js";
export { type BandStep, type MeanTrajectory, type MeanTrajectoryOptions, meanTrajectory } from "./mean-trajectory.js";
export {
  describeNamedTestbed,
  type NamedTestbedDescription,
  namedTestbed,
  TESTBED_NAMES,
  type TestbedName,
  type TestbedSplit,
} from "./named-testbeds.js";
export { agreement, type Overlap, overlap } from "./overlap.js";
export { type Outcomes, type PairedBootstrapOptions, pairedBootstrapRobustness } from "./paired-bootstrap.js";
export { type Proportion, type ProportionOptions, proportionOf } from "./proportion.js";
export { isRight, type RightAnswers, rightAnswers } from "./right-answers.js";
export { SCALE_NAMES, SCALES, type Scale, type ScaleFunctions, scaleNamed } from "./scale.js";
export {
  defaultRule,
  type LeftOut,
  MODEL_RULES,
  type ModelChoice,
  type ModelRule,
  type ModelSelection,
  parseModelList,
  type SelectionOptions,
  selectModels,
} from "./select-models.js";
export {
  parseKindsCsv,
  parseTestbedCsv,
  type TestbedCsv,
  type TestbedCsvOptions,
  testbedCsv,
  testbedCsvColumns,
} from "./testbed-csv.js";
export {
  type ModelPredictions,
  outcomesFromPredictions,
  type SplitPredictions,
  testbedFromPredictions,
} from "./testbed-predictions.js";
export { type TestbedRobustness, type TestbedRobustnessOptions, testbedRobustness } from "./testbed-robustness.js";
export {
  type End,
  type EvaluatedStep,
  erTrajectory,
  type Peak,
  type RunEvaluations,
  type Trajectory,
  type TrajectoryStep,
} from "./trajectory.js";
export { type Answer, answersTo, rightAmong, unsolvedExamples } from "./unsolved.js";
