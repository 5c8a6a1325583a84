// What a training or an evaluation draws its batches from: images, which the whole model sees, or features that were computed once,
// which its head sees.
import type { Graph, Program, Tensor, Trace } from "@er/engine";
import type { Watch } from "./progress.js";

interface Batch {
  /** Examples. */
  readonly size: number;
  readonly augment?: { readonly padding: number; readonly flip: boolean };
  readonly dtype?: "f32" | "f16";
}

export interface Examples {
  /**
   * Traces the model on the batch that `write` will name.
   *
   * @param trace with a counter, which augmentation draws from
   * @returns logits [size, classes]
   */
  logits(trace: Trace & { readonly counter: Tensor }, batch: Batch): Tensor;
  /** Fills the inputs that stay what they are. */
  attach?(program: Program): void;
  /**
   * Awaited before the first batch, with the model's weights as they are then.
   *
   * @returns whether it came to its end; otherwise it was stopped
   */
  prepare?(watch?: Watch): Promise<boolean>;
  /** @param indices of the batch's examples in the set */
  write(program: Program, indices: Uint32Array): void;
  /** Frees what it holds on the adapter. */
  destroy(): void;
}

/** The inputs that every such graph has. */
export function counterInput(graph: Graph): Tensor {
  return graph.input("counter", [4], "u32");
}
