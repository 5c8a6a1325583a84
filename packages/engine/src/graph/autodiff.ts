// Reverse-mode differentiation: walks the nodes backwards and traces each op's own gradient. It knows no op by name.
import { InputError } from "../errors.js";
import type { Parameter } from "../nn/parameter.js";
import { addOp } from "../ops/add.js";
import { onesOp } from "../ops/ones.js";
import type { Graph, Node } from "./graph.js";
import type { Tensor } from "./tensor.js";

/**
 * Traces the gradient of a scalar with respect to parameters (and any other tensors asked for).
 *
 * @param loss a scalar, shape []
 * @param alsoOf further tensors whose gradients are wanted
 * @returns gradients by parameter, of those that are not frozen (`Parameter.requiresGrad`), and of `alsoOf` in its order
 * @throws InputError where the loss is no scalar, a tensor asked for does not reach it, or an op on the way has no gradient
 */
export function backward(
  graph: Graph,
  loss: Tensor,
  alsoOf: readonly Tensor[] = [],
): { parameters: Map<Parameter, Tensor>; others: Tensor[] } {
  if (loss.shape.length !== 0) {
    throw new InputError(`backward: the loss has shape [${loss.shape.join(", ")}]; expected a scalar []`);
  }
  const trained = [...graph.parameters].filter(([{ requiresGrad }]) => requiresGrad);
  const wanted = new Set<Tensor>([...trained.map(([, tensor]) => tensor), ...alsoOf]);
  const forward = [...graph.nodes];
  const needed = reachableFrom(wanted, forward);
  const gradients = new Map<Tensor, Tensor>();
  const seed = graph.add(onesOp, [], [])[0]!;
  graph.backwardFrom ??= seed.producer!.id;
  gradients.set(loss, seed);
  for (const node of forward.reverse()) {
    const outputGradients = node.outputs.map((output) => gradients.get(output));
    if (!needed.has(node) || outputGradients.every((gradient) => gradient === undefined)) {
      continue;
    }
    const { gradient } = node.op;
    if (gradient === undefined) {
      throw new InputError(`backward: no gradient passes ${node.op.name}${node.scope && ` (${node.scope})`}`);
    }
    const inputGradients = graph.within(`${node.scope}'`, () =>
      gradient(
        graph,
        node,
        node.attributes,
        outputGradients,
        (input) => wanted.has(input) || producedBy(input, needed),
      ),
    );
    for (const [i, contribution] of inputGradients.entries()) {
      const input = node.inputs[i]!;
      if (contribution !== undefined && (wanted.has(input) || producedBy(input, needed))) {
        const sum = gradients.get(input);
        gradients.set(input, sum === undefined ? contribution : graph.add(addOp, [sum, contribution], null)[0]!);
      }
    }
  }
  const gradientOf = (tensor: Tensor, name: string): Tensor => {
    const gradient = gradients.get(tensor);
    if (gradient === undefined) {
      throw new InputError(`backward: ${name} does not reach the loss; take it out of the graph or use it`);
    }
    return gradient;
  };
  const parameters = new Map(
    trained.map(([parameter, tensor]) => [
      parameter,
      gradientOf(tensor, `a parameter of shape [${parameter.shape.join(", ")}]`),
    ]),
  );
  return {
    parameters,
    others: alsoOf.map((tensor) => gradientOf(tensor, `a tensor of shape [${tensor.shape.join(", ")}]`)),
  };
}

function producedBy(tensor: Tensor, nodes: ReadonlySet<Node>): boolean {
  return tensor.producer !== undefined && nodes.has(tensor.producer);
}

/** Nodes that depend on a tensor whose gradient is wanted; the others need no gradient. */
function reachableFrom(wanted: ReadonlySet<Tensor>, nodes: readonly Node[]): Set<Node> {
  const reached = new Set<Node>();
  for (const node of nodes) {
    if (node.inputs.some((input) => wanted.has(input) || producedBy(input, reached))) {
      reached.add(node);
    }
  }
  return reached;
}
