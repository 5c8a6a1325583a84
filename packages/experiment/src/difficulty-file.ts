// An estimate of difficulty as an .npz: the scores, the counts that they come from, and how far the estimate is, so that it can
// go on.
import { createHash } from "node:crypto";
import { readInput } from "@er/data";
import { InputError } from "@er/engine";
import { type NdArray, readNpz, writeNpz } from "@er/formats";
import { asUint16 } from "./uint16-classes.js";

/** The counts behind an estimate. */
export interface DifficultyCounts {
  /** models done */
  readonly models: number;
  /** [n] models that did not see the example */
  readonly heldOut: Uint16Array;
  /** [n] models among those that get it right */
  readonly right: Uint16Array;
}

/** [n] right / heldOut: high for easy; NaN for an example that no model held out. */
export function scoresOf({ heldOut, right }: DifficultyCounts): Float64Array {
  return Float64Array.from(heldOut, (times, i) => (times === 0 ? Number.NaN : right[i]! / times));
}

/** The bytes of an estimate's file: scores f8, labels u2, held_out u2, right u2 [n], models u4 [1], settings u1 [32]. */
export function difficultyFile(counts: DifficultyCounts, labels: Int32Array, settings: Uint8Array): Uint8Array {
  const { models, heldOut, right } = counts;
  const shape = [labels.length];
  const arrays: [string, NdArray][] = [
    ["scores", { dtype: "float64", shape, data: scoresOf(counts) }],
    ["labels", { dtype: "uint16", shape, data: asUint16(labels, "labels") }],
    ["held_out", { dtype: "uint16", shape, data: heldOut }],
    ["right", { dtype: "uint16", shape, data: right }],
    ["models", { dtype: "uint32", shape: [1], data: Uint32Array.of(models) }],
    ["settings", { dtype: "uint8", shape: [settings.length], data: settings }],
  ];
  return writeNpz(new Map(arrays));
}

/** What an estimate depends on, as 32 bytes that differ where anything in it does. */
export function settingsDigest(settings: unknown): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(JSON.stringify(settings)).digest());
}

/** Whether a file is an estimate of ours, of whatever settings. */
export async function isDifficultyFile(file: string): Promise<boolean> {
  try {
    const arrays = await readNpz(await readInput(file), file);
    return ["scores", "held_out", "right", "models", "settings"].every((key) => arrays.has(key));
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/**
 * The counts of an estimate to go on with.
 *
 * @throws InputError where the file is no estimate, or one of other settings
 */
export async function readDifficultyFile(file: string, settings: Uint8Array): Promise<DifficultyCounts> {
  const arrays = await readNpz(await readInput(file), file);
  const [models, heldOut, right] = ["models", "held_out", "right"].map((key) => arrays.get(key)?.data);
  if (!(models instanceof Uint32Array && heldOut instanceof Uint16Array && right instanceof Uint16Array)) {
    throw new InputError(`${file}: no estimate of difficulty to go on with; give another --out, or --overwrite`);
  }
  const kept = arrays.get("settings")?.data;
  if (!(kept instanceof Uint8Array && Buffer.from(kept).equals(settings))) {
    throw new InputError(`${file}: estimated with another configuration or other data; begin anew with --overwrite`);
  }
  return { models: models[0]!, heldOut, right };
}
