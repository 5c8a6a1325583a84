// Weight files into state dicts, and into a model whose head may have another class count.
import { InputError, loadStateDict, type ParameterArena, type Runtime, type StateEntry } from "@er/engine";
import { openFile, openTensors, toFloat32 } from "@er/formats";
import { fromBitNpz, isBitNpz, type Model } from "@er/models";

/**
 * Reads a state dict from any container (docs/weights.md), BiT's under its names there; integer counters are left out. Tensors
 * are read one by one, so that beside what is returned no more than one is held.
 *
 * @throws InputError where the file is missing or no file of weights
 */
export async function readWeights(file: string): Promise<Map<string, StateEntry>> {
  const source = await openFile(file);
  try {
    const entries = new Map<string, StateEntry>();
    for (const [name, tensor] of (await openTensors(source, file)).tensors) {
      if (name.endsWith("num_batches_tracked")) continue;
      entries.set(name, { shape: tensor.shape, data: toFloat32(await tensor.read()) });
    }
    return isBitNpz(entries.keys()) ? fromBitNpz(entries) : entries;
  } finally {
    await source.close();
  }
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
