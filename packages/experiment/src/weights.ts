// Weight files into state dicts, and into a model whose head may have another class count.
import { InputError, loadStateDict, type ParameterArena, type Runtime, type StateEntry } from "@er/engine";
import { openFile, openTensors, toFloat32 } from "@er/formats";
import { fromBitNpz, isBitNpz, type Model } from "@er/models";

/**
 * Reads a state dict from any container (docs/weights.md), BiT's under its names there; integer counters are left out. Tensors
 * are read one by one, so that beside what is returned no more than one is held.
 *
 * @throws InputError where the file is missing or no file of weights, or one of them is of integers or no finite number as a float32
 */
export async function readWeights(file: string): Promise<Map<string, StateEntry>> {
  const source = await openFile(file);
  try {
    const entries = new Map<string, StateEntry>();
    for (const [name, tensor] of (await openTensors(source, file)).tensors) {
      if (name.endsWith("num_batches_tracked")) continue;
      if (!/float/.test(tensor.dtype)) {
        throw new InputError(
          `${file}[${name}]: ${tensor.dtype}; expected floating point, since quantised weights mean nothing without their scales`,
        );
      }
      const data = toFloat32(await tensor.read());
      refuseNotFinite(data, tensor.shape, `${file}[${name}]`);
      entries.set(name, { shape: tensor.shape, data });
    }
    return isBitNpz(entries.keys()) ? fromBitNpz(entries) : entries;
  } finally {
    await source.close();
  }
}

/** A NaN among weights gives accuracies that look like any other: it is never the largest logit. */
function refuseNotFinite(data: Float32Array, shape: readonly number[], what: string): void {
  // An index, not findIndex: hundreds of millions of numbers are gone through.
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new InputError(
        `${what}: ${data[i]} at element ${i} of [${shape.join(", ")}]; expected finite numbers, since no accuracy of such weights means anything`,
      );
    }
  }
}

/**
 * What becomes of a model's head: `keep`, the weights' own; `fit`, their own where the class counts agree, else as it was
 * initialised; `replace`, as it was initialised.
 */
export type HeadRule = "keep" | "fit" | "replace";

/**
 * Loads weights into a model.
 *
 * @returns whether the head is another than the weights'
 * @throws InputError where they do not fit the model
 */
export function loadInto(
  runtime: Runtime,
  model: Model,
  arena: ParameterArena,
  entries: ReadonlyMap<string, StateEntry>,
  source: string,
  rule: HeadRule,
): boolean {
  const head = [`${model.head}.weight`, `${model.head}.bias`];
  const complete = new Map(entries);
  const differs = head.some((name) => entries.get(name)?.shape[0] !== arena.parameters.get(name)?.shape[0]);
  const replaced = rule === "replace" || (rule === "fit" && differs);
  if (replaced) {
    for (const name of head) {
      complete.set(name, { shape: arena.parameters.get(name)!.shape, data: arena.initialValues(name) });
    }
  }
  try {
    loadStateDict(runtime, arena, complete);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${source}: ${error.message}`) : error;
  }
  return replaced;
}
