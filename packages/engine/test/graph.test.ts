// What needs no adapter: shapes and their errors, fusion, memory, schedules.
import { describe, expect, it } from "vitest";
import { fuse } from "../src/graph/fuse.js";
import {
  add,
  BatchNorm2d,
  backward,
  bias,
  Conv2d,
  cast,
  conv2d,
  crossEntropy,
  GlobalAvgPool2d,
  Graph,
  globalAvgPool2d,
  Linear,
  learningRateAt,
  matmul,
  ParameterArena,
  plan,
  ReLU,
  relu,
  Sequential,
} from "../src/index.js";
import { packSlots } from "../src/plan/memory.js";
import { choiceKey } from "../src/tune/choices.js";

const target = { subgroupSize: undefined, maxBindingBytes: 2 ** 27, workgroupBytes: 2 ** 14, hardware: false };

describe("shape errors name the op, the shapes and what was expected", () => {
  const graph = new Graph();
  const a = graph.input("a", [2, 3]);
  const image = graph.input("image", [1, 4, 4, 3]);
  it("matmul", () => {
    expect(() => matmul(graph, a, a)).toThrow("matmul: got [2, 3] and [2, 3]; expected [M, K] and [K, N]");
  });
  it("add", () => {
    expect(() => add(graph, a, image)).toThrow("add: got [2, 3] and [1, 4, 4, 3]; expected two equal shapes");
  });
  it("conv2d with other channels", () => {
    const weight = graph.input("weight", [3, 3, 5, 8]);
    expect(() => conv2d(graph, image, weight)).toThrow(/conv2d: got \[1, 4, 4, 3\] and \[3, 3, 5, 8\]; expected x/);
  });
  it("conv2d with a kernel past the image", () => {
    const weight = graph.input("large", [7, 7, 3, 8]);
    expect(() => conv2d(graph, image, weight, { padding: 1 })).toThrow(/no larger than the padded image/);
  });
  it("the gradient of what is no scalar", () => {
    expect(() => backward(graph, a)).toThrow("backward: the loss has shape [2, 3]; expected a scalar []");
  });
  it("an input named twice", () => {
    expect(() => graph.input("a", [1])).toThrow('the input "a" exists already');
  });
});

describe("the fusion pass", () => {
  const operations = (graph: Graph) => graph.nodes.map((node) => node.op.name);

  it("casts all parameters in one go, and leaves logits in f32", () => {
    const graph = new Graph();
    const model = new Sequential(new Conv2d(3, 4, 3), new ReLU(), new GlobalAvgPool2d(), new Linear(4, 2));
    const arena = new ParameterArena(model, 0);
    const x = cast(graph, graph.input("x", [2, 6, 6, 3]), "f16");
    const logits = cast(graph, model.forward({ graph, training: true }, x), "f32");
    const loss = crossEntropy(graph, logits, graph.input("labels", [2], "u32"));
    const { parameters } = backward(graph, loss);
    fuse(graph, [loss]);
    const count = (name: string) => operations(graph).filter((op) => op === name).length;
    expect([count("cast_arena"), count("cast")]).toEqual([1, 2]);
    expect(graph.nodes[0]!.op.name).toBe("cast_arena");
    expect(logits.producer!.op.name).toBe("matmul");
    expect([...parameters.values()].map(({ dtype }) => dtype)).toEqual(["f32", "f32", "f32", "f32"]);
    const { steps } = plan(graph, [loss, ...parameters.values()], target);
    // A kernel without a bias binds an operand in its place, so a dispatch may name a copy twice.
    const halves = steps.flatMap(({ bindings }) => {
      const copies = bindings.flatMap(({ place, access }) =>
        place.kind === "state" && place.state === arena.halves ? [`${access} ${place.offset}`] : [],
      );
      return [...new Set(copies)];
    });
    const [convolution, head] = [...arena.parameters.values()].filter(({ shape }) => shape.length > 1);
    const [first, second] = [2 * convolution!.placement!.offset, 2 * head!.placement!.offset];
    expect(halves).toEqual(["write 0", `read ${first}`, `read ${second}`, `read ${second}`]);
  });

  it("joins batch-norm and ReLU forward, and their gradients", () => {
    const graph = new Graph();
    const model = new Sequential(new Conv2d(3, 4, 3, { bias: false }), new BatchNorm2d(4), new ReLU());
    const y = model.forward({ graph, training: true }, graph.input("x", [2, 6, 6, 3]));
    const head = new Linear(4, 2);
    const logits = head.forward({ graph, training: true }, globalAvgPool2d(graph, y));
    const loss = crossEntropy(graph, logits, graph.input("labels", [2], "u32"));
    backward(graph, loss);
    expect(operations(graph)).toContain("relu");
    fuse(graph, [loss]);
    expect(operations(graph)).not.toContain("relu");
    expect(operations(graph)).not.toContain("relu_gradient");
  });

  it("puts ReLU's gradient where the gradient is made, and adds on the way where a block's input went two ways", () => {
    const graph = new Graph();
    const first = new Sequential(new Conv2d(3, 4, 3, { padding: 1, bias: false }), new BatchNorm2d(4), new ReLU());
    const block = new Sequential(
      ...[new Conv2d(4, 4, 3, { padding: 1, bias: false }), new BatchNorm2d(4), new ReLU()],
      ...[new Conv2d(4, 4, 3, { padding: 1, bias: false }), new BatchNorm2d(4)],
    );
    const trace = { graph, training: true };
    const x = first.forward(trace, graph.input("x", [2, 6, 6, 3]));
    const y = relu(graph, add(graph, block.forward(trace, x), x));
    const logits = new Linear(4, 2).forward(trace, globalAvgPool2d(graph, y));
    const loss = crossEntropy(graph, logits, graph.input("labels", [2], "u32"));
    backward(graph, loss);
    fuse(graph, [loss]);
    expect(operations(graph)).not.toContain("add");
    // Behind the block's last ReLU, whose gradient comes from the pooling, and behind the first, whose gradient is a sum.
    const gradients = graph.nodes.filter((node) => node.op.name === "relu_gradient");
    expect(gradients.map(({ inputs }) => inputs.length)).toEqual([2, 3]);
    const masked = graph.nodes.filter((node) => node.op.name === "conv2d_input_gradient");
    expect(masked.map(({ inputs }) => inputs.length)).toEqual([3, 2]);
  });

  it("folds batch-norm in evaluation into the convolution before it, whose epilogue takes residual and ReLU", () => {
    const graph = new Graph();
    const layers = new Sequential(new Conv2d(4, 4, 3, { padding: 1, bias: false }), new BatchNorm2d(4));
    const x = graph.input("x", [1, 4, 4, 4]);
    const y = relu(graph, add(graph, x, layers.forward({ graph, training: false }, x)));
    fuse(graph, [y]);
    expect(operations(graph)).toEqual(["fold_batch_norm", "conv2d"]);
    expect(graph.nodes[1]!.inputs.length).toBe(4);
  });

  it("leaves a convolution alone whose output has another use, or that has a bias", () => {
    const graph = new Graph();
    const withBias = new Sequential(new Conv2d(4, 4, 3), new BatchNorm2d(4));
    const convolution = new Conv2d(4, 4, 3, { bias: false });
    const norm = new BatchNorm2d(4);
    const trace = { graph, training: false };
    const x = graph.input("x", [1, 4, 4, 4]);
    const convolved = convolution.forward(trace, x);
    fuse(graph, [withBias.forward(trace, x), convolved, norm.forward(trace, convolved)]);
    expect(operations(graph)).not.toContain("fold_batch_norm");
  });

  it("joins batch-norm, a residual and ReLU in evaluation", () => {
    const graph = new Graph();
    const x = graph.input("x", [2, 6, 6, 3]);
    const norm = new BatchNorm2d(3).forward({ graph, training: false }, x);
    const y = relu(graph, add(graph, norm, graph.input("residual", [2, 6, 6, 3])));
    fuse(graph, [y]);
    expect(operations(graph)).toEqual(["batch_norm_evaluation"]);
  });

  it("leaves alone what is read from outside", () => {
    const graph = new Graph();
    const x = graph.input("x", [4, 3]);
    const product = matmul(graph, x, graph.input("w", [3, 2]));
    const y = bias(graph, product, graph.input("b", [2]));
    fuse(graph, [product, y]);
    expect(operations(graph)).toEqual(["matmul", "bias"]);
  });
});

describe("memory", () => {
  it("is shared only by tensors whose lives do not meet", () => {
    const lives = new Map(
      Array.from(
        { length: 40 },
        (_, i) => [i, { first: i, last: i + 1 + (i % 5), bytes: 16 * (1 + (i % 3)), format: undefined }] as const,
      ),
    );
    const { slotOf, slots } = packSlots(lives, true);
    for (const [a, lifeA] of lives)
      for (const [b, lifeB] of lives) {
        const meet = lifeA.first <= lifeB.last && lifeB.first <= lifeA.last;
        if (a !== b && meet) expect(slotOf.get(a)).not.toBe(slotOf.get(b));
      }
    expect(slots.length).toBeLessThan(lives.size);
    for (const [tensor, { bytes }] of lives) expect(slots[slotOf.get(tensor)!]!.bytes).toBeGreaterThanOrEqual(bytes);
  });

  it("a chain of ReLUs needs two slots and the fetched end", () => {
    const graph = new Graph();
    let y = graph.input("x", [1000]);
    for (let i = 0; i < 10; i++) y = relu(graph, y);
    const planned = plan(graph, [y], target);
    expect(planned.steps).toHaveLength(10);
    expect(planned.slots.length).toBeLessThanOrEqual(3);
    expect(planned.memory.unshared).toBe(10 * 4000);
  });

  it("nodes that nothing needs are not run", () => {
    const graph = new Graph();
    const x = graph.input("x", [8]);
    relu(graph, x);
    expect(plan(graph, [add(graph, x, x)], target).steps.map((step) => step.op)).toEqual(["add"]);
  });
});

describe("the parameter arena", () => {
  it("starts a parameter on 256 bytes, in f16 too, and fixes values by seed and name", () => {
    const first = new ParameterArena(new Sequential(new Linear(3, 5), new Linear(5, 2)), 9);
    const again = new ParameterArena(new Sequential(new Linear(3, 5), new Linear(5, 2)), 9);
    expect([...first.parameters.keys()]).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
    expect([...first.parameters.values()].map((parameter) => parameter.placement!.offset)).toEqual([0, 128, 256, 384]);
    expect(first.values.initial).toEqual(again.values.initial);
  });
});

describe("learning rates", () => {
  const base = { base: 0.4, warmupSteps: 0 };
  it("constant", () => {
    expect(learningRateAt({ ...base, schedule: { kind: "constant" } }, 7, 10)).toBe(0.4);
  });
  it("cosine goes from the base to almost 0, half way at the middle", () => {
    const at = (step: number) => learningRateAt({ ...base, schedule: { kind: "cosine" } }, step, 100);
    expect(at(0)).toBe(0.4);
    expect(at(50)).toBeCloseTo(0.2, 12);
    expect(at(99)).toBeLessThan(0.001);
  });
  it("step multiplies at each milestone", () => {
    const schedule = { kind: "step", milestones: [0.5, 0.75], gamma: 0.1 } as const;
    const at = (step: number) => learningRateAt({ ...base, schedule }, step, 100);
    expect([at(49), at(50), at(75)].map((v) => Number(v.toFixed(6)))).toEqual([0.4, 0.04, 0.004]);
  });
  it("warm-up rises in equal steps to the base", () => {
    const at = (step: number) =>
      learningRateAt({ base: 0.4, warmupSteps: 4, schedule: { kind: "constant" } }, step, 10);
    expect([at(0), at(1), at(3), at(4)]).toEqual([0.1, 0.2, 0.4, 0.4]);
  });
});

it("what is tuned is told apart by op, shapes, types and attributes", () => {
  const graph = new Graph();
  const a = graph.input("a", [2, 3]);
  const b = graph.input("b", [3, 4]);
  matmul(graph, a, b);
  const halves = [a, b].map((tensor) => cast(graph, tensor, "f16")) as [typeof a, typeof b];
  matmul(graph, ...halves);
  matmul(graph, ...halves, { dtype: "f32" });
  const keys = graph.nodes.filter(({ op }) => op.name === "matmul").map(choiceKey);
  expect(keys).toEqual([
    'matmul 2×3 3×4 {"transposeA":false,"transposeB":false}',
    'matmul 2×3:f16 3×4:f16 {"transposeA":false,"transposeB":false}',
    'matmul 2×3:f16 3×4:f16 {"transposeA":false,"transposeB":false,"dtype":"f32"}',
  ]);
});
