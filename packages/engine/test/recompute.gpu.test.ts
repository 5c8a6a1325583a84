// Activations made again in the backward pass: less memory, the same bits.
import { describe, expect, it } from "vitest";
import {
  add,
  BatchNorm2d,
  backward,
  Conv2d,
  compilePlan,
  crossEntropy,
  Graph,
  globalAvgPool2d,
  Linear,
  Module,
  ParameterArena,
  relu,
  Sequential,
  sgd,
  type Tensor,
  type Trace,
} from "../src/index.js";
import { useRuntime, values } from "./support/harness.js";

const runtime = useRuntime();
const BATCH = 6;

class Block extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, outputs: number) {
    super();
    const stride = inputs === outputs ? 1 : 2;
    this.conv1 = new Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = new Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outputs);
    this.downsample =
      stride === 1
        ? undefined
        : new Sequential(new Conv2d(inputs, outputs, 1, { stride, bias: false }), new BatchNorm2d(outputs));
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    const { graph } = trace;
    const first = relu(graph, this.bn1.forward(trace, this.conv1.forward(trace, x)));
    const second = this.bn2.forward(trace, this.conv2.forward(trace, first));
    return relu(graph, add(graph, second, this.downsample?.forward(trace, x) ?? x));
  }
}

function step(memory: "normal" | "low", fuse: boolean) {
  const blocks = new Sequential(new Block(8, 8), new Block(8, 8), new Block(8, 8), new Block(8, 16), new Block(16, 16));
  const model = new Sequential(new Conv2d(4, 8, 3, { padding: 1 }), new BatchNorm2d(8), blocks);
  const head = new Linear(16, 5);
  const arena = new ParameterArena(new Sequential(model, head), 3);
  const graph = new Graph();
  const trace = { graph, training: true };
  const features = model.forward(trace, graph.input("x", [BATCH, 16, 16, 4]));
  const logits = head.forward(trace, globalAvgPool2d(graph, features));
  const loss = crossEntropy(graph, logits, graph.input("labels", [BATCH], "u32"));
  sgd(graph, arena, backward(graph, loss).parameters, graph.input("lr", [1]), { momentum: 0.9 });
  return { arena, graph, loss, options: { memory, fuse } };
}

for (const fuse of [true, false])
  describe(`a residual network, ${fuse ? "fused" : "not fused"}`, () => {
    it("trains to the same bits", async () => {
      const results = [];
      for (const memory of ["normal", "low"] as const) {
        const { arena, graph, loss, options } = step(memory, fuse);
        const program = await runtime().compile(graph, [loss], options);
        program.write("x", values("image", BATCH * 16 * 16 * 4));
        program.write("labels", Uint32Array.of(0, 2, 1, 4, 3, 2));
        program.write("lr", Float32Array.of(0.1));
        const losses = [];
        for (let i = 0; i < 3; i++) {
          program.run();
          losses.push(...(await program.read(loss)));
        }
        results.push({ losses, parameters: await runtime().readState(arena.values) });
        program.destroy();
      }
      expect(results[1]).toEqual(results[0]);
      expect(results[0]!.losses[2]).not.toBe(results[0]!.losses[0]);
    });

    it("takes less memory for a few more dispatches, and the graph stays as it was", () => {
      const target = { subgroupSize: undefined, maxBindingBytes: 2 ** 27, workgroupBytes: 2 ** 14, hardware: false };
      const planned = (memory: "normal" | "low") => {
        const { graph, loss, options } = step(memory, fuse);
        const plan = compilePlan(graph, [loss], target, options);
        return { plan, nodes: graph.nodes.length };
      };
      const [normal, low] = [planned("normal"), planned("low")];
      expect(low.plan.memory.slots).toBeLessThan(normal.plan.memory.slots);
      expect(low.plan.steps.length).toBeGreaterThan(normal.plan.steps.length);
      expect(low.nodes).toBe(normal.nodes);
      const again = low.plan.steps.filter(({ op, scope }) => op === "batch_norm_apply" && scope.endsWith("'"));
      expect(again.length).toBeGreaterThan(0);
    });
  });

it("what is fetched is kept, so not made again", () => {
  const target = { subgroupSize: undefined, maxBindingBytes: 2 ** 27, workgroupBytes: 2 ** 14, hardware: false };
  const recomputations = (fetchToo: boolean) => {
    const { graph, loss, options } = step("low", true);
    const first = graph.nodes.find(({ op }) => op.name === "relu")!.outputs[0]!;
    const { steps } = compilePlan(graph, fetchToo ? [loss, first] : [loss], target, options);
    return steps.filter(({ op }) => op === "batch_norm_apply").length;
  };
  expect(recomputations(true)).toBe(recomputations(false) - 1);
});
