// One op at a time, at the shapes of ResNet-20 (batch 128), WRN-16-4 and ResNet-18 on 32×32 images (batch 16).
import {
  add,
  BatchNorm2d,
  conv2d,
  Graph,
  matmul,
  ParameterArena,
  type Runtime,
  relu,
  sizeOf,
  type Tensor,
} from "@er/engine";
import type { BenchCase } from "../case.js";
import type { TfjsPeer } from "../peers/tfjs.js";

interface ConvShape {
  readonly model: string;
  readonly batch: number;
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
}

const CONVS: readonly ConvShape[] = [
  { model: "resnet20", batch: 128, size: 32, inputs: 16, outputs: 16 },
  { model: "resnet20", batch: 128, size: 16, inputs: 32, outputs: 32 },
  { model: "resnet20", batch: 128, size: 8, inputs: 64, outputs: 64 },
  { model: "wrn-16-4", batch: 16, size: 32, inputs: 64, outputs: 64 },
  { model: "wrn-16-4", batch: 16, size: 16, inputs: 128, outputs: 128 },
  { model: "resnet18", batch: 16, size: 8, inputs: 256, outputs: 256 },
];

/** A case over a graph whose inputs are filled with a fixed pattern. */
async function graphCase(
  runtime: Runtime,
  name: string,
  shape: string,
  work: { flops: number; bytes: number },
  trace: (graph: Graph) => Tensor[],
  peers: BenchCase["peers"] = [],
): Promise<BenchCase> {
  const graph = new Graph();
  const fetched = trace(graph);
  const program = await runtime.compile(graph, fetched);
  for (const [input, { shape: extents }] of program.plan.inputs) {
    program.write(
      input,
      Float32Array.from({ length: sizeOf(extents) }, (_, i) => ((i * 7919) % 101) / 101 - 0.5),
    );
  }
  const run = async () => {
    program.run();
    await runtime.finish();
  };
  return { name, shape, ...work, run, peers, destroy: () => program.destroy() };
}

export type CaseMaker = { readonly name: string; readonly make: () => Promise<BenchCase> };

export function kernelCases(runtime: Runtime, tfjs: TfjsPeer | undefined): CaseMaker[] {
  const cases: CaseMaker[] = [];
  for (const n of [512, 1024]) {
    cases.push({
      name: "matmul",
      make: () =>
        graphCase(
          runtime,
          "matmul",
          `${n}×${n}×${n}`,
          { flops: 2 * n ** 3, bytes: 12 * n * n },
          (graph) => [matmul(graph, graph.input("a", [n, n]), graph.input("b", [n, n]))],
          tfjs === undefined ? [] : [tfjs.matmul(n)],
        ),
    });
  }
  for (const { model, batch, size, inputs, outputs } of CONVS) {
    const shape = `${model} ${batch}×${size}×${size}×${inputs}→${outputs}`;
    const x: [number, number, number, number] = [batch, size, size, inputs];
    const y = [batch, size, size, outputs];
    const weight: [number, number, number, number] = [3, 3, inputs, outputs];
    const flops = 18 * batch * size * size * inputs * outputs;
    const bytes = 4 * (sizeOf(x) + sizeOf(y) + sizeOf(weight));
    cases.push({
      name: "conv2d",
      make: () =>
        graphCase(
          runtime,
          "conv2d",
          shape,
          { flops, bytes },
          (graph) => [conv2d(graph, graph.input("x", x), graph.input("w", weight), { padding: 1 })],
          tfjs === undefined ? [] : [tfjs.conv2d(x, weight)],
        ),
    });
    for (const [name, which] of [
      ["conv2d_input_gradient", 0],
      ["conv2d_weight_gradient", 1],
    ] as const) {
      cases.push({
        name,
        make: () =>
          graphCase(runtime, name, shape, { flops, bytes }, (graph) => [
            gradientsOf(graph, conv2d(graph, graph.input("x", x), graph.input("w", weight), { padding: 1 }))[which]!,
          ]),
      });
    }
  }
  for (const { model, batch, size, inputs } of CONVS.slice(0, 4)) {
    const x: [number, number, number, number] = [batch, size, size, inputs];
    const shape = `${model} ${x.join("×")}`;
    const tensor = 4 * sizeOf(x);
    cases.push(
      {
        name: "relu",
        make: () =>
          graphCase(runtime, "relu", shape, { flops: 0, bytes: 2 * tensor }, (graph) => [
            relu(graph, graph.input("x", x)),
          ]),
      },
      {
        name: "add",
        make: () =>
          graphCase(runtime, "add", shape, { flops: 0, bytes: 3 * tensor }, (graph) => [
            add(graph, graph.input("a", x), graph.input("b", x)),
          ]),
      },
      {
        name: "batch_norm",
        make: () =>
          graphCase(runtime, "batch_norm", shape, { flops: 0, bytes: 3 * tensor }, (graph) => {
            const layer = new BatchNorm2d(inputs);
            new ParameterArena(layer, 0);
            return [layer.forward({ graph, training: true }, graph.input("x", x))];
          }),
      },
    );
  }
  return cases;
}

/** Traces the gradients of a convolution alone: the upstream gradient is an input. */
function gradientsOf(graph: Graph, y: Tensor): (Tensor | undefined)[] {
  const node = y.producer!;
  graph.nodes = graph.nodes.filter((other) => other !== node);
  const dy = graph.input("dy", y.shape);
  return node.op.gradient!(graph, node, node.attributes, [dy], () => true);
}
