// Weight files into state dicts, and into a model whose head may have another class count.
import { readInput } from "@er/data";
import { InputError, loadStateDict, type ParameterArena, type Runtime, type StateEntry } from "@er/engine";
import { readSafetensors, readTorch, toFloat32 } from "@er/formats";
import type { Model } from "@er/models";

/**
 * Reads a state dict from safetensors or torch (zip or legacy); integer counters are left out.
 *
 * @throws InputError where the file is missing or none of these
 */
export async function readWeights(file: string): Promise<Map<string, StateEntry>> {
  const bytes = await readInput(file);
  const tensors = file.endsWith(".safetensors") ? readSafetensors(bytes, file).tensors : readTorch(bytes, file);
  const entries = new Map<string, StateEntry>();
  for (const [name, array] of tensors) {
    if (!name.endsWith("num_batches_tracked")) {
      entries.set(name, { shape: array.shape, data: toFloat32(array) });
    }
  }
  return entries;
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
    const initial = arena.values.initial as Float32Array;
    for (const name of head) {
      const parameter = arena.parameters.get(name)!;
      const { offset } = parameter.placement!;
      const size = parameter.shape.reduce((a, b) => a * b, 1);
      complete.set(name, { shape: parameter.shape, data: parameter.fromStored(initial.slice(offset, offset + size)) });
    }
  }
  try {
    loadStateDict(runtime, arena, complete);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${source}: ${error.message}`) : error;
  }
  return replaceHead && differs;
}
