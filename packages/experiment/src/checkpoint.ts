// A checkpoint: weights, running statistics, velocities, totals, the loss scale, the weights' average and the evaluations that exist
// in one safetensors file, and in its metadata where the run stands and of which configuration it is. Loading it and going on
// gives the same bits as never having stopped. Both ways tensor by tensor: it may be larger than what Node reads at once.

import {
  loadStateDict,
  loadVelocityDict,
  type ParameterArena,
  type Runtime,
  type StateEntry,
  stateDict,
  velocityDict,
} from "@er/engine";
import { InputError } from "@er/errors";
import {
  type NdArray,
  openFile,
  openTensors,
  type StoredTensor,
  storedInMemory,
  toFloat32,
  writerFor,
} from "@er/formats";
import { flawOf } from "./file-flaw.js";
import type { OpenRecord } from "./open-record.js";
import { type Evaluation, evaluationLines, parseEvaluations, type RunRecord } from "./record.js";
import type { Trainer } from "./trainer.js";

/** Where a run goes on from. */
export const LATEST_CHECKPOINT = "checkpoints/latest.safetensors";

const VELOCITY = "optimizer.velocity.";
const TOTALS = "optimizer.totals";
const LOSS_SCALE = "optimizer.loss_scale";
const AVERAGE = "optimizer.average.";

/** Lines of metrics.jsonl as bytes; in the metadata of older checkpoints, which lie in a header of 16 MiB at most. */
const EVALUATIONS = "er.evaluations";
/** A key of the metadata. */
const SETTINGS = "er.settings";

/** One after another. */
export const PHASES = ["testbed", "pretrain", "probe", "train"] as const;

/** Where a run stands: `step` steps of `phase` are done. */
export interface Cursor {
  readonly phase: (typeof PHASES)[number];
  readonly step: number;
}

/** Whether a run that stands there has a phase behind it; one that begins has none. */
export function isPast(cursor: Cursor | undefined, phase: Cursor["phase"]): boolean {
  return cursor !== undefined && PHASES.indexOf(cursor.phase) > PHASES.indexOf(phase);
}

/** Whether one place of a run comes before another. */
export function isBefore(one: Cursor, other: Cursor): boolean {
  return one.phase === other.phase ? one.step < other.step : isPast(other, one.phase);
}

/** What a checkpoint says beside its tensors. */
export interface CheckpointNotes {
  readonly cursor: Cursor;
  /** The SHA-256 of what it depends on, which is another where it does not belong. */
  readonly settings: string;
  /** Those that exist up to here. */
  readonly evaluations: readonly Evaluation[];
}

const array = ({ shape, data }: StateEntry): NdArray => ({ dtype: "float32", shape: [...shape], data });

/** Weights and running statistics alone, PyTorch's names and layouts. Throws an InputError for a number that is not finite. */
export async function writeWeights(
  record: OpenRecord,
  file: string,
  { runtime, arena }: { readonly runtime: Runtime; readonly arena: ParameterArena },
  metadata: Record<string, string> = {},
): Promise<void> {
  const entries = await stateDict(runtime, arena);
  const broken = [...entries].find(([, { data }]) => !data.every(Number.isFinite))?.[0];
  if (broken !== undefined) {
    throw new InputError(`${record.path(file)}: not written, since ${broken} holds numbers that are not finite`);
  }
  await record.write(file, pieces(new Map([...entries].map(([name, entry]) => [name, array(entry)])), metadata));
}

/**
 * Everything that a run needs to go on.
 *
 * @returns whether it was written; not where a number is not finite, since nothing good would come of going on from there
 */
export async function writeCheckpoint(
  record: OpenRecord,
  file: string,
  { runtime, arena, trainer }: { readonly runtime: Runtime; readonly arena: ParameterArena; readonly trainer: Trainer },
  { cursor, settings, evaluations }: CheckpointNotes,
): Promise<boolean> {
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
    return false;
  }
  if (evaluations.length > 0) {
    const lines = new TextEncoder().encode(evaluationLines(evaluations));
    tensors.set(EVALUATIONS, { dtype: "uint8", shape: [lines.length], data: lines });
  }
  const { phase, step } = cursor;
  const metadata = { phase, step: String(step), [SETTINGS]: settings };
  await record.write(file, pieces(tensors, metadata));
  return true;
}

function pieces(tensors: ReadonlyMap<string, NdArray>, metadata: Record<string, string>): AsyncIterable<Uint8Array> {
  const stored = new Map([...tensors].map(([name, value]) => [name, storedInMemory(value)]));
  return writerFor(".safetensors")(stored, metadata);
}

/** A checkpoint's file, and what it says. */
export interface SavedCheckpoint extends CheckpointNotes {
  readonly path: string;
}

/**
 * A record's checkpoint; undefined where none was written, or it is not there any more.
 *
 * @param settings of who goes on, one of those that it may be of
 * @throws InputError for a file that is no checkpoint, is damaged, or belongs to something else
 */
export async function savedCheckpoint(
  record: RunRecord,
  file: string,
  settings: readonly string[],
): Promise<SavedCheckpoint | undefined> {
  if (!(await record.exists(file))) {
    return undefined;
  }
  const path = record.path(file);
  const written = (await record.inventory())?.files.get(file);
  if (written === undefined || (await flawOf(path, written)) !== undefined) {
    throw new InputError(
      `${path}: damaged or cut short, by its SHA-256; restore it from a copy, or delete it and begin the training that it was of anew with the same command`,
    );
  }
  const saved = { path, ...(await readNotes(path)) };
  if (!settings.includes(saved.settings)) {
    throw new InputError(`${path}: of another configuration or other data than this record; restore it from a copy`);
  }
  return saved;
}

async function readNotes(path: string): Promise<CheckpointNotes> {
  const source = await openFile(path);
  let metadata: Readonly<Record<string, string>>;
  let lines: string | undefined;
  try {
    const opened = await openTensors(source, path);
    metadata = opened.metadata;
    const stored = opened.tensors.get(EVALUATIONS);
    lines = stored === undefined ? metadata[EVALUATIONS] : await textOf(stored);
  } finally {
    await source.close();
  }
  const phase = PHASES.find((known) => known === metadata.phase);
  const { step } = metadata;
  const settings = metadata[SETTINGS];
  if (phase === undefined || !/^\d+$/.test(step ?? "") || settings === undefined) {
    throw new InputError(
      `${path}: a safetensors file, but no checkpoint of a run; its metadata lacks phase, step and ${SETTINGS}`,
    );
  }
  const evaluations = parseEvaluations(lines ?? "", `${path}: ${EVALUATIONS}`);
  return { cursor: { phase, step: Number(step) }, settings, evaluations };
}

async function textOf(stored: StoredTensor): Promise<string> {
  return new TextDecoder().decode((await stored.read()).data as Uint8Array);
}

export async function restoreCheckpoint(
  runtime: Runtime,
  arena: ParameterArena,
  trainer: Trainer,
  { path }: SavedCheckpoint,
): Promise<void> {
  const weights = new Map<string, StateEntry>();
  const velocities = new Map<string, StateEntry>();
  const averages = new Map<string, StateEntry>();
  const source = await openFile(path);
  try {
    for (const [name, tensor] of (await openTensors(source, path)).tensors) {
      if (name === EVALUATIONS) continue;
      const entry = { shape: tensor.shape, data: toFloat32(await tensor.read()) };
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
  } finally {
    await source.close();
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
