// sgd: one dispatch over the flat parameter arena (torch.optim.SGD, dampening 0), or a few where it passes a binding, where parameters
// are frozen, or where they have several learning rates. It takes every gradient as an input, so that the plan knows they must be ready.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import type { Parameter } from "../nn/parameter.js";
import type { LossScale } from "../optim/loss-scale.js";
import { grid, read, write } from "../plan/lowering.js";
import { type Part, partsThatFit, rowsOf } from "../plan/parts.js";
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
  readonly stretches: readonly Stretch[];
}

/** Neighbours in the arena that have the same learning rate. */
interface Stretch extends Part {
  /** Which of the learning rates. */
  readonly rate: number;
}

const sgdOp: Op<SgdAttributes> = {
  name: "sgd",
  infer([, ...inputs], { momentum, nesterov, weightDecay, stretches }) {
    for (const { rate } of stretches) {
      const { shape } = inputs[rate]!;
      if (shape.length !== 1 || shape[0] !== 1) {
        throw new ShapeError("sgd", [shape], "a learning rate [1]");
      }
    }
    if (!(momentum >= 0) || !(weightDecay >= 0) || (nesterov && momentum === 0)) {
      throw new InputError(
        `sgd: momentum ${momentum}, weight decay ${weightDecay}, nesterov ${nesterov}; expected values of 0 or more, and a momentum with nesterov`,
      );
    }
    return [];
  },
  lower({ target }, node, { momentum, nesterov, weightDecay, scaled, stretches }) {
    const [scale, ...rates] = node.inputs;
    const [values, velocity, gradients] = node.updates;
    return stretches.flatMap(({ rate, ...stretch }) =>
      partsThatFit([rowsOf(values!, stretch)], target.maxBindingBytes).map((within) => {
        const part = { first: stretch.first + within.first, count: within.count };
        return {
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
            read(rates[rate]!),
            read(scale!),
            write(rowsOf(values!, part)),
            write(rowsOf(velocity!, part)),
          ],
          workgroups: grid(part.count / 4),
          flops: 6 * part.count,
        };
      }),
    );
  },
};

/**
 * One step of stochastic gradient descent on every parameter of the arena that is not frozen.
 *
 * @param gradients those of `backward`, for each of these parameters
 * @param learningRate [1] f32; or that of each parameter, by its name
 * @throws InputError for a parameter without a gradient of its own, and for options that are none, and where all are frozen
 */
export function sgd(
  graph: Graph,
  arena: ParameterArena,
  gradients: ReadonlyMap<Parameter, Tensor>,
  learningRate: Tensor | ((name: string) => Tensor),
  options: SgdOptions = {},
): void {
  for (const [name, parameter] of arena.parameters) {
    if (!parameter.requiresGrad) {
      continue;
    }
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
  const rateOf = typeof learningRate === "function" ? learningRate : () => learningRate;
  const { rates, stretches } = stretchesOf(arena, rateOf);
  const scale = lossScale === undefined ? rates[0]! : graph.state(lossScale.state);
  const attributes = { momentum, nesterov, weightDecay, scaled: lossScale !== undefined, stretches };
  graph.add(sgdOp, [scale, ...rates, ...gradients.values()], attributes, states);
}

/** The longest stretches of the arena without a frozen parameter in which the learning rate is the same. */
function stretchesOf(arena: ParameterArena, rateOf: (name: string) => Tensor) {
  const rates: Tensor[] = [];
  const stretches: Stretch[] = [];
  const entries = [...arena.parameters];
  for (const [i, [name, { placement, requiresGrad }]] of entries.entries()) {
    if (!requiresGrad) {
      continue;
    }
    const tensor = rateOf(name);
    if (!rates.includes(tensor)) {
      rates.push(tensor);
    }
    const first = placement!.offset;
    const next = entries[i + 1];
    const end = next === undefined ? arena.trainableElements : next[1].placement!.offset;
    const rate = rates.indexOf(tensor);
    const before = stretches.at(-1);
    if (before?.rate === rate && before.first + before.count === first) {
      stretches[stretches.length - 1] = { ...before, count: end - before.first };
    } else {
      stretches.push({ first, count: end - first, rate });
    }
  }
  if (stretches.length === 0) {
    throw new InputError("sgd: every parameter is frozen; leave requiresGrad of at least one as it is");
  }
  return { rates, stretches };
}
