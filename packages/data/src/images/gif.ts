// A GIF's first frame as Pillow reads it: transparent pixels have the colour that the palette gives them, and what the frame
// leaves free has that of the transparent index, or of the first. libvips decodes; where it would leave such pixels black is
// found and changed here. Frames after the first are not looked at. Format: GIF89a.
import type { Pixels } from "./pixels.js";

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

interface FirstFrame {
  /** The byte that holds the flag of transparency; undefined where there is none. */
  readonly flags: number | undefined;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Past its last byte. */
  readonly end: number;
  /** The colour of what it leaves free. */
  readonly free: readonly [number, number, number];
}

/** The first frame alone without transparent pixels, and what fills the rest of the screen; undefined where it is broken or cut short. */
export function opaqueGif(bytes: Uint8Array): { bytes: Uint8Array; fill: (pixels: Pixels) => void } | undefined {
  const frame = firstFrame(bytes);
  if (frame === undefined) return undefined;
  const copy = Buffer.concat([bytes.subarray(0, frame.end), Buffer.of(TRAILER)]);
  if (frame.flags !== undefined) copy[frame.flags]! &= ~1;
  return { bytes: copy, fill: (pixels) => fillAround(pixels, frame) };
}

function fillAround({ height, width, data }: Pixels, frame: FirstFrame): void {
  const { left, top, free } = frame;
  if (left === 0 && top === 0 && frame.width >= width && frame.height >= height) return;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= left && x < left + frame.width && y >= top && y < top + frame.height;
      if (!inside) data.set(free, (y * width + x) * 3);
    }
  }
}

function firstFrame(bytes: Uint8Array): FirstFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 13) return undefined;
  const globalPalette = bytes[10]! & 0x80 ? 13 : undefined;
  let at = 13 + (globalPalette === undefined ? 0 : paletteBytes(bytes[10]!));
  let flags: number | undefined;
  let transparent = 0;
  for (;;) {
    if (bytes[at] === IMAGE && at + 10 <= bytes.length) {
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true));
      const own = bytes[at + 9]! & 0x80;
      const palette = own ? at + 10 : globalPalette;
      const colour = (c: number) => (palette === undefined ? transparent : (bytes[palette + 3 * transparent + c] ?? 0));
      // The palette, the size of the first codes, then the pixels.
      const end = pastBlocks(bytes, at + 10 + (own ? paletteBytes(bytes[at + 9]!) : 0) + 1);
      if (end === undefined) return undefined;
      return {
        ...{ flags, end, left: left!, top: top!, width: width!, height: height! },
        free: [colour(0), colour(1), colour(2)],
      };
    }
    if (bytes[at] !== EXTENSION) return undefined;
    if (bytes[at + 1] === GRAPHIC_CONTROL && bytes[at + 3]! & 1) {
      flags = at + 3;
      transparent = bytes[at + 6] ?? 0;
    }
    const next = pastBlocks(bytes, at + 2);
    if (next === undefined) return undefined;
    at = next;
  }
}

/** Past sub-blocks, each after its length, up to an empty one; undefined where the bytes end before. */
function pastBlocks(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  return at < bytes.length ? at + 1 : undefined;
}

const paletteBytes = (flags: number) => 3 * 2 ** ((flags & 7) + 1);
