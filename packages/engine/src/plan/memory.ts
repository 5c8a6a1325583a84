// Memory by lifetime: tensors whose lives do not meet share a slot. A slot is one buffer, because WebGPU forbids reading and
// writing parts of one buffer in the same dispatch; the slots together are the arena.
import { bytesPerElement, sizeOf, type TensorSpec } from "../graph/tensor.js";

/** Buffers are padded to 16 bytes, so that four-element kernels may pass a tensor's end. */
export function bytesOf({ shape, dtype }: TensorSpec): number {
  return Math.ceil((sizeOf(shape) * bytesPerElement(dtype)) / 16) * 16;
}

/** First and last dispatch that touch a tensor, both included. */
export interface Life {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

/**
 * Assigns slots, largest tensors first, each to the tightest slot that is free for its whole life
 * (greedy by size: Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
 */
export function packSlots<T>(
  lives: ReadonlyMap<T, Life>,
  reuse: boolean,
): { slotOf: ReadonlyMap<T, number>; slots: number[] } {
  const slots: { bytes: number; lives: Life[] }[] = [];
  const slotOf = new Map<T, number>();
  const largestFirst = [...lives].sort(([, a], [, b]) => b.bytes - a.bytes || a.first - b.first);
  for (const [tensor, life] of largestFirst) {
    let index = -1;
    if (reuse) {
      for (const [i, slot] of slots.entries()) {
        const free = slot.lives.every((other) => other.last < life.first || life.last < other.first);
        if (free && (index < 0 || slot.bytes < slots[index]!.bytes)) {
          index = i;
        }
      }
    }
    if (index < 0) {
      index = slots.push({ bytes: life.bytes, lives: [] }) - 1;
    }
    slots[index]!.lives.push(life);
    slotOf.set(tensor, index);
  }
  return { slotOf, slots: slots.map((slot) => slot.bytes) };
}
