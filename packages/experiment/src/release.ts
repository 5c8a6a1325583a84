// What a part of a run leaves on the adapter when it is done. Programs that use it must be destroyed first or never run again.
import type { ParameterArena, ResidentImages, Runtime } from "@er/engine";

/** Frees a set's images. */
export function releaseImages(runtime: Runtime, images: ResidentImages): void {
  for (const { state } of images.parts) {
    runtime.release(state);
  }
}

/** Frees a model's parameters and their copies, gradients, velocities and running statistics. */
export function releaseArena(runtime: Runtime, arena: ParameterArena): void {
  for (const state of [arena.values, arena.gradients, arena.velocity, arena.halves, ...arena.buffers.values()]) {
    runtime.release(state);
  }
}
