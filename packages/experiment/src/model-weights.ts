// Weights held against a model, without an adapter.
import { InputError } from "@er/engine";
import { type StoredTensor, storedInMemory, toFloat32 } from "@er/formats";
import { fromBitNpz, isBitNpz } from "@er/models";
import { widthFor } from "./model-of-weights.js";
import { modelNamed } from "./new-model.js";

/** Batches that PyTorch counts beside batch-norm's statistics; no model here has them. */
const COUNTER = "num_batches_tracked";

/** How many names a message gives. */
const NAMED = 3;

/**
 * The tensors of a model under PyTorch's names, BiT's published ones renamed and turned (as float32). Classes are as many as
 * the head has rows, and a ResNet for small images is as wide as the weights are.
 *
 * @param model as `createModel` takes it
 * @param what how messages name the file
 * @throws InputError for an unknown model, or where tensors are missing, too many, or of another shape
 */
export async function asModelWeights(
  tensors: ReadonlyMap<string, StoredTensor>,
  model: string,
  what: string,
): Promise<ReadonlyMap<string, StoredTensor>> {
  const head = `${modelNamed(model, { classes: 1 }).head}.weight`;
  const named = isBitNpz(tensors.keys()) ? await renamedBit(tensors) : tensors;
  const classes = named.get(head)?.shape[0] ?? 0;
  if (classes < 1) throw new InputError(`${what}: no "${head}", the head of ${model}; is it another model's?`);
  const expected = new Map(
    [...modelNamed(model, { classes, ...widthFor(model, undefined, named) }).module.namedState()].map(
      ([name, { shape }]) => [name, shape],
    ),
  );
  const complaints = [
    few(
      "missing",
      [...expected.keys()].filter((name) => !named.has(name)),
    ),
    few(
      "unknown",
      [...named.keys()].filter((name) => !expected.has(name) && !name.endsWith(COUNTER)),
    ),
    few(
      "of another shape",
      [...expected].flatMap(([name, shape]) => {
        const given = named.get(name)?.shape;
        return given === undefined || given.join() === shape.join()
          ? []
          : [`${name} [${given.join(", ")}], expected [${shape.join(", ")}]`];
      }),
    ),
  ].filter((complaint) => complaint !== "");
  if (complaints.length > 0) throw new InputError(`${what}: weights do not fit ${model}: ${complaints.join("; ")}`);
  return named;
}

async function renamedBit(tensors: ReadonlyMap<string, StoredTensor>): Promise<Map<string, StoredTensor>> {
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, tensor] of tensors) {
    weights.set(name, { shape: tensor.shape, data: toFloat32(await tensor.read()) });
  }
  return new Map(
    [...fromBitNpz(weights)].map(([name, value]) => [name, storedInMemory({ dtype: "float32", ...value })]),
  );
}

function few(kind: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${kind}: ${names.slice(0, NAMED).join(", ")}${more}`;
}
