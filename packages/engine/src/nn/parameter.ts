// What a module owns: trainable parameters and state such as running statistics. Shapes and names are PyTorch's; the
// layout on the adapter may differ (convolution weights are stored HWIO), and only this file and the arena know it.
import { InputError } from "../errors.js";
import { type DType, type Shape, sizeOf } from "../graph/tensor.js";
import type { RandomStream } from "../random.js";

/** How a parameter starts. */
export type Initializer = (stream: RandomStream, shape: Shape) => Float32Array;

/** Values that outlive a run, in a buffer of their own. */
export interface StateTensor {
  readonly label: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** First contents; zeros where absent. */
  readonly initial?: Float32Array | Uint32Array;
}

/** A stretch of a state buffer. */
export interface Placement {
  readonly state: StateTensor;
  /** First element. */
  readonly offset: number;
}

/** Where a parameter lies in an arena. */
export interface ParameterPlacement extends Placement {
  /** The f16 copy of the arena's values, element by element. */
  readonly halves: StateTensor;
}

/** `oihw`: PyTorch's [O, I, H, W], stored as [H, W, I, O]. `plain`: stored as it is. */
export type Layout = "plain" | "oihw";

export class Parameter {
  readonly shape: Shape;
  readonly layout: Layout;
  readonly initialize: Initializer;
  /**
   * Whether training changes it, as PyTorch's `requires_grad`: `backward` traces no gradient of a parameter that is frozen, `sgd` leaves it
   * as it is, and a batch-norm whose weight is frozen uses its running statistics and leaves them. Looked at when a graph is traced:
   * between `backward` and `sgd` it must stay.
   */
  requiresGrad = true;
  /** Set by the arena that holds the parameter. */
  placement: ParameterPlacement | undefined;

  /** @param shape as in PyTorch's state_dict */
  constructor(shape: Shape, initialize: Initializer, layout: Layout = "plain") {
    if (layout === "oihw" && shape.length !== 4) {
      throw new InputError(`parameter: layout oihw needs four extents; got [${shape.join(", ")}]`);
    }
    this.shape = shape;
    this.layout = layout;
    this.initialize = initialize;
  }

  /** The shape on the adapter. */
  get storedShape(): Shape {
    const [o, i, h, w] = this.shape;
    return this.layout === "oihw" ? [h!, w!, i!, o!] : this.shape;
  }

  /** From PyTorch's order to the adapter's. */
  toStored(values: Float32Array): Float32Array {
    return this.layout === "oihw" ? permuteOihw(values, this.shape, "toHwio") : values;
  }

  /** From the adapter's order to PyTorch's. */
  fromStored(values: Float32Array): Float32Array {
    return this.layout === "oihw" ? permuteOihw(values, this.shape, "toOihw") : values;
  }
}

function permuteOihw(values: Float32Array, shape: Shape, direction: "toHwio" | "toOihw"): Float32Array {
  const [O, I, H, W] = shape as [number, number, number, number];
  const result = new Float32Array(sizeOf(shape));
  for (let o = 0; o < O; o++) {
    for (let i = 0; i < I; i++) {
      for (let h = 0; h < H; h++) {
        for (let w = 0; w < W; w++) {
          const oihw = ((o * I + i) * H + h) * W + w;
          const hwio = ((h * W + w) * I + i) * O + o;
          if (direction === "toHwio") {
            result[hwio] = values[oihw]!;
          } else {
            result[oihw] = values[hwio]!;
          }
        }
      }
    }
  }
  return result;
}

/** State of a module that state_dict holds too: running statistics. */
export class BufferState implements StateTensor {
  readonly dtype = "f32";

  constructor(
    readonly label: string,
    readonly shape: Shape,
    readonly initial: Float32Array,
  ) {}
}
