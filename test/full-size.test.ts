// How much memory training steps need, by their plans alone, for an adapter that binds 128 MiB at once, as lavapipe does.
import { compilePlan, sizeOf } from "@er/engine";
import { expect, it } from "vitest";
import { trainingStep } from "./support/training-step.js";

const target = { subgroupSize: 8, maxBindingBytes: 2 ** 27, workgroupBytes: 2 ** 14, hardware: false };
const MIB = 2 ** 20;

for (const [name, batch, size, limit, share] of [
  ["resnet20", 128, 32, 256 * MIB, 0.9],
  ["resnet18", 64, 224, 8192 * MIB, 0.9],
  ["wide_resnet50_2", 32, 224, 8192 * MIB, 0.9],
  // Its widest convolutions' weights alone are 144 MiB, and a copy of each is kept, standardised.
  ["bit-r152x4", 1, 224, 16384 * MIB, 0.95],
] as const)
  it(`a training step of ${name} on ${batch} images of ${size}×${size} needs less than ${limit / MIB} MiB, with recomputation less still`, () => {
    const bytes = (memory: "normal" | "low") => {
      const { graph, loss } = trainingStep(name, batch, size, { blank: true });
      const plan = compilePlan(graph, [loss], target, { memory });
      const bound = plan.steps.flatMap(({ bindings }) => bindings.map(({ place }) => place.bytes));
      expect(Math.max(...bound)).toBeLessThanOrEqual(target.maxBindingBytes);
      // The arena's values, gradients and velocities are among the states.
      const states = [...plan.states].reduce((total, { shape }) => total + 4 * sizeOf(shape), 0);
      const inputs = [...plan.inputs.values()].reduce((total, input) => total + input.bytes, 0);
      console.log(
        `${name}, batch ${batch}, memory ${memory}: ${plan.memory.slots} bytes in slots, ${states} of parameters and state, ${inputs} of inputs`,
      );
      return { slots: plan.memory.slots, total: plan.memory.slots + states + inputs };
    };
    const normal = bytes("normal");
    expect(normal.total).toBeLessThan(limit);
    expect(bytes("low").slots).toBeLessThan(share * normal.slots);
  });
