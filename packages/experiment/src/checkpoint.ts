// A checkpoint: weights, running statistics, velocities and totals in one safetensors file, and where the run stands.
// Loading it and going on gives the same bits as never having stopped.
import {
  InputError,
  loadStateDict,
  loadVelocityDict,
  type ParameterArena,
  type Runtime,
  type StateEntry,
  stateDict,
  velocityDict,
} from "@er/engine";
import { type NdArray, readSafetensors, toFloat32, writeSafetensors } from "@er/formats";
import type { Trainer } from "./trainer.js";

const VELOCITY = "optimizer.velocity.";
const TOTALS = "optimizer.totals";

/** Where a run stands: `step` steps of `phase` are done. */
export interface Cursor {
  readonly phase: "pretrain" | "train";
  readonly step: number;
}

const array = ({ shape, data }: StateEntry): NdArray => ({ dtype: "float32", shape: [...shape], data });

/** Weights and running statistics alone, PyTorch's names and layouts. */
export async function weightsFile(
  runtime: Runtime,
  arena: ParameterArena,
  metadata: Record<string, string> = {},
): Promise<Uint8Array> {
  const entries = await stateDict(runtime, arena);
  return writeSafetensors(new Map([...entries].map(([name, entry]) => [name, array(entry)])), metadata);
}

export async function checkpointFile(
  runtime: Runtime,
  arena: ParameterArena,
  trainer: Trainer,
  cursor: Cursor,
): Promise<Uint8Array> {
  const tensors = new Map<string, NdArray>();
  for (const [name, entry] of await stateDict(runtime, arena)) {
    tensors.set(name, array(entry));
  }
  for (const [name, entry] of await velocityDict(runtime, arena)) {
    tensors.set(VELOCITY + name, array(entry));
  }
  tensors.set(TOTALS, array({ shape: [4], data: await runtime.readState(trainer.totals) }));
  return writeSafetensors(tensors, { phase: cursor.phase, step: String(cursor.step) });
}

/** Where the run of a checkpoint stands. */
export function readCursor(bytes: Uint8Array, source: string): Cursor {
  const { phase, step } = readSafetensors(bytes, source).metadata;
  if ((phase !== "pretrain" && phase !== "train") || !/^\d+$/.test(step ?? "")) {
    throw new InputError(
      `${source}: a safetensors file, but no checkpoint of a run; its metadata lacks phase and step`,
    );
  }
  return { phase, step: Number(step) };
}

export function restoreCheckpoint(
  runtime: Runtime,
  arena: ParameterArena,
  trainer: Trainer,
  bytes: Uint8Array,
  source: string,
): void {
  const weights = new Map<string, StateEntry>();
  const velocities = new Map<string, StateEntry>();
  for (const [name, value] of readSafetensors(bytes, source).tensors) {
    const entry = { shape: value.shape, data: toFloat32(value) };
    if (name === TOTALS) {
      runtime.writeState(trainer.totals, entry.data);
    } else if (name.startsWith(VELOCITY)) {
      velocities.set(name.slice(VELOCITY.length), entry);
    } else {
      weights.set(name, entry);
    }
  }
  try {
    loadStateDict(runtime, arena, weights);
    loadVelocityDict(runtime, arena, velocities);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${source}: ${error.message}`) : error;
  }
}
