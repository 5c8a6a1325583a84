// An image of a set as a file, for people to look at.
import sharp from "sharp";
import type { ImageSet } from "../image-set.js";

/**
 * @param index of an image of the set
 * @returns the bytes of a PNG, the image's own size
 */
export async function imagePng({ images, height, width }: ImageSet, index: number): Promise<Uint8Array> {
  const size = height * width * 3;
  return await sharp(images.subarray(index * size, (index + 1) * size), { raw: { height, width, channels: 3 } })
    .png()
    .toBuffer();
}
