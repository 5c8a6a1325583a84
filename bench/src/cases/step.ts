// A whole training step: forward, loss, backward, SGD with momentum and weight decay, on a resident batch.
import { backward, crossEntropy, Graph, ParameterArena, type Runtime, sgd } from "@er/engine";
import { createModel } from "@er/models";
import type { TfjsPeer } from "../peers/tfjs.js";
import type { CaseMaker } from "./kernels.js";

export function stepCases(runtime: Runtime, tfjs: TfjsPeer | undefined): CaseMaker[] {
  return [
    { name: "training_step", make: () => step(runtime, "resnet20", 128, tfjs?.resnet20Step(128)) },
    { name: "training_step", make: () => step(runtime, "wrn-16-4", 16, undefined) },
  ];
}

async function step(
  runtime: Runtime,
  name: string,
  batch: number,
  peer: ReturnType<TfjsPeer["resnet20Step"]> | undefined,
) {
  const { module } = createModel(name, { classes: 10 });
  const arena = new ParameterArena(module, 0);
  const graph = new Graph();
  const logits = module.forward({ graph, training: true }, graph.input("x", [batch, 32, 32, 3]));
  const loss = crossEntropy(graph, logits, graph.input("labels", [batch], "u32"));
  const { parameters } = backward(graph, loss);
  sgd(graph, arena, parameters, graph.input("lr", [1]), { momentum: 0.9, weightDecay: 1e-4 });
  const program = await runtime.compile(graph, [loss]);
  program.write(
    "x",
    Float32Array.from({ length: batch * 3072 }, (_, i) => ((i * 7919) % 101) / 101 - 0.5),
  );
  program.write(
    "labels",
    Uint32Array.from({ length: batch }, (_, i) => i % 10),
  );
  program.write("lr", Float32Array.of(0.01));
  return {
    name: "training_step",
    shape: `${name} batch ${batch}`,
    flops: program.plan.steps.reduce((total, { flops }) => total + flops, 0),
    bytes: program.plan.steps.reduce((total, { bytes }) => total + bytes, 0),
    run: async () => {
      program.run();
      await program.read(loss);
    },
    peers: peer === undefined ? [] : [peer],
    destroy: () => program.destroy(),
  };
}
