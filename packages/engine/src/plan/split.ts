// Lowers a node within the adapter's binding limit: whole where it fits, otherwise part by part along the batch, in the way
// that the op declares.
import { InputError } from "../errors.js";
import type { Node } from "../graph/graph.js";
import type { Tensor, TensorSpec } from "../graph/tensor.js";
import { describe, shapeText } from "./describe.js";
import { addInto, type Dispatch, type Lowering, type Target } from "./lowering.js";
import { bytesOf } from "./memory.js";
import { alignedRows, cut, type Part, partsThatFit, rowsOf, vectorOf } from "./parts.js";

/** How an op runs in parts along dim 0. */
export interface Batched {
  /** By input: true where a part takes its rows of it; otherwise, and past the end, every part reads the whole. */
  readonly inputs: readonly boolean[];
  /** Each part makes its rows of the outputs, or the outputs are the sums of what the parts make. */
  readonly outputs: "rows" | "sum";
}

/**
 * The dispatches of a node.
 *
 * @param variant which of the op's; see `Op.variants`
 * @throws InputError where not even the smallest part fits
 */
export function lowerWithin(target: Target, node: Node, variant: string): Dispatch[] {
  const whole = node.op.lower?.({ target, variant }, node, node.attributes) ?? [];
  if (tooLarge(target, whole) === undefined) {
    return whole;
  }
  const batched = node.op.batched?.(node, node.attributes);
  if (batched === undefined) {
    throw refusal(target, node, whole);
  }
  const cutTensors = [
    ...node.inputs.filter((_, i) => batched.inputs[i]),
    ...(batched.outputs === "rows" ? node.outputs : []),
  ];
  const aligned = alignedRows(cutTensors);
  const extent = cutTensors[0]!.shape[0]!;
  const most = Math.ceil(extent / aligned);
  let dispatches = whole;
  for (let parts = 2; parts <= most; parts++) {
    dispatches = cut(extent, parts, aligned).flatMap((part) => lowerPart({ target, variant }, node, batched, part));
    if (tooLarge(target, dispatches) === undefined) {
      return dispatches;
    }
  }
  throw refusal(target, node, dispatches);
}

function lowerPart(lowering: Lowering, node: Node, batched: Batched, part: Part): Dispatch[] {
  const inputs = node.inputs.map((input, i) => (batched.inputs[i] ? rowsOf(input, part) : input));
  const lower = (outputs: Tensor[]) => node.op.lower!(lowering, { ...node, inputs, outputs }, node.attributes);
  if (batched.outputs === "rows") {
    return lower(node.outputs.map((output) => rowsOf(output, part)));
  }
  if (part.first === 0) {
    return lower(node.outputs);
  }
  const addends = node.outputs.map(
    ({ shape, dtype }): Tensor => ({ id: -1, shape, dtype, storage: { kind: "computed" }, producer: undefined }),
  );
  const sums = addends.flatMap((addend, i) => {
    const [from, to] = [vectorOf(addend), vectorOf(node.outputs[i]!)];
    return partsThatFit([from], lowering.target.maxBindingBytes).map((piece) =>
      addInto(rowsOf(from, piece), rowsOf(to, piece)),
    );
  });
  return [...lower(addends), ...sums];
}

/** The largest thing bound that passes the limit. */
function tooLarge({ maxBindingBytes }: Target, dispatches: readonly Dispatch[]): TensorSpec | undefined {
  const bound = dispatches.flatMap(({ bindings }) => bindings.map(({ tensor }) => tensor));
  const largest = bound.reduce<TensorSpec | undefined>(
    (top, tensor) => (top === undefined || bytesOf(tensor) > bytesOf(top) ? tensor : top),
    undefined,
  );
  return largest !== undefined && bytesOf(largest) > maxBindingBytes ? largest : undefined;
}

function refusal(target: Target, node: Node, dispatches: readonly Dispatch[]): InputError {
  const largest = tooLarge(target, dispatches)!;
  const name = describe({ scope: node.scope, op: node.op.name, inputs: node.inputs.map((input) => input.shape) });
  return new InputError(
    `${name}: binds ${bytesOf(largest)} bytes at once for ${shapeText(largest.shape)}, and the adapter at most ${target.maxBindingBytes}; nor can it be cut along the batch into parts that fit and begin on 256 bytes; use smaller images or layers, or a batch that a power of two divides`,
  );
}
