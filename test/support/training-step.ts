// A training step of a named model on images of any size, traced and ready to be planned.
import { backward, crossEntropy, Graph, ParameterArena, sgd, sizeOf } from "@er/engine";
import { createModel } from "@er/models";

/**
 * Forward, loss, backward and SGD with momentum on inputs `x` [batch, size, size, 3], `labels` and `learningRate`.
 *
 * @param options blank: the parameters start at 0, for those who only plan
 */
export function trainingStep(name: string, batch: number, size: number, options: { blank?: boolean } = {}) {
  const { module } = createModel(name, { classes: name === "resnet20" ? 10 : 1000 });
  if (options.blank) {
    for (const parameter of module.namedParameters().values()) {
      Object.assign(parameter, { initialize: () => new Float32Array(sizeOf(parameter.shape)) });
    }
  }
  const arena = new ParameterArena(module, 0);
  const graph = new Graph();
  const logits = module.forward({ graph, training: true }, graph.input("x", [batch, size, size, 3]));
  const loss = crossEntropy(graph, logits, graph.input("labels", [batch], "u32"));
  sgd(graph, arena, backward(graph, loss).parameters, graph.input("learningRate", [1]), { momentum: 0.9 });
  return { graph, arena, loss };
}
