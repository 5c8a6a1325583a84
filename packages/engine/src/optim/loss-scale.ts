// The dynamic loss scale of mixed precision: gradients of the loss times a scale are large enough for f16, and where they are too
// large the step is skipped and the scale halved. It lives on the adapter, so that no step waits for the host.
import { InputError } from "../errors.js";
import type { StateTensor } from "../nn/parameter.js";

/** torch.amp.GradScaler's, with its defaults. */
interface LossScaleOptions {
  /** Default 65536. */
  readonly initialScale?: number;
  /** By what the scale is multiplied after `growthInterval` steps without an overflow; default 2. */
  readonly growthFactor?: number;
  /** By what it is multiplied after a step with one; default 0.5. */
  readonly backoffFactor?: number;
  /** Default 2000. */
  readonly growthInterval?: number;
}

export interface LossScale extends Required<LossScaleOptions> {
  /** [scale, good steps since it changed, steps skipped, factor of this step's gradients or 0 where it is skipped], f32. */
  readonly state: StateTensor;
}

/**
 * A dynamic loss scale (Micikevicius et al., "Mixed Precision Training", ICLR 2018; the semantics are torch.amp.GradScaler's): take
 * the gradients of `scaleLoss` of the loss, and give the scale to `sgd`.
 *
 * @throws InputError for options that make none
 */
export function lossScale(options: LossScaleOptions = {}): LossScale {
  const { initialScale = 65536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
  const possible = initialScale > 0 && growthFactor >= 1 && backoffFactor > 0 && backoffFactor <= 1;
  if (!possible || !Number.isFinite(initialScale) || !(Number.isInteger(growthInterval) && growthInterval >= 1)) {
    throw new InputError(
      `loss scale: initial ${initialScale}, growth ${growthFactor}, backoff ${backoffFactor}, interval ${growthInterval}; expected a positive scale, a growth of 1 or more, a backoff above 0 and at most 1, and a whole number of steps`,
    );
  }
  const initial = Float32Array.of(initialScale, 0, 0, 0);
  const state: StateTensor = { label: "loss scale", shape: [4], dtype: "f32", initial };
  return { state, initialScale, growthFactor, backoffFactor, growthInterval };
}
