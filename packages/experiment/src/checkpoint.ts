// A checkpoint: weights, running statistics, velocities, totals, the loss scale and the weights' average in one safetensors file, and where the run stands.
// Loading it and going on gives the same bits as never having stopped.
import { readInput } from "@er/data";
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
import type { RunRecord } from "./record.js";
import type { Trainer } from "./trainer.js";

/** Where a run goes on from. */
export const LATEST_CHECKPOINT = "checkpoints/latest.safetensors";

const VELOCITY = "optimizer.velocity.";
const TOTALS = "optimizer.totals";
const LOSS_SCALE = "optimizer.loss_scale";
const AVERAGE = "optimizer.average.";

/** One after another. */
const PHASES = ["testbed", "pretrain", "probe", "train"] as const;

/** Where a run stands: `step` steps of `phase` are done. */
export interface Cursor {
  readonly phase: (typeof PHASES)[number];
  readonly step: number;
}

/** Whether a run that stands there has a phase behind it; one that begins has none. */
export function isPast(cursor: Cursor | undefined, phase: Cursor["phase"]): boolean {
  return cursor !== undefined && PHASES.indexOf(cursor.phase) > PHASES.indexOf(phase);
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

/**
 * Everything that a run needs to go on.
 *
 * @returns undefined where a number is not finite: nothing good would come of going on from there
 */
export async function checkpointFile(
  runtime: Runtime,
  arena: ParameterArena,
  trainer: Trainer,
  cursor: Cursor,
): Promise<Uint8Array | undefined> {
  const tensors = new Map<string, NdArray>();
  for (const [name, entry] of await stateDict(runtime, arena)) {
    tensors.set(name, array(entry));
  }
  for (const [name, entry] of await velocityDict(runtime, arena)) {
    tensors.set(VELOCITY + name, array(entry));
  }
  for (const [name, entry] of (await trainer.average?.stateDict()) ?? []) {
    tensors.set(AVERAGE + name, array(entry));
  }
  tensors.set(TOTALS, array({ shape: [4], data: await runtime.readState(trainer.totals) }));
  if (trainer.lossScale !== undefined) {
    tensors.set(LOSS_SCALE, array({ shape: [4], data: await runtime.readState(trainer.lossScale) }));
  }
  if (![...tensors.values()].every(({ data }) => (data as Float32Array).every(Number.isFinite))) {
    return undefined;
  }
  return writeSafetensors(tensors, { phase: cursor.phase, step: String(cursor.step) });
}

/** A checkpoint's file and where its run stands. */
export interface SavedCheckpoint {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly cursor: Cursor;
}

/**
 * A record's checkpoint; undefined where there is none yet.
 *
 * @throws InputError for a file that is no checkpoint
 */
export async function savedCheckpoint(record: RunRecord, file: string): Promise<SavedCheckpoint | undefined> {
  if (!(await record.exists(file))) {
    return undefined;
  }
  const path = record.path(file);
  const bytes = await readInput(path);
  return { path, bytes, cursor: readCursor(bytes, path) };
}

function readCursor(bytes: Uint8Array, source: string): Cursor {
  const { metadata } = readSafetensors(bytes, source);
  const phase = PHASES.find((known) => known === metadata.phase);
  const { step } = metadata;
  if (phase === undefined || !/^\d+$/.test(step ?? "")) {
    throw new InputError(
      `${source}: a safetensors file, but no checkpoint of a run; its metadata lacks phase and step`,
    );
  }
  return { phase, step: Number(step) };
}

export async function restoreCheckpoint(
  runtime: Runtime,
  arena: ParameterArena,
  trainer: Trainer,
  { bytes, path }: SavedCheckpoint,
): Promise<void> {
  const weights = new Map<string, StateEntry>();
  const velocities = new Map<string, StateEntry>();
  const averages = new Map<string, StateEntry>();
  for (const [name, value] of readSafetensors(bytes, path).tensors) {
    const entry = { shape: value.shape, data: toFloat32(value) };
    if (name === TOTALS) {
      runtime.writeState(trainer.totals, entry.data);
    } else if (name === LOSS_SCALE && trainer.lossScale !== undefined) {
      runtime.writeState(trainer.lossScale, entry.data);
    } else if (name.startsWith(VELOCITY)) {
      velocities.set(name.slice(VELOCITY.length), entry);
    } else if (name.startsWith(AVERAGE)) {
      averages.set(name.slice(AVERAGE.length), entry);
    } else {
      weights.set(name, entry);
    }
  }
  try {
    if (trainer.average !== undefined) {
      await trainer.restoreAverage(averages);
    }
    loadStateDict(runtime, arena, weights);
    loadVelocityDict(runtime, arena, velocities);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error;
  }
}
