/// <reference types="@webgpu/types" preserve="true" />
// The public surface of @er/engine.

export { cacheDirectory } from "./cache-directory.js";
export * from "./device/index.js";
export { InputError, ShapeError } from "./errors.js";
export { backward } from "./graph/autodiff.js";
export { Graph } from "./graph/graph.js";
export { type DType, type Shape, sameShape, sizeOf, type Tensor } from "./graph/tensor.js";
export { toHalf } from "./half.js";
export { type KernelName, kernelNames, kernelSource } from "./kernels.js";
export { constant, kaimingNormal, normal, uniform } from "./nn/init.js";
export {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  FlattenChannelsFirst,
  GlobalAvgPool2d,
  GroupNorm,
  Linear,
  MaxPool2d,
  ReLU,
  StandardizedConv2d,
} from "./nn/layers.js";
export { Module, Sequential, type Trace } from "./nn/module.js";
export { BufferState, type Initializer, Parameter, type StateTensor } from "./nn/parameter.js";
export { accumulateMetrics, storeRows } from "./ops/accumulate.js";
export { adaptiveAvgPool2d } from "./ops/adaptive-avg-pool.js";
export { add } from "./ops/add.js";
export { argmax, NO_CLASS } from "./ops/argmax.js";
export { BATCH_NORM_MOMENTUM, batchNorm } from "./ops/batch-norm.js";
export { bias } from "./ops/bias.js";
export { cast } from "./ops/cast.js";
export { flattenChannelsFirst } from "./ops/channels-first.js";
export { conv2d } from "./ops/conv2d.js";
export { crossEntropy } from "./ops/cross-entropy.js";
export { dropout } from "./ops/dropout.js";
export { ema } from "./ops/ema.js";
export { groupNorm } from "./ops/group-norm.js";
export { type Augmentation, imageBatch } from "./ops/image-batch.js";
export { matmul } from "./ops/matmul.js";
export { pad2d } from "./ops/pad2d.js";
export { avgPool2d, globalAvgPool2d, maxPool2d } from "./ops/pool.js";
export { relu } from "./ops/relu.js";
export { flatten, reshape } from "./ops/reshape.js";
export { scaleLoss } from "./ops/scale-loss.js";
export { type SgdOptions, sgd } from "./ops/sgd.js";
export { standardizeWeight } from "./ops/standardize-weight.js";
export { subsamplePad } from "./ops/subsample-pad.js";
export { type LossScale, lossScale } from "./optim/loss-scale.js";
export { type LearningRate, learningRateAt, type Schedule } from "./optim/schedule.js";
export { compilePlan } from "./plan/compile.js";
export { type Plan, plan } from "./plan/plan.js";
export { philox, RandomStream } from "./random.js";
export { ParameterArena } from "./run/parameter-arena.js";
export { Program } from "./run/program.js";
export { type ResidentImages, residentImages } from "./run/resident-images.js";
export { type CompileOptions, Runtime } from "./run/runtime.js";
export {
  checkStateDict,
  loadStateDict,
  loadVelocityDict,
  type StateDict,
  type StateEntry,
  stateDict,
  velocityDict,
} from "./run/state-dict.js";
export { readTuning, tuningFile, writeTuning } from "./tune/cache.js";
export { type Tuned, type TuneOptions, tune } from "./tune/tuner.js";
