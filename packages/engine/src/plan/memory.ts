// Memory by lifetime: tensors whose lives do not meet share a slot. A slot is one buffer, because WebGPU forbids reading and
// writing parts of one buffer in the same dispatch, or one texture; the slots together are the arena.
import { bytesPerElement, sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import type { Scratch } from "./lowering.js";
import type { TexelFormat } from "./texels.js";

/** Buffers are padded to 16 bytes, so that four-element kernels may pass a tensor's end. */
export function bytesOf({ shape, dtype }: TensorSpec): number {
  return Math.ceil((sizeOf(shape) * bytesPerElement(dtype)) / 16) * 16;
}

/** The tensor whose memory an alias or a view shares, and the element of it that they begin at. */
export function rootOf(tensor: Tensor | Scratch): { root: Tensor | Scratch; offset: number } {
  let root = tensor;
  let offset = 0;
  while (!("scratch" in root)) {
    if (root.storage.kind === "view") {
      offset += root.storage.offset;
      root = root.storage.of;
    } else if (root.producer?.op.alias) {
      root = root.producer.inputs[0]!;
    } else {
      break;
    }
  }
  return { root, offset };
}

/** First and last dispatch that touch a tensor, both included. */
export interface Life {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  /** Of what lies in a texture; undefined of what lies in a buffer. */
  readonly format: TexelFormat | undefined;
}

/** A buffer, or a texture of a format. */
export interface Slot {
  readonly bytes: number;
  readonly format: TexelFormat | undefined;
}

/**
 * Assigns slots, largest tensors first, each to the tightest slot that is free for its whole life
 * (greedy by size: Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
 */
export function packSlots<T>(
  lives: ReadonlyMap<T, Life>,
  reuse: boolean,
): { slotOf: ReadonlyMap<T, number>; slots: Slot[] } {
  const slots: (Slot & { readonly lives: Life[] })[] = [];
  const slotOf = new Map<T, number>();
  const largestFirst = [...lives].sort(([, a], [, b]) => b.bytes - a.bytes || a.first - b.first);
  for (const [tensor, life] of largestFirst) {
    let index = -1;
    if (reuse) {
      for (const [i, slot] of slots.entries()) {
        const free =
          slot.format === life.format &&
          slot.lives.every((other) => other.last < life.first || life.last < other.first);
        if (free && (index < 0 || slot.bytes < slots[index]!.bytes)) {
          index = i;
        }
      }
    }
    if (index < 0) {
      index = slots.push({ bytes: life.bytes, format: life.format, lives: [] }) - 1;
    }
    slots[index]!.lives.push(life);
    slotOf.set(tensor, index);
  }
  return { slotOf, slots: slots.map(({ bytes, format }) => ({ bytes, format })) };
}
