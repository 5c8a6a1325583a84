// Weight files into state dicts, and into a model whose head may have another class count.
import { readInput } from "@er/data";
import { InputError, loadStateDict, type ParameterArena, type Runtime, type StateEntry } from "@er/engine";
import { readNpz, readSafetensors, readTorch, toFloat32 } from "@er/formats";
import { fromBitNpz, isBitNpz, type Model } from "@er/models";

/**
 * Reads a state dict from safetensors, torch (zip or legacy) or .npz, BiT's under its names there; integer counters are left out.
 *
 * @throws InputError where the file is missing or none of these
 */
export async function readWeights(file: string): Promise<Map<string, StateEntry>> {
  const tensors = tensorsOf(await readInput(file), file);
  const entries = new Map<string, StateEntry>();
  for (const [name, array] of tensors) {
    if (!name.endsWith("num_batches_tracked")) {
      entries.set(name, { shape: array.shape, data: toFloat32(array) });
    }
  }
  return isBitNpz(entries.keys()) ? fromBitNpz(entries) : entries;
}

function tensorsOf(bytes: Uint8Array, file: string) {
  if (file.endsWith(".safetensors")) {
    return readSafetensors(bytes, file).tensors;
  }
  return file.endsWith(".npz") ? readNpz(bytes, file) : readTorch(bytes, file);
}

/**
 * Loads weights into a model. A head of another class count keeps its random initialisation.
 *
 * @returns whether the head was replaced
 */
export function loadInto(
  runtime: Runtime,
  model: Model,
  arena: ParameterArena,
  entries: ReadonlyMap<string, StateEntry>,
  source: string,
  replaceHead: boolean,
): boolean {
  const head = [`${model.head}.weight`, `${model.head}.bias`];
  const complete = new Map(entries);
  const differs = head.some((name) => entries.get(name)?.shape[0] !== arena.parameters.get(name)?.shape[0]);
  if (replaceHead && differs) {
    for (const name of head) {
      complete.set(name, { shape: arena.parameters.get(name)!.shape, data: arena.initialValues(name) });
    }
  }
  try {
    loadStateDict(runtime, arena, complete);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${source}: ${error.message}`) : error;
  }
  return replaceHead && differs;
}
