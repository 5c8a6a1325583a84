// A set of uint8 images that stays on the adapter, cut into parts that fit its largest binding.
import { InputError } from "../errors.js";
import type { StateTensor } from "../nn/parameter.js";

export interface ResidentImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly parts: readonly { readonly first: number; readonly count: number; readonly state: StateTensor }[];
}

/**
 * Describes images for the adapter; they are copied there when a program that uses them is compiled.
 *
 * @param pixels uint8, [count, height, width, channels] in row-major order
 * @param maxBindingBytes the adapter's limit; the set is cut below it
 * @throws InputError where the pixels do not fill the shape or one image passes the limit
 */
export function residentImages(
  pixels: Uint8Array,
  shape: { count: number; height: number; width: number; channels: number },
  maxBindingBytes: number,
): ResidentImages {
  const { count, height, width, channels } = shape;
  const bytesPerImage = height * width * channels;
  if (pixels.length !== count * bytesPerImage || count === 0) {
    throw new InputError(
      `images: ${pixels.length} bytes for ${count} images of ${height}×${width}×${channels}; expected ${count * bytesPerImage} and at least one image`,
    );
  }
  const perPart = Math.floor((maxBindingBytes - 4) / bytesPerImage);
  if (perPart < 1) {
    throw new InputError(
      `images: one of ${bytesPerImage} bytes passes the adapter's binding limit of ${maxBindingBytes}`,
    );
  }
  const parts = [];
  for (let first = 0; first < count; first += perPart) {
    const size = Math.min(perPart, count - first);
    const bytes = new Uint8Array(Math.ceil((size * bytesPerImage) / 4) * 4);
    bytes.set(pixels.subarray(first * bytesPerImage, (first + size) * bytesPerImage));
    const initial = new Uint32Array(bytes.buffer);
    const state: StateTensor = { label: `images from ${first}`, shape: [initial.length], dtype: "u32", initial };
    parts.push({ first, count: size, state });
  }
  return { count, height, width, channels, parts };
}
