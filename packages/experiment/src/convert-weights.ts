// A file of weights into another container, tensor by tensor, so that no more than one is held at once.
import { InputError } from "@er/engine";
import { writeFile } from "@er/files";
import { keepsMetadata, openFile, openTensors, type StoredTensor, writerFor } from "@er/formats";
import { exists } from "@er/hub";
import { asModelWeights } from "./model-weights.js";

export interface ConvertOptions {
  /** Replace a file that is there. */
  readonly overwrite: boolean;
  /** The model whose names and shapes the weights must have; BiT's published names become PyTorch's. */
  readonly model?: string;
  /** Stops before the next tensor; nothing is left behind. */
  readonly signal?: AbortSignal;
  readonly onTensor?: (done: number, total: number, name: string) => void;
}

/** What was written. */
export interface Converted {
  readonly container: string;
  readonly tensors: number;
  readonly bytes: number;
  /** What the second file does not say as the first did: lines for people. */
  readonly notes: readonly string[];
}

/**
 * Writes the tensors of one file into another, of the container that the other's name ends in (.safetensors, .pth, .pt,
 * .npz), bit for bit. The file is there whole or not at all.
 *
 * @throws InputError where the first cannot be read, the second is there already or cannot be written, its container lacks an
 *   element type, or the weights are not those of the model
 */
export async function convertWeights(input: string, output: string, options: ConvertOptions): Promise<Converted> {
  const writer = writerFor(output);
  if (!options.overwrite && (await exists(output))) {
    throw new InputError(`${output}: is there already; give another name, or --overwrite to replace it`);
  }
  const source = await openFile(input);
  try {
    const file = await openTensors(source, input);
    const { model } = options;
    const tensors = model === undefined ? file.tensors : await asModelWeights(file.tensors, model, input);
    const { bytes } = await writeFile(output, writer(watched(tensors, options), file.metadata));
    const { container, prefix, leftOut, metadata } = file;
    const notes = [
      ...(prefix === undefined ? [] : [`names began with "${prefix}", which is left off`]),
      ...(leftOut.length === 0 ? [] : [`${leftOut.length} entries that are no tensors of a model are left out`]),
      ...(keepsMetadata(output, metadata)
        ? []
        : [
            `the metadata (${Object.keys(metadata).join(", ")}) are too long for it and are lost; give er eval --model, --classes and --normalization`,
          ]),
    ];
    return { container, tensors: tensors.size, bytes, notes };
  } finally {
    await source.close();
  }
}

function watched(tensors: ReadonlyMap<string, StoredTensor>, options: ConvertOptions): Map<string, StoredTensor> {
  let done = 0;
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const read = () => {
        options.signal?.throwIfAborted();
        options.onTensor?.(done++, tensors.size, name);
        return tensor.read();
      };
      return [name, { dtype: tensor.dtype, shape: tensor.shape, read }];
    }),
  );
}
