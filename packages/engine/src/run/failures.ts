// What is said when the adapter fails: one line that names where, on what, with which shapes, and what to do.
import { InputError } from "../errors.js";
import type { Shape } from "../graph/tensor.js";
import { describe, shapeText } from "../plan/describe.js";
import type { Plan, Step } from "../plan/plan.js";

/** A driver's message may have many lines; ours has one. */
export function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, " ").trim();
}

/**
 * The error of a program whose buffers the adapter could not give.
 *
 * @param program what the program is for, such as "training step"
 * @param adapter the adapter's own name
 */
export function outOfMemory(plan: Plan, program: string, adapter: string): InputError {
  const states = [...plan.states].reduce((total, { shape }) => total + 4 * shape.reduce((a, b) => a * b, 1), 0);
  const inputs = [...plan.inputs.values()].reduce((total, { bytes }) => total + bytes, 0);
  let largest: { step: Step; shape: Shape; bytes: number } | undefined;
  for (const step of plan.steps) {
    for (const { place, shape } of step.bindings) {
      if (place.kind === "slot" && place.bytes > (largest?.bytes ?? 0)) {
        largest = { step, shape, bytes: place.bytes };
      }
    }
  }
  const tensor =
    largest === undefined
      ? ""
      : `; the largest tensor, ${shapeText(largest.shape)} of ${mebibytes(largest.bytes)}, is wanted by ${describe(largest.step)}`;
  return new InputError(
    `${adapter} is out of memory: the ${program} wants ${mebibytes(plan.memory.slots + inputs + states)}, of which ${mebibytes(plan.memory.slots)} for ${plan.slots.length} slots of activations and workspace${tensor}; use a smaller batch`,
  );
}

/** @param program what ran last, where something did */
export function deviceLost(adapter: string, program: string | undefined, reason: string): Error {
  const during = program === undefined ? "" : ` while the ${program} ran`;
  const why = reason === "" ? "" : `: ${oneLine(reason)}`;
  return new Error(`${adapter}: the device was lost${during}${why}; open a new one and go on from the last checkpoint`);
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
