// ResNet-18 on images of 224×224: one training step, whole and with bindings so small that the batch is cut.
import { Runtime } from "@er/engine";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hashFill } from "./support/hash-fill.js";
import { trainingStep } from "./support/training-step.js";

const BATCH = 4;
/** The largest weights, [3, 3, 512, 512], just fit; the stem's output of 12.25 MiB does not. */
const LIMIT = 4 * 3 * 3 * 512 * 512;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open();
});
afterAll(() => runtime.close());

async function step(options: { maxBindingBytes?: number }) {
  const { graph, arena, loss } = trainingStep("resnet18", BATCH, 224);
  const program = await runtime.compile(graph, [loss], options);
  program.write("x", Float32Array.from(hashFill("images", BATCH * 224 * 224 * 3)));
  program.write(
    "labels",
    Uint32Array.from({ length: BATCH }, (_, i) => (i * 37) % 1000),
  );
  program.write("learningRate", Float32Array.of(0.01));
  program.run();
  const [value] = await program.read(loss);
  const gradients = await runtime.readState(arena.gradients);
  program.destroy();
  for (const state of program.plan.states) runtime.release(state);
  const convolutions = program.plan.steps.filter(({ op, scope }) => op === "conv2d" && scope === "conv1").length;
  return { loss: value!, gradients, convolutions };
}

it("has the same loss and gradients in parts", async () => {
  const whole = await step({});
  const split = await step({ maxBindingBytes: LIMIT });
  expect(whole.convolutions).toBe(1);
  expect(split.convolutions).toBe(2);
  expect(Number.isFinite(whole.loss)).toBe(true);
  expect(Math.abs(split.loss - whole.loss)).toBeLessThan(1e-5 * whole.loss);
  let [difference, norm] = [0, 0];
  for (const [i, gradient] of whole.gradients.entries()) {
    difference += (split.gradients[i]! - gradient) ** 2;
    norm += gradient ** 2;
  }
  expect(norm).toBeGreaterThan(0);
  // Statistics summed in another order move some of ten million activations across a ReLU's kink, whose gradients then come
  // or go whole: two adapters differ as much. That sums are right is held to 1e-4 op by op in the engine's tests.
  expect(Math.sqrt(difference / norm)).toBeLessThan(1e-2);
});
