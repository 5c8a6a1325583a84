// What a plan runs, as a table for people: a line a step, with bytes, operations and, where measured, time.
import type { Plan } from "./plan.js";

/**
 * @param milliseconds measured time of each step, from `Program.profile`
 */
export function explain(plan: Plan, milliseconds?: readonly number[]): string {
  const rows = plan.steps.map((step, i) => {
    const place = step.scope === "" ? step.op : `${step.scope} ${step.op}`;
    const cells = [
      place.padEnd(44),
      step.kernel.padEnd(32),
      `${(step.flops / 1e6).toFixed(2)} MFLOP`.padStart(15),
      `${(step.bytes / 2 ** 20).toFixed(2)} MiB`.padStart(12),
    ];
    const time = milliseconds?.[i];
    if (time !== undefined) {
      cells.push(`${time.toFixed(3)} ms`.padStart(12), `${(step.flops / time / 1e6).toFixed(1)} GFLOP/s`.padStart(16));
    }
    return cells.join(" ");
  });
  const flops = plan.steps.reduce((total, step) => total + step.flops, 0);
  const shared = (plan.memory.slots / 2 ** 20).toFixed(1);
  const unshared = (plan.memory.unshared / 2 ** 20).toFixed(1);
  const copies = plan.steps.filter(({ kernel }) => kernel === "copy_to_texture").length;
  const count = `${plan.steps.length - copies} dispatches${copies > 0 ? ` and ${copies} copies` : ""}`;
  const summary = `${count}, ${(flops / 1e9).toFixed(3)} GFLOP; ${shared} MiB in ${plan.slots.length} slots (${unshared} MiB unshared)`;
  return [...rows, summary].join("\n");
}
