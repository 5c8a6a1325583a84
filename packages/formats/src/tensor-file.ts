// What every container of weights is opened as: tensors by name, described at once and read one by one.

import type { ByteSource } from "./byte-source.js";
import { type DType, elementCount, itemBytes, type NdArray } from "./ndarray.js";

/** What a tensor is, without its elements. */
export interface Described {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A tensor in a file (or in memory): what it is, and its elements when asked for. */
export interface StoredTensor extends Described {
  /**
   * The elements, copied out, in C order.
   *
   * @throws InputError where what the file holds is broken
   */
  read(): Promise<NdArray>;
}

type Container = "safetensors" | "torch zip" | "torch legacy" | "torch tar" | "TorchScript" | "npz";

/** An opened file of weights; `source` must stay open while tensors are read. */
export interface TensorFile {
  readonly container: Container;
  /** in the file's order, without the prefix */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** free text, of safetensors, or where `weights convert` keeps it in the archives of others */
  readonly metadata: Readonly<Record<string, string>>;
  /** where the state dict lay in a checkpoint that holds more, as `state_dict` or `model.state_dict`; undefined at the top */
  readonly wrapper: string | undefined;
  /** what every name in the file began with, as `module.` of `DataParallel`; undefined for nothing */
  readonly prefix: string | undefined;
  /** entries of the state dict that are left out: what is no tensor, and the counter of `AveragedModel` */
  readonly leftOut: readonly string[];
  /** classes and functions of other code that a pickle names, which stand as placeholders */
  readonly foreign: readonly string[];
}

/** What a container holds as it is, names with their prefix. */
export type Opened = Pick<TensorFile, "container" | "tensors"> & Partial<Omit<TensorFile, "prefix">>;

/** Opens one container. @throws InputError where the bytes are no such file, or one that is refused */
export type Opener = (source: ByteSource, what: string) => Promise<Opened>;

/** Bytes of a tensor's elements. */
export function tensorBytes({ dtype, shape }: Described, what: string): number {
  return elementCount(shape, what) * itemBytes(dtype);
}

/** An array in memory as a tensor of a file. */
export function storedInMemory(array: NdArray): StoredTensor {
  return { dtype: array.dtype, shape: array.shape, read: async () => array };
}

/** All tensors of a file at once. */
export async function readAll(tensors: ReadonlyMap<string, StoredTensor>): Promise<Map<string, NdArray>> {
  const arrays = new Map<string, NdArray>();
  for (const [name, tensor] of tensors) arrays.set(name, await tensor.read());
  return arrays;
}

/**
 * The bytes of a file, piece by piece, each tensor read when its turn comes, so that no more than one is held. The same
 * tensors give the same bytes.
 *
 * @throws InputError for a type or a name that the container does not have
 */
export type WeightFileWriter = (
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
) => AsyncIterable<Uint8Array>;
