// sgd: one dispatch over the flat parameter arena, or a few where it passes a binding (torch.optim.SGD, dampening 0). It takes every gradient as an input, so
// that the plan knows they must be ready, and changes every trainable parameter.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import type { Parameter } from "../nn/parameter.js";
import type { LossScale } from "../optim/loss-scale.js";
import { grid, read, write } from "../plan/lowering.js";
import { partsThatFit, rowsOf } from "../plan/parts.js";
import type { ParameterArena } from "../run/parameter-arena.js";
import { updateLossScale } from "./update-loss-scale.js";

export interface SgdOptions {
  /** Default 0. */
  readonly momentum?: number;
  /** Default false; needs a momentum. */
  readonly nesterov?: boolean;
  /** L2 penalty added to the gradient; default 0. */
  readonly weightDecay?: number;
  /** The gradients are those of `scaleLoss` by this scale; a step where one is not finite changes nothing. */
  readonly lossScale?: LossScale;
}

interface SgdAttributes extends Required<Omit<SgdOptions, "lossScale">> {
  readonly scaled: boolean;
}

const sgdOp: Op<SgdAttributes> = {
  name: "sgd",
  infer([learningRate], { momentum, nesterov, weightDecay }) {
    if (learningRate!.shape.length !== 1 || learningRate!.shape[0] !== 1) {
      throw new ShapeError("sgd", [learningRate!.shape], "a learning rate [1]");
    }
    if (!(momentum >= 0) || !(weightDecay >= 0) || (nesterov && momentum === 0)) {
      throw new InputError(
        `sgd: momentum ${momentum}, weight decay ${weightDecay}, nesterov ${nesterov}; expected values of 0 or more, and a momentum with nesterov`,
      );
    }
    return [];
  },
  lower({ target }, node, { momentum, nesterov, weightDecay, scaled }) {
    const [learningRate, scale] = node.inputs;
    const [values, velocity, gradients] = node.updates;
    return partsThatFit([values!], target.maxBindingBytes).map((part) => ({
      kernel: "sgd",
      constants: {
        VECTORS: part.count / 4,
        MOMENTUM: momentum,
        WEIGHT_DECAY: weightDecay,
        NESTEROV: nesterov ? 1 : 0,
        SCALED: scaled ? 1 : 0,
      },
      bindings: [
        read(rowsOf(gradients!, part)),
        read(learningRate!),
        read(scale!),
        write(rowsOf(values!, part)),
        write(rowsOf(velocity!, part)),
      ],
      workgroups: grid(part.count / 4),
      flops: 6 * part.count,
    }));
  },
};

/**
 * One step of stochastic gradient descent on every parameter of the arena.
 *
 * @param gradients those of `backward`, for every parameter of the arena
 * @param learningRate [1] f32
 * @throws InputError for a parameter without a gradient of its own, and for options that are none
 */
export function sgd(
  graph: Graph,
  arena: ParameterArena,
  gradients: ReadonlyMap<Parameter, Tensor>,
  learningRate: Tensor,
  options: SgdOptions = {},
): void {
  for (const [name, parameter] of arena.parameters) {
    const gradient = gradients.get(parameter);
    if (gradient === undefined) {
      throw new InputError(`sgd: the parameter ${name} has no gradient; the loss must depend on it`);
    }
    if (gradient.producer?.op.alias || graph.placements.has(gradient)) {
      throw new InputError(
        `sgd: the gradient of ${name} is a tensor that has another name or use; let the parameter reach the loss through an op of its own`,
      );
    }
    graph.placements.set(gradient, { state: arena.gradients, offset: parameter.placement!.offset });
  }
  const { momentum = 0, nesterov = false, weightDecay = 0, lossScale } = options;
  const states = [arena.values, arena.velocity, arena.gradients].map((state) => graph.state(state));
  if (lossScale !== undefined) {
    updateLossScale(graph, lossScale, graph.state(arena.gradients), [...gradients.values()]);
  }
  const scale = lossScale === undefined ? learningRate : graph.state(lossScale.state);
  const attributes = { momentum, nesterov, weightDecay, scaled: lossScale !== undefined };
  graph.add(sgdOp, [learningRate, scale, ...gradients.values()], attributes, states);
}
