// Images turned and mirrored as an orientation from 1 to 8 says. Pillow does so for TIFF, when its pixels are read, and for no other format.
import type { Pixels, Size } from "./pixels.js";

/** Whether rows become columns. */
const isTransposed = (orientation: number) => orientation >= 5 && orientation <= 8;
/** Whether the stored rows, or columns where they are transposed, are shown from the end. */
const FROM_BOTTOM = [3, 4, 7, 8];
const FROM_RIGHT = [2, 3, 6, 7];

/** The size that an image has once it is turned. */
export function orientedSize({ height, width }: Size, orientation: number): Size {
  return isTransposed(orientation) ? { height: width, width: height } : { height, width };
}

/**
 * The image as it is to be seen.
 *
 * @param orientation as EXIF has it; a number that is none turns nothing
 */
export function oriented(pixels: Pixels, orientation: number): Pixels {
  if (orientation <= 1 || orientation > 8) return pixels;
  const { height, width } = orientedSize(pixels, orientation);
  const data = new Uint8Array(pixels.data.length);
  const [up, left] = [FROM_BOTTOM.includes(orientation), FROM_RIGHT.includes(orientation)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [row, column] = [up ? height - 1 - y : y, left ? width - 1 - x : x];
      const from = isTransposed(orientation) ? column * pixels.width + row : row * pixels.width + column;
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = pixels.data[3 * from + c]!;
    }
  }
  return { height, width, data };
}
