// A tensor may be larger than what an adapter binds at once. Then its batch, dim 0, is cut into parts, each a range of the
// same buffer. A range begins on WebGPU's offset alignment, so only some rows may begin a part.
import { bytesPerElement, type Shape, sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import type { Scratch } from "./lowering.js";

/** Bytes: the default of minStorageBufferOffsetAlignment and the largest that an adapter may ask for. */
const ALIGNMENT = 256;

/** Rows `first` … `first + count - 1` along dim 0. */
export interface Part {
  readonly first: number;
  readonly count: number;
}

/** The rows of a part as a tensor that shares their memory. */
export function rowsOf(tensor: Tensor | Scratch, { first, count }: Part): Tensor {
  const [, ...rest] = tensor.shape;
  return viewOf(tensor, [count, ...rest], first * sizeOf(rest));
}

/** A tensor's elements from one on, in another shape, in the same memory. */
export function viewOf(tensor: Tensor | Scratch, shape: Shape, offset = 0): Tensor {
  return { id: -1, shape, dtype: tensor.dtype, storage: { kind: "view", of: tensor, offset }, producer: undefined };
}

/** A tensor [..., C] as a matrix with all dimensions but the last along its rows, in the same memory. */
export function matrixOf(tensor: Tensor | Scratch): Tensor {
  const columns = tensor.shape.at(-1)!;
  return viewOf(tensor, [sizeOf(tensor.shape) / columns, columns]);
}

/** A tensor as a vector in the same memory, which can be cut wherever a view may begin. */
export function vectorOf(tensor: Tensor | Scratch): Tensor {
  return viewOf(tensor, [sizeOf(tensor.shape)]);
}

/** The number of rows whose multiples are aligned in all these tensors. */
export function alignedRows(tensors: readonly TensorSpec[]): number {
  // Powers of two, so the largest is the least common multiple.
  return Math.max(...tensors.map((tensor) => ALIGNMENT / powerOfTwoIn(rowBytes(tensor))));
}

function rowBytes({ shape: [, ...rest], dtype }: TensorSpec): number {
  return sizeOf(rest) * bytesPerElement(dtype);
}

/** Cuts `extent` rows into `parts` of nearly equal size, or fewer where the alignment wants larger ones. */
export function cut(extent: number, parts: number, aligned: number): Part[] {
  const size = Math.min(extent, Math.ceil(extent / parts / aligned) * aligned);
  return Array.from({ length: Math.ceil(extent / size) }, (_, i) => ({
    first: i * size,
    count: Math.min(size, extent - i * size),
  }));
}

/** The fewest parts of which each fits a binding of these tensors; of the smallest size there is where none does. */
export function partsThatFit(tensors: readonly TensorSpec[], maxBindingBytes: number): Part[] {
  const extent = tensors[0]!.shape[0] ?? 1;
  const aligned = alignedRows(tensors);
  const most = Math.max(...tensors.map(rowBytes));
  const fit = Math.max(1, Math.floor(maxBindingBytes / most / aligned)) * aligned;
  return extent * most <= maxBindingBytes
    ? [{ first: 0, count: extent }]
    : cut(extent, Math.ceil(extent / fit), aligned);
}

/** The largest power of two, of ALIGNMENT at most, that divides n. */
function powerOfTwoIn(n: number): number {
  let power = 1;
  while (power < ALIGNMENT && n % (2 * power) === 0) {
    power *= 2;
  }
  return power;
}
