// image_batch: uint8 NHWC images resident on the adapter -> random crop with padding, horizontal flip, normalise -> a float
// batch, in one kernel. A set that passes the adapter's largest binding lies in several parts, a dispatch each.
import { InputError, ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor } from "../graph/tensor.js";
import { storedAs } from "../kernels.js";
import { type Dispatch, grid, outputOf, read, write } from "../plan/lowering.js";
import { type Part, partsThatFit, rowsOf } from "../plan/parts.js";
import type { ResidentImages } from "../run/resident-images.js";
import type { FloatType } from "./float-type.js";

export interface Augmentation {
  /** Zero pixels added on each side before the random crop back to the image's size; 0 for no crop. */
  readonly padding: number;
  /** Mirror left and right with probability 1/2. */
  readonly flip: boolean;
}

interface ImageBatchAttributes extends Augmentation {
  readonly images: ResidentImages;
  readonly dtype: FloatType;
}

const imageBatchOp: Op<ImageBatchAttributes> = {
  name: "image_batch",
  infer([indices, counter, normalization, ...parts], { images, padding, dtype }) {
    if (indices!.shape.length !== 1 || counter!.shape[0] !== 4 || normalization!.shape[0] !== 2 * images.channels) {
      const shapes = [indices!.shape, counter!.shape, normalization!.shape];
      throw new ShapeError("image_batch", shapes, `indices [N], counter [4], normalization [${2 * images.channels}]`);
    }
    if (parts.length !== images.parts.length) {
      throw new InputError(`image_batch: ${parts.length} parts of a set of ${images.parts.length}`);
    }
    if (!Number.isInteger(padding) || padding < 0) {
      throw new InputError(`image_batch: padding ${padding}; expected a whole number of 0 or more`);
    }
    return [{ shape: [indices!.shape[0]!, images.height, images.width, images.channels], dtype }];
  },
  lower({ target }, node, { images, padding, flip }) {
    const [indices, counter, normalization, ...parts] = node.inputs;
    const y = outputOf(node);
    const [, height, width, channels] = y.shape as [number, number, number, number];
    const batches = partsThatFit([y], target.maxBindingBytes);
    const dispatch = (part: ResidentImages["parts"][number], i: number, examples: Part): Dispatch => ({
      kernel: storedAs(y.dtype, "image_batch"),
      constants: {
        BATCH: examples.count,
        FIRST_EXAMPLE: examples.first,
        H: height,
        W: width,
        C: channels,
        PADDING: padding,
        FLIP: flip ? 1 : 0,
        FIRST: part.first,
        COUNT: part.count,
      },
      bindings: [read(parts[i]!), read(indices!), read(counter!), read(normalization!), write(rowsOf(y, examples))],
      workgroups: grid(examples.count * height),
      flops: 2 * examples.count * height * width * channels,
    });
    return images.parts.flatMap((part, i) => batches.map((examples) => dispatch(part, i, examples)));
  },
};

/**
 * A float batch of resident images.
 *
 * @param batch indices [N] u32 into the set; counter [4] u32 (seed low, seed high, step, stream) that, with the place in the
 * batch, fixes every random choice; normalization [2C] f32: C means, then C standard deviations, of pixel values in [0, 1]
 * @param augmentation padding of the random crop and whether to flip
 * @param dtype of the result, f32 or f16
 * @returns [N, H, W, C], (value / 255 - mean) / std
 */
export function imageBatch(
  graph: Graph,
  images: ResidentImages,
  batch: { indices: Tensor; counter: Tensor; normalization: Tensor },
  augmentation: Augmentation = { padding: 0, flip: false },
  dtype: FloatType = "f32",
): Tensor {
  const parts = images.parts.map((part) => graph.state(part.state));
  return graph.add(imageBatchOp, [batch.indices, batch.counter, batch.normalization, ...parts], {
    images,
    dtype,
    ...augmentation,
  })[0]!;
}
