// Copies in textures that a node may take over from the one before it: the two gradients of a convolution, which follow each
// other, both read dy. Not from further back, since what is kept longer costs memory.
import type { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import type { Dispatch, Scratch } from "./lowering.js";
import { rootOf } from "./memory.js";

/** The dispatches of a graph's nodes, in order, without copies that the node itself or the one before has made. */
export function shareCopies(graph: Graph, lowered: readonly Dispatch[][]): Dispatch[][] {
  let before = new Map<Tensor, Scratch>();
  return lowered.map((dispatches) => {
    const made = new Map<Tensor, Scratch>();
    const takenOver = new Map<Tensor | Scratch, Scratch>();
    const left = dispatches.filter(({ kernel, bindings: [from, to] }) => {
      if (kernel !== "copy_to_texture" || !isConstant(graph, from!.tensor)) {
        return true;
      }
      const texels = before.get(from!.tensor) ?? made.get(from!.tensor);
      made.set(from!.tensor, texels ?? (to!.tensor as Scratch));
      if (texels === undefined) {
        return true;
      }
      takenOver.set(to!.tensor, texels);
      return false;
    });
    before = made;
    return left.map((dispatch) => ({
      ...dispatch,
      bindings: dispatch.bindings.map((binding) => ({
        ...binding,
        tensor: takenOver.get(binding.tensor) ?? binding.tensor,
      })),
    }));
  });
}

/** Whether a tensor has the same values throughout a run: not one that lies in memory which is updated. */
function isConstant(graph: Graph, tensor: Tensor | Scratch): tensor is Tensor {
  const { root } = rootOf(tensor);
  return (
    !("scratch" in root) &&
    (root.storage.kind === "input" || (root.storage.kind === "computed" && !graph.placements.has(root)))
  );
}
