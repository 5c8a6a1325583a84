// What an op says when it lowers itself: dispatches of named kernels over tensors, with constants and a grid.
import type { MatrixUnits } from "../device/index.js";
import type { Node } from "../graph/graph.js";
import { type DType, type Shape, sizeOf, type Tensor, type TensorSpec } from "../graph/tensor.js";
import { type KernelName, storedAs } from "../kernels.js";
import type { TexelFormat } from "./texels.js";

export interface Binding {
  readonly tensor: Tensor | Scratch;
  readonly access: Access;
}

/** What a kernel does with what is bound; a texture, which it reads, is of a format. */
export type Access = "read" | "write" | TexelFormat;

/** Memory that lives from the first dispatch that touches it to the last: of one node, or of two that share a copy. */
export interface Scratch {
  readonly scratch: true;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Of the texture that it lies in; absent of what lies in a buffer. */
  readonly format?: TexelFormat;
}

export interface Dispatch {
  /** Or the encoder's copy of what is read into what is written, which is a texture. */
  readonly kernel: KernelName | "copy_to_texture";
  readonly constants: Readonly<Record<string, number>>;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations; a multiply-add counts as two. */
  readonly flops: number;
}

/** What lowering may know of the adapter. */
export interface Target {
  /** Lanes of a subgroup where all subgroups have the same number; undefined where unknown or varying. */
  readonly subgroupSize: number | undefined;
  readonly maxBindingBytes: number;
  /** Memory that the invocations of a workgroup may share. */
  readonly workgroupBytes: number;
  /** A GPU, where workgroup memory and barriers cost little; on a processor they cost much. */
  readonly hardware: boolean;
  /** Absent where the adapter has none, or the device was opened without them. */
  readonly matrixUnits?: MatrixUnits | undefined;
}

export interface Lowering {
  readonly target: Target;
  /** Which of the op's `variants`; of no meaning to an op without. */
  readonly variant: string;
}

export const read = (tensor: Tensor | Scratch): Binding => ({
  tensor,
  access: ("scratch" in tensor && tensor.format) || "read",
});
export const write = (tensor: Tensor | Scratch): Binding => ({ tensor, access: "write" });
export const scratch = (shape: Shape, dtype: DType = "f32"): Scratch => ({ scratch: true, shape, dtype });

/** Workgroups along one dimension of a dispatch: WebGPU's default limit. */
export const MAX_GRID = 65535;
/** Invocations of a workgroup of the kernels that `grid` is for. */
export const WORKGROUP = 64;

/** Grid for kernels of 64 invocations a workgroup that compute `id.x + id.y * groups.x * 64`. */
export function grid(invocations: number): [number, number, number] {
  const groups = Math.ceil(invocations / WORKGROUP);
  return groups <= MAX_GRID ? [groups, 1, 1] : [MAX_GRID, Math.ceil(groups / MAX_GRID), 1];
}

/** vec4 count that covers a tensor; buffers are padded to 16 bytes. */
export function vectors(tensor: TensorSpec): number {
  return Math.ceil(sizeOf(tensor.shape) / 4);
}

export function outputOf(node: Node, index = 0): Tensor {
  return node.outputs[index]!;
}

/** y[batch, column, row] = x[batch, row, column]. */
export function transpose(
  x: Tensor | Scratch,
  y: Tensor | Scratch,
  batch: number,
  rows: number,
  columns: number,
): Dispatch {
  const inBlocks = rows % 4 === 0 && columns % 4 === 0;
  const invocations = (batch * rows * columns) / (inBlocks ? 16 : 1);
  return {
    kernel: storedAs(x.dtype, inBlocks ? "transpose_blocks" : "transpose"),
    constants: { ROWS: rows, COLUMNS: columns, [inBlocks ? "BLOCKS" : "LENGTH"]: invocations },
    bindings: [read(x), write(y)],
    workgroups: grid(invocations),
    flops: 0,
  };
}

/** y += x, both f32: how the parts of a sum that is made in several dispatches come together, in their order. */
export function addInto(x: Tensor | Scratch, y: Tensor | Scratch): Dispatch {
  const length = sizeOf(x.shape);
  return {
    kernel: "add_into",
    constants: { LENGTH: length },
    bindings: [read(x), write(y)],
    workgroups: grid(length),
    flops: length,
  };
}

/** Slots of a two-stage column reduction over [rows, columns]: enough invocations to fill an adapter, few enough to add up. */
export function reductionSlots(rows: number, columns: number): number {
  const invocations = 8192;
  return Math.max(1, Math.min(rows, 256, Math.ceil(invocations / columns), Math.ceil(rows / 8)));
}
