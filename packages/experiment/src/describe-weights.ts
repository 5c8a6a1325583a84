// What a file of weights holds, from what describes its tensors alone: no elements are read.
import { openFile, openTensors, tensorBytes } from "@er/formats";

/** One tensor of a file. */
interface TensorSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of its elements written out. */
  readonly bytes: number;
}

/** A file of weights. */
export interface WeightsSummary {
  readonly file: string;
  /** How it is kept: safetensors, npz, TorchScript, or one of torch.save's three. */
  readonly container: string;
  /** The keys that led to the state dict in a checkpoint that holds more; null where it is at the top. */
  readonly wrapper: string | null;
  /** What every name in the file begins with, as `module.`, which is left off here; null for nothing. */
  readonly prefix: string | null;
  /** Entries of the state dict that are no tensors of a model. */
  readonly leftOut: readonly string[];
  /** Classes and functions of other code that it names, which stand as placeholders. */
  readonly foreign: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Elements of all tensors, running statistics and counters among them. */
  readonly elements: number;
  /** Bytes of all tensors written out, and of the file. */
  readonly bytes: number;
  readonly fileBytes: number;
  /** How many tensors have each element type. */
  readonly dtypes: Readonly<Record<string, number>>;
  readonly tensors: readonly TensorSummary[];
}

/**
 * Looks into a file of weights of any container.
 *
 * @throws InputError where the file is missing, broken or no file of weights
 */
export async function describeWeights(file: string): Promise<WeightsSummary> {
  const source = await openFile(file);
  try {
    const { container, wrapper, prefix, leftOut, foreign, metadata, tensors: stored } = await openTensors(source, file);
    const tensors = [...stored].map(([name, { dtype, shape }]) => {
      return { name, dtype, shape, bytes: tensorBytes({ dtype, shape }, name) };
    });
    const dtypes: Record<string, number> = {};
    for (const { dtype } of tensors) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
    return {
      ...{ file, container, wrapper: wrapper ?? null, prefix: prefix ?? null, leftOut, foreign, metadata },
      elements: tensors.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0),
      bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
      fileBytes: source.size,
      ...{ dtypes, tensors },
    };
  } finally {
    await source.close();
  }
}
