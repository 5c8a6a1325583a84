// Tensors copied into textures, for adapters whose loads of four floats are cheap from textures alone. lavapipe is such: it loads
// from a buffer float by float and lane by lane, with a test of its bounds for each, and from a texture a whole texel at once.
// The copy, which the encoder makes outside of compute passes, costs as much as a few of those loads for each value.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { type Access, type Dispatch, read, type Scratch, type Target, write } from "./lowering.js";

/** Of four neighbours a texel. */
const FORMATS = { f32: "rgba32float", f16: "rgba16float" } as const;

export type TexelFormat = (typeof FORMATS)[keyof typeof FORMATS];

export const BYTES_PER_TEXEL = { rgba32float: 16, rgba16float: 8 } as const satisfies Record<TexelFormat, number>;

/** Whether what a kernel does with a binding is to read it from a texture. */
export function isTexelFormat(access: Access): access is TexelFormat {
  return access in BYTES_PER_TEXEL;
}

/** In a row of such a texture, as in texels.wgsl; half of WebGPU's default limit, so that a small tensor's stays small. */
export const TEXELS_IN_ROW = 4096;
/** Multiply-adds for which copies are worth the time that they take at the least. Measured on lavapipe. */
export const FEWEST_PRODUCTS = 2 ** 22;
/** WebGPU's default limit. */
const MOST_ROWS = 8192;

/** Whether it is worth to read through textures: on a processor whose subgroups have eight lanes. */
export function prefersTexels({ hardware, subgroupSize }: Target): boolean {
  return !hardware && subgroupSize === 8;
}

/** Whether a tensor can lie in one texture. */
export function fitsTexels({ shape, dtype }: Tensor | Scratch): boolean {
  const texels = sizeOf(shape) / 4;
  return dtype !== "u32" && Number.isInteger(texels) && texels <= TEXELS_IN_ROW * MOST_ROWS;
}

/**
 * A copy of a tensor in a texture; see `fitsTexels`.
 *
 * @returns what to bind, and what makes it
 */
export function inTexels(tensor: Tensor | Scratch): { readonly texels: Scratch; readonly copy: Dispatch } {
  const { shape, dtype } = tensor;
  const texels: Scratch = { scratch: true, shape, dtype, format: FORMATS[dtype as keyof typeof FORMATS] };
  const copy: Dispatch = {
    kernel: "copy_to_texture",
    constants: {},
    bindings: [read(tensor), write(texels)],
    workgroups: [0, 0, 0],
    flops: 0,
  };
  return { texels, copy };
}
