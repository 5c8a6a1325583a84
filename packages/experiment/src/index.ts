// The public surface of @er/experiment.
export { readClassFile } from "./class-file.js";
export { type Config, MOST_WIDTH, parseConfig } from "./config.js";
export { convertWeights } from "./convert-weights.js";
export { describeSelection } from "./describe-selection.js";
export { describeWeights, type WeightsSummary } from "./describe-weights.js";
export {
  type DifficultyEstimate,
  type DifficultyEstimateOptions,
  estimateDifficulty,
} from "./estimate-difficulty.js";
export { evaluationSteps } from "./evaluation-steps.js";
export { Evaluator, type EvaluatorOptions, type Predicted, type SplitResult } from "./evaluator.js";
export {
  type ChosenTestbed,
  chooseTestbed,
  type FitOptions,
  type FittedTestbed,
  fitTestbed,
  readModelList,
} from "./fitted-testbed.js";
export type { HoldOut } from "./hold-out.js";
export { type InterpolateOptions, type Interpolation, interpolate } from "./interpolate.js";
export { refuseOtherLabels } from "./label-splits.js";
export { logitsFile, readLogitsFile } from "./logits-file.js";
export {
  type LayerInfo,
  type MemoryInfo,
  type ModelInfo,
  type ModelInfoOptions,
  type ModelSummary,
  modelInfo,
  modelSummary,
} from "./model-info.js";
export { type ModelOfWeights, modelOfWeights } from "./model-of-weights.js";
export { refuseUnknownModel } from "./new-model.js";
export {
  type GivenClasses,
  givenClasses,
  type OutputClasses,
  outputClasses,
  refuseOtherCount,
} from "./output-classes.js";
export { PRESET_NAMES, preset } from "./presets.js";
export type { Progress, Watch } from "./progress.js";
export { type Evaluation, RunRecord } from "./record.js";
export { type RecordedTrajectories, recordedTrajectories, type TrajectoryOptions } from "./recorded-trajectories.js";
export { configOf, extendedConfig, type RunOptions, type RunResult, run } from "./run.js";
export { readRunPredictions, type StepPredictions } from "./run-predictions.js";
export { readScores, type ScoreOptions, type Scores } from "./score-file.js";
export { type ReportServer, type ServeOptions, serveReport } from "./serve-report.js";
export { type JsonObject, setByPath } from "./set-by-path.js";
export { shortNames } from "./short-names.js";
export { type StepOptions, type StepProgram, stepProgram } from "./step-program.js";
export { loadStudy, type StudyOptions } from "./study.js";
export { type LoadedTestbed, loadTestbed, type TestbedOptions, testbedOutcomes } from "./testbed.js";
export { type BuiltModel, type BuiltTestbed, defaultIdSplit } from "./testbed-directory.js";
export {
  pairedPredictions,
  readTestbedSplit,
  type TestbedSplit,
  type TestbedSplitOptions,
} from "./testbed-predictions.js";
export { runTestbedBuild, type TestbedRunOptions, testbedConfigOf } from "./testbed-run.js";
export { readTextFile } from "./text-file.js";
export { Trainer } from "./trainer.js";
export { type Flaw, type Verified, verify } from "./verify.js";
export { VERSION } from "./versions.js";
export { type HeadRule, loadInto, readWeights } from "./weights.js";
export { describeNormalization, sameNormalization, type WeightsFacts, weightsFacts } from "./weights-facts.js";
export { type WeightsSource, weightsDirectory, weightsSource } from "./weights-source.js";
export { checkFigureFile, writeFigure } from "./write-figure.js";
export { writeReportTo } from "./write-report.js";
