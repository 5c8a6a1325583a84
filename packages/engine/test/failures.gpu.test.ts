// What is said when the adapter fails: a kernel that does not compile, memory that runs out, a device that goes.
import { describe, expect, it, vi } from "vitest";
import type { Op } from "../src/graph/op.js";
import { Conv2d, Graph, InputError, ParameterArena, Runtime, relu } from "../src/index.js";
import { read, write } from "../src/plan/lowering.js";
import { useRuntime, values } from "./support/harness.js";

const runtime = useRuntime();
const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing was thrown",
    (error: Error) => error.message,
  );

describe("a kernel that does not compile", () => {
  const withConstants = (constants: Record<string, number>): Op<null> => ({
    name: "broken",
    infer: ([x]) => [x!],
    lower: (_, node) => [
      {
        kernel: "relu",
        constants,
        bindings: [read(node.inputs[0]!), write(node.outputs[0]!)],
        workgroups: [1, 1, 1],
        flops: 0,
      },
    ],
  });

  it("is named with its op, scope, shapes, constants and adapter, and the runtime goes on", async () => {
    const graph = new Graph();
    const x = graph.input("x", [3, 5]);
    const [y] = graph.within("layer1.0", () => graph.add(withConstants({ NO_SUCH_CONSTANT: 1 }), [x], null));
    const message = await messageOf(runtime().compile(graph, [y!]));
    expect(message).toContain(
      'layer1.0 broken of [3, 5]: kernel relu with {"NO_SUCH_CONSTANT":1} does not compile on ',
    );
    expect(message).toContain(runtime().info.description);
    expect(message).not.toContain("\n");

    const sound = new Graph();
    const z = relu(sound, sound.input("x", [4]));
    const program = await runtime().compile(sound, [z]);
    program.write("x", Float32Array.of(-1, 2, -3, 4));
    program.run();
    expect([...(await program.read(z))]).toEqual([0, 2, 0, 4]);
    program.destroy();
  });
});

describe("memory that runs out", () => {
  const program = () => {
    const layer = new Conv2d(3, 8, 3, { bias: false });
    const arena = new ParameterArena(layer, 1);
    const graph = new Graph();
    const x = graph.input("x", [16, 66, 66, 3]);
    const y = relu(
      graph,
      graph.within("conv1", () => layer.forward({ graph, training: true }, x)),
    );
    return { graph, y, arena };
  };

  it("is told with the largest tensor, its op, the total and what to do, and nothing stays behind", async () => {
    const { device } = runtime();
    const pop = vi.spyOn(device, "popErrorScope").mockImplementationOnce(async () => {
      pop.mockRestore();
      await device.popErrorScope();
      return { message: "not enough memory left" };
    });
    const { graph, y, arena } = program();
    const failure = await runtime()
      .compile(graph, [y], { label: "training step" })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InputError);
    // Two slots of 2 MiB, and the images.
    const total = 4 + (16 * 66 * 66 * 3 * 4) / 2 ** 20;
    expect(String(failure)).toContain(`the training step wants ${total.toFixed(1)} MiB, of which 4.0 MiB for 2 slots`);
    expect(String(failure)).toContain(
      "the largest tensor, [16, 64, 64, 8] of 2.0 MiB, is wanted by conv1 conv2d of [16, 66, 66, 3] and [3, 3, 3, 8]; use a smaller batch",
    );
    expect(String(failure)).toContain(`${runtime().info.description} is out of memory`);
    expect(runtime().holds(arena.values)).toBe(false);
  });

  it("that no adapter has is refused before it is asked for", async () => {
    const graph = new Graph();
    const x = graph.input("x", [2 ** 35]);
    await expect(runtime().compile(graph, [relu(graph, x)])).rejects.toThrow(InputError);
  });
});

describe("a device that is lost", () => {
  it("makes every later call fail at once, naming adapter and program", async () => {
    const lost = await Runtime.open();
    const graph = new Graph();
    const y = relu(graph, graph.input("x", [8]));
    const program = await lost.compile(graph, [y], { label: "training step" });
    program.write("x", values("x", 8));
    program.run();
    lost.device.destroy();
    const expected = `${lost.info.description}: the device was lost while the training step ran`;
    expect(await messageOf(lost.finish())).toContain(expected);
    expect(await messageOf(program.read(y))).toContain(expected);
    expect(() => program.run()).toThrow(expected);
    expect(await messageOf(lost.compile(graph, [y]))).toContain(expected);
    lost.close();
  });

  it("in the midst of a read, ends it", async () => {
    const lost = await Runtime.open();
    const graph = new Graph();
    const y = relu(graph, graph.input("x", [8]));
    const program = await lost.compile(graph, [y]);
    program.run();
    const reading = messageOf(program.read(y));
    lost.device.destroy();
    expect(await reading).toContain("the device was lost while the program ran");
    lost.close();
  });
});
