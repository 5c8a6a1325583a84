// How much work a training step is, counted from the network's shapes and never from anyone's plan: a faster algorithm
// or recomputation must not change the count.
import { Graph, type Module, ParameterArena, sizeOf } from "@er/engine";
import { forward, type Layers, type NetworkName } from "./forward.js";

/** [N, H, W, C], or [N, C] after pooling. */
type Shape = readonly number[];

/**
 * Floating-point operations of forward and backward, direct convolution, a multiply-add counted as two. Convolutions
 * and the last layer only: three products each (forward, input gradient, weight gradient), two for the first, whose
 * input needs no gradient. Normalisation, ReLU and the optimiser are left out; they are bound by memory.
 *
 * @param parameters the network's parameters by state_dict name, with their shapes in PyTorch's layouts
 */
export function trainingFlops(
  network: NetworkName,
  batch: number,
  parameters: ReadonlyMap<string, { readonly shape: Shape }>,
): number {
  let flops = 0;
  const product = (multiplyAdds: number) => {
    flops += 2 * (flops === 0 ? 2 : 3) * multiplyAdds;
  };
  const layers: Layers<Shape> = {
    conv(x, name, stride) {
      const [n, h, w] = x as [number, number, number];
      const [outputs, inputs, kernel] = parameters.get(`${name}.weight`)!.shape as [number, number, number];
      const [oh, ow] = [Math.ceil(h / stride), Math.ceil(w / stride)];
      product(n * oh * ow * outputs * inputs * kernel * kernel);
      return [n, oh, ow, outputs];
    },
    norm: (x) => x,
    relu: (x) => x,
    add: (a) => a,
    subsamplePad: ([n, h, w], channels) => [n!, h! / 2, w! / 2, channels],
    pool: ([n, , , c]) => [n!, c!],
    linear(x, name) {
      const [outputs, inputs] = parameters.get(`${name}.weight`)!.shape as [number, number];
      product(x[0]! * inputs * outputs);
      return [x[0]!, outputs];
    },
  };
  forward(network, layers, [batch, 32, 32, 3]);
  return flops;
}

/**
 * The same count for a module that `forward` does not know, from the shapes that its layers trace, before any plan.
 *
 * @param input shape of the images, [N, H, W, 3]
 */
export function tracedFlops(module: Module, input: Shape): number {
  new ParameterArena(module, 0);
  const graph = new Graph();
  module.forward({ graph, training: true }, graph.input("x", input));
  const products = graph.nodes.filter(({ op }) => op.name === "conv2d" || op.name === "matmul");
  const forwardFlops = products.map(({ inputs, outputs }) => {
    const outputChannels = outputs[0]!.shape.at(-1)!;
    return 2 * sizeOf(outputs[0]!.shape) * (sizeOf(inputs[1]!.shape) / outputChannels);
  });
  return forwardFlops.reduce((sum, flops, i) => sum + (i === 0 ? 2 : 3) * flops, 0);
}
