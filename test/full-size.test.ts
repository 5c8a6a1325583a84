// Networks at ImageNet's size, planned for an adapter that binds 128 MiB at once, as lavapipe does.
import { compilePlan, sizeOf } from "@er/engine";
import { expect, it } from "vitest";
import { trainingStep } from "./support/training-step.js";

const target = { subgroupSize: 8, maxBindingBytes: 2 ** 27 };
const GIB = 2 ** 30;

for (const [name, batch, limit] of [
  ["resnet18", 64, 8 * GIB],
  ["wide_resnet50_2", 32, 8 * GIB],
] as const)
  it(`a training step of ${name} on ${batch} images of 224×224 needs less than ${limit / GIB} GiB`, () => {
    const { graph, loss } = trainingStep(name, batch, 224, { blank: true });
    const plan = compilePlan(graph, [loss], target);
    const bound = plan.steps.flatMap(({ bindings }) => bindings.map(({ place }) => place.bytes));
    expect(Math.max(...bound)).toBeLessThanOrEqual(target.maxBindingBytes);
    expect(Math.max(...plan.slots) > target.maxBindingBytes).toBe(name === "resnet18");
    const inputs = [...plan.inputs.values()].reduce((total, { bytes }) => total + bytes, 0);
    // The arena's values, gradients and velocities are among the states.
    const states = [...plan.states].reduce((total, { shape }) => total + 4 * sizeOf(shape), 0);
    const total = plan.memory.slots + inputs + states;
    console.log(
      `${name}, batch ${batch}: ${total} bytes: ${plan.memory.slots} in slots, ${states} of parameters and state, ${inputs} of inputs`,
    );
    expect(total).toBeLessThan(limit);
  });
