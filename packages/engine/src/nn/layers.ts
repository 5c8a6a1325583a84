// The layers with names, parameters and defaults of torch.nn. Images are NHWC. As under torch.autocast, the type of its input
// decides in which a layer computes: weights are cast to it, while biases and all of batch-norm stay f32.

import { InputError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import { adaptiveAvgPool2d } from "../ops/adaptive-avg-pool.js";
import { batchNorm } from "../ops/batch-norm.js";
import { cast } from "../ops/cast.js";
import { flattenChannelsFirst } from "../ops/channels-first.js";
import { conv2d, conv2dOp } from "../ops/conv2d.js";
import { dropout } from "../ops/dropout.js";
import { floatType } from "../ops/float-type.js";
import { groupNorm } from "../ops/group-norm.js";
import { matmulOp } from "../ops/matmul.js";
import { avgPool2d, globalAvgPool2d, maxPool2d } from "../ops/pool.js";
import { relu } from "../ops/relu.js";
import { flatten } from "../ops/reshape.js";
import { standardizeWeight } from "../ops/standardize-weight.js";
import { constant, uniform } from "./init.js";
import { Module, type Trace } from "./module.js";
import { BufferState, type Initializer, Parameter } from "./parameter.js";

function weightFor(graph: Graph, x: Tensor, weight: Parameter): Tensor {
  return cast(graph, graph.parameter(weight), floatType("layer", x));
}

/** y = x Wᵀ + b with W [out, in] (torch.nn.Linear). */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    inputs: number,
    outputs: number,
    options: { bias?: boolean; weightInit?: Initializer; biasInit?: Initializer } = {},
  ) {
    super();
    const bound = uniform(1 / Math.sqrt(inputs));
    this.weight = new Parameter([outputs, inputs], options.weightInit ?? bound);
    this.bias = (options.bias ?? true) ? new Parameter([outputs], options.biasInit ?? bound) : undefined;
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    const inputs = [x, weightFor(graph, x, this.weight)];
    if (this.bias !== undefined) {
      inputs.push(graph.parameter(this.bias));
    }
    return graph.add(matmulOp, inputs, { transposeA: false, transposeB: true })[0]!;
  }
}

/** 2-D convolution with W [out, in, k, k] (torch.nn.Conv2d; dilation 1, groups 1). */
export class Conv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly #stride: number;
  readonly #padding: number;

  constructor(
    inputs: number,
    outputs: number,
    kernel: number,
    options: {
      stride?: number;
      padding?: number;
      bias?: boolean;
      weightInit?: Initializer;
      biasInit?: Initializer;
    } = {},
  ) {
    super();
    const bound = uniform(1 / Math.sqrt(inputs * kernel * kernel));
    this.weight = new Parameter([outputs, inputs, kernel, kernel], options.weightInit ?? bound, "oihw");
    this.bias = (options.bias ?? true) ? new Parameter([outputs], options.biasInit ?? bound) : undefined;
    this.#stride = options.stride ?? 1;
    this.#padding = options.padding ?? 0;
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    const inputs = [x, weightFor(graph, x, this.weight)];
    if (this.bias !== undefined) {
      inputs.push(graph.parameter(this.bias));
    }
    return graph.add(conv2dOp, inputs, { stride: this.#stride, padding: this.#padding })[0]!;
  }
}

/** A convolution whose weights are standardised before each use, eps 1e-10 (BiT's StdConv2d; Qiao et al. 2019); no bias. */
export class StandardizedConv2d extends Module {
  readonly weight: Parameter;
  readonly #stride: number;
  readonly #padding: number;

  constructor(
    inputs: number,
    outputs: number,
    kernel: number,
    options: { stride?: number; padding?: number; weightInit?: Initializer } = {},
  ) {
    super();
    const bound = uniform(1 / Math.sqrt(inputs * kernel * kernel));
    this.weight = new Parameter([outputs, inputs, kernel, kernel], options.weightInit ?? bound, "oihw");
    this.#stride = options.stride ?? 1;
    this.#padding = options.padding ?? 0;
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    const standardized = standardizeWeight(graph, graph.parameter(this.weight));
    const weight = cast(graph, standardized, floatType("layer", x));
    return conv2d(graph, x, weight, { stride: this.#stride, padding: this.#padding });
  }
}

/** Batch normalisation over all but the channels (torch.nn.BatchNorm2d; eps 1e-5, momentum 0.1). */
export class BatchNorm2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly running_mean: BufferState;
  readonly running_var: BufferState;

  constructor(channels: number) {
    super();
    this.weight = new Parameter([channels], constant(1));
    this.bias = new Parameter([channels], constant(0));
    this.running_mean = new BufferState("running_mean", [channels], new Float32Array(channels));
    this.running_var = new BufferState("running_var", [channels], new Float32Array(channels).fill(1));
  }

  override forward({ graph, training, frozenStatistics = false }: Trace, x: Tensor): Tensor {
    const tensors = {
      weight: graph.parameter(this.weight),
      bias: graph.parameter(this.bias),
      runningMean: graph.state(this.running_mean),
      runningVar: graph.state(this.running_var),
    };
    const trained = training && !frozenStatistics && this.weight.requiresGrad;
    return batchNorm(graph, x, tensors, { training: trained });
  }
}

/** Group normalisation (torch.nn.GroupNorm; eps 1e-5). */
export class GroupNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #groups: number;

  constructor(groups: number, channels: number) {
    super();
    this.weight = new Parameter([channels], constant(1));
    this.bias = new Parameter([channels], constant(0));
    this.#groups = groups;
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    const tensors = { weight: graph.parameter(this.weight), bias: graph.parameter(this.bias) };
    return groupNorm(graph, x, tensors, { groups: this.#groups });
  }
}

/** Elements set to zero with probability p in training, the others divided by 1 - p (torch.nn.Dropout; p 0.5). */
export class Dropout extends Module {
  readonly #p: number;

  constructor(p = 0.5) {
    super();
    this.#p = p;
  }

  override forward({ graph, training, counter }: Trace, x: Tensor): Tensor {
    if (!training || this.#p === 0) {
      return x;
    }
    if (counter === undefined) {
      throw new InputError("dropout: a trace for training without a counter; give the step's, from which it draws");
    }
    return dropout(graph, x, counter, this.#p);
  }
}

/** max(x, 0) (torch.nn.ReLU). */
export class ReLU extends Module {
  override forward({ graph }: Trace, x: Tensor): Tensor {
    return relu(graph, x);
  }
}

/** [N, ...] -> [N, rest] (torch.nn.Flatten; NHWC images flatten in (h, w, c) order, unlike PyTorch's (c, h, w)). */
export class Flatten extends Module {
  override forward({ graph }: Trace, x: Tensor): Tensor {
    return flatten(graph, x);
  }
}

/** [N, H, W, C] -> [N, C · H · W] in the order (c, h, w), as torch.nn.Flatten of PyTorch's [N, C, H, W]. */
export class FlattenChannelsFirst extends Module {
  override forward({ graph }: Trace, x: Tensor): Tensor {
    return flattenChannelsFirst(graph, x);
  }
}

/** Average pooling to a grid of a given size (torch.nn.AdaptiveAvgPool2d). */
export class AdaptiveAvgPool2d extends Module {
  readonly #size: readonly [number, number];

  constructor(height: number, width = height) {
    super();
    this.#size = [height, width];
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    return adaptiveAvgPool2d(graph, x, this.#size);
  }
}

/** Max-pooling by square windows (torch.nn.MaxPool2d). */
export class MaxPool2d extends Module {
  readonly #kernel: number;
  readonly #options: { stride?: number; padding?: number };

  constructor(kernel: number, options: { stride?: number; padding?: number } = {}) {
    super();
    this.#kernel = kernel;
    this.#options = options;
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    return maxPool2d(graph, x, this.#kernel, this.#options);
  }
}

/** Average pooling by square windows (torch.nn.AvgPool2d). */
export class AvgPool2d extends Module {
  readonly #kernel: number;
  readonly #options: { stride?: number; padding?: number };

  constructor(kernel: number, options: { stride?: number; padding?: number } = {}) {
    super();
    this.#kernel = kernel;
    this.#options = options;
  }

  override forward({ graph }: Trace, x: Tensor): Tensor {
    return avgPool2d(graph, x, this.#kernel, this.#options);
  }
}

/** The mean of each channel: [N, H, W, C] -> [N, C] (torch.nn.AdaptiveAvgPool2d(1) and Flatten). */
export class GlobalAvgPool2d extends Module {
  override forward({ graph }: Trace, x: Tensor): Tensor {
    return globalAvgPool2d(graph, x);
  }
}
