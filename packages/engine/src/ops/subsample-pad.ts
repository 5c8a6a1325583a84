// subsample_pad: the parameter-free shortcut of CIFAR ResNets ("option A", He et al. 2015, section 3.3): every stride-th
// pixel, and zero channels before and after.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, write } from "../plan/lowering.js";
import { floatType } from "./float-type.js";

interface SubsamplePadAttributes {
  readonly stride: number;
  readonly channelsBefore: number;
  readonly channelsAfter: number;
}

interface GradientAttributes extends SubsamplePadAttributes {
  readonly shape: readonly number[];
}

/** From x to y, of which the larger image has the fewer channels. */
function dispatch(
  x: Tensor,
  y: Tensor,
  { stride, channelsBefore }: SubsamplePadAttributes,
  gradient: boolean,
): Dispatch {
  const [large, small] = gradient ? [y.shape, x.shape] : [x.shape, y.shape];
  const [, H, W, channels] = large as [number, number, number, number];
  const [, OH, OW, outputChannels] = small as [number, number, number, number];
  const columns = [channels, outputChannels, channelsBefore].every((count) => count % 4 === 0) ? 4 : 1;
  const [C, OC, GROUPS_BEFORE] = [channels / columns, outputChannels / columns, channelsBefore / columns];
  const length = sizeOf(y.shape) / columns;
  return {
    kernel: storedAs(y.dtype, `subsample_pad/columns_${columns}`),
    constants: { LENGTH: length, H, W, C, OH, OW, OC, STRIDE: stride, GROUPS_BEFORE, GRADIENT: gradient ? 1 : 0 },
    bindings: [read(x), write(y)],
    workgroups: grid(length),
    flops: 0,
  };
}

const subsamplePadOp: Op<SubsamplePadAttributes> = {
  name: "subsample_pad",
  infer([x], { stride, channelsBefore, channelsAfter }) {
    if (x!.shape.length !== 4) {
      throw new ShapeError("subsample_pad", [x!.shape], "x [N, H, W, C]");
    }
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    const shape = [n, Math.ceil(h / stride), Math.ceil(w / stride), channelsBefore + c + channelsAfter];
    return [{ shape, dtype: floatType("subsample_pad", x!) }];
  },
  gradient(graph, node, attributes, [dy]) {
    const shape = node.inputs[0]!.shape;
    return [dy && graph.add(subsamplePadGradientOp, [dy], { ...attributes, shape })[0]!];
  },
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node, attributes) {
    return [dispatch(node.inputs[0]!, outputOf(node), attributes, false)];
  },
};

const subsamplePadGradientOp: Op<GradientAttributes> = {
  name: "subsample_pad_gradient",
  infer: ([dy], { shape }) => [{ shape, dtype: dy!.dtype }],
  batched: () => ({ inputs: [true], outputs: "rows" }),
  lower(_, node, attributes) {
    return [dispatch(node.inputs[0]!, outputOf(node), attributes, true)];
  },
};

/**
 * Every `stride`-th pixel of x [N, H, W, C], with zero channels added -> [N, ceil(H / stride), ceil(W / stride), before + C + after].
 */
export function subsamplePad(graph: Graph, x: Tensor, attributes: SubsamplePadAttributes): Tensor {
  return graph.add(subsamplePadOp, [x], attributes)[0]!;
}
