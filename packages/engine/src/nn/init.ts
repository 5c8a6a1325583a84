// Initialisers with the distributions of torch.nn.init. Values come from the parameter's own stream, not PyTorch's generator.
import { type Shape, sizeOf } from "../graph/tensor.js";
import type { Initializer } from "./parameter.js";

function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const [out, input, ...kernel] = shape as [number, number, ...number[]];
  const area = sizeOf(kernel);
  return { fanIn: input * area, fanOut: out * area };
}

/** N(0, 2 / fan), the gain of ReLU: torch.nn.init.kaiming_normal_ (He et al. 2015). Shape [O, I, ...]. */
export function kaimingNormal(mode: "fan_in" | "fan_out"): Initializer {
  return (stream, shape) => {
    const { fanIn, fanOut } = fans(shape);
    const std = Math.sqrt(2 / (mode === "fan_in" ? fanIn : fanOut));
    return Float32Array.from({ length: sizeOf(shape) }, () => std * stream.normal());
  };
}

/** N(0, std²): torch.nn.init.normal_. */
export function normal(std: number): Initializer {
  return (stream, shape) => Float32Array.from({ length: sizeOf(shape) }, () => std * stream.normal());
}

/** U(-b, b): with b = 1 / sqrt(fan in), the default of torch.nn.Linear and Conv2d for weights and biases. */
export function uniform(bound: number): Initializer {
  return (stream, shape) => Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * stream.uniform() - 1));
}

/** One value everywhere. */
export function constant(value: number): Initializer {
  return (_, shape) => new Float32Array(sizeOf(shape)).fill(value);
}
