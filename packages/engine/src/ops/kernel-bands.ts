// The weights of a convolution may pass what an adapter binds at once. Then they are cut into bands of kernel rows, and the convolution
// is a sum of convolutions by each, which see the images moved up.
import type { Tensor } from "../graph/tensor.js";
import { type Dispatch, type Scratch, scratch, type Target } from "../plan/lowering.js";
import { bytesOf } from "../plan/memory.js";
import { partsThatFit, rowsOf } from "../plan/parts.js";

/** Some rows of the kernel as a kernel of their own. */
interface KernelBand {
  readonly weight: Tensor;
  readonly kernelHeight: number;
  /** The padding above the image that this one has; below zero where it begins inside the image. */
  readonly paddingTop: number;
}

/** @param weight [KH, KW, CI, CO], or its gradient */
export function kernelBands({ maxBindingBytes }: Target, weight: Tensor, padding: number): KernelBand[] {
  if (bytesOf(weight) <= maxBindingBytes) {
    return [{ weight, kernelHeight: weight.shape[0]!, paddingTop: padding }];
  }
  return partsThatFit([weight], maxBindingBytes).map((part) => ({
    weight: rowsOf(weight, part),
    kernelHeight: part.count,
    paddingTop: padding - part.first,
  }));
}

/** Which of the bands: what is done once is done at the first or the last. */
interface Place {
  readonly first: boolean;
  readonly last: boolean;
}

/**
 * The dispatches of a sum over bands, each of which adds what those before it made: `c = band's + addend`.
 *
 * @param addend of the first band
 */
export function summedBands(
  bands: readonly KernelBand[],
  y: Tensor,
  addend: Tensor | undefined,
  add: (band: KernelBand, c: Tensor | Scratch, addend: Tensor | Scratch | undefined, place: Place) => Dispatch[],
): Dispatch[] {
  let before: Tensor | Scratch | undefined = addend;
  return bands.flatMap((band, i) => {
    const last = i === bands.length - 1;
    const sum = last ? y : scratch(y.shape, y.dtype);
    const dispatches = add(band, sum, before, { first: i === 0, last });
    before = sum;
    return dispatches;
  });
}
