// A GIF's first frame to RGB as Pillow reads it: transparent pixels have the colour that the palette gives them, what the frame
// leaves free has that of the transparent index, or of the first, and a frame that is larger than the screen makes it larger.
// libvips has other rules for each of these, and fills pixels that are missing. Format: GIF89a.
import type { Pixels, Size } from "./pixels.js";

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/** Codes of LZW: at most 12 bits each. */
const MOST_CODES = 4096;
const MOST_BITS = 12;

interface FirstFrame extends Size {
  readonly left: number;
  readonly top: number;
  readonly frameHeight: number;
  readonly frameWidth: number;
  readonly interlaced: boolean;
  /** Where the palette begins and its colours; undefined where there is none and numbers are greys. */
  readonly palette: { readonly at: number; readonly colours: number } | undefined;
  readonly transparent: number | undefined;
  /** The byte that says how long the first codes are; the pixels follow. */
  readonly data: number;
}

export function isGif(bytes: Uint8Array): boolean {
  return /^GIF8[79]a$/.test(Buffer.from(bytes.subarray(0, 6)).toString("latin1"));
}

/** @throws Error that says why it is not read */
export function gifSize(bytes: Uint8Array): Size {
  const { height, width } = firstFrame(bytes);
  return { height, width };
}

/** @throws Error that says why it is not read */
export function decodeGif(bytes: Uint8Array): Pixels {
  const frame = firstFrame(bytes);
  const { height, width, left, top, frameHeight, frameWidth, palette } = frame;
  const colours = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    for (let c = 0; c < 3; c++) {
      const known = palette !== undefined && i < palette.colours;
      colours[3 * i + c] = known ? bytes[palette.at + 3 * i + c]! : palette === undefined ? i : 0;
    }
  }
  const data = new Uint8Array(height * width * 3);
  const free = colours.subarray(3 * (frame.transparent ?? 0), 3 * (frame.transparent ?? 0) + 3);
  for (let i = 0; i < height * width; i++) data.set(free, 3 * i);
  const indices = lzw(bytes, frame.data, frameHeight * frameWidth);
  for (const [row, y] of rowsOf(frame).entries()) {
    for (let x = 0; x < frameWidth; x++) {
      const from = 3 * indices[row * frameWidth + x]!;
      const to = 3 * ((top + y) * width + left + x);
      for (let c = 0; c < 3; c++) data[to + c] = colours[from + c]!;
    }
  }
  return { height, width, data };
}

/** The rows of the frame in the order in which they are kept. */
function rowsOf({ frameHeight, interlaced }: FirstFrame): number[] {
  const passes = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  const rows: number[] = [];
  for (const [first, step] of passes) {
    for (let y = first!; y < frameHeight; y += step!) rows.push(y);
  }
  return rows;
}

function firstFrame(bytes: Uint8Array): FirstFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const paletteOf = (flags: number, at: number) => (flags & 0x80 ? { at, colours: 2 ** ((flags & 7) + 1) } : undefined);
  const cut = new Error("the file is truncated");
  if (bytes.length < 13) throw cut;
  const globalPalette = paletteOf(bytes[10]!, 13);
  let at = 13 + 3 * (globalPalette?.colours ?? 0);
  let transparent: number | undefined;
  // Bytes that begin nothing are passed over.
  for (; at < bytes.length && bytes[at] !== IMAGE && bytes[at] !== TRAILER; at++) {
    if (bytes[at] !== EXTENSION) continue;
    if (bytes[at + 1] === GRAPHIC_CONTROL && bytes[at + 3]! & 1) transparent = bytes[at + 6];
    // Sub-blocks, each after its length, up to an empty one.
    at += 2;
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  }
  if (at + 11 > bytes.length && bytes[at] !== TRAILER) throw cut;
  if (bytes[at] !== IMAGE) throw new Error("a GIF without an image");
  const [left, top, frameWidth, frameHeight] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true)) as [
    number,
    number,
    number,
    number,
  ];
  const flags = bytes[at + 9]!;
  const own = paletteOf(flags, at + 10);
  const data = at + 10 + 3 * (own?.colours ?? 0);
  const height = Math.max(view.getUint16(8, true), top + frameHeight);
  const width = Math.max(view.getUint16(6, true), left + frameWidth);
  if (data + 1 > bytes.length) throw cut;
  if (frameHeight * frameWidth === 0)
    throw new Error(`a GIF whose first frame has ${frameHeight}×${frameWidth} pixels`);
  return {
    ...{ height, width, left, top, frameHeight, frameWidth, transparent, data },
    interlaced: (flags & 0x40) !== 0,
    palette: own ?? globalPalette,
  };
}

/**
 * Unpacks so many indices.
 *
 * @throws Error where the codes are broken, or end before
 */
function lzw(bytes: Uint8Array, start: number, count: number): Uint8Array {
  const first = bytes[start]!;
  if (first < 1 || first >= MOST_BITS) throw new Error(`a GIF whose codes begin with ${first} bits`);
  const next = codesOf(bytes, start + 1);
  const [clear, end] = [2 ** first, 2 ** first + 1];
  const out = new Uint8Array(count);
  /** Of each code its last index, and the code of what stands before. */
  const [last, before] = [new Uint8Array(MOST_CODES), new Uint16Array(MOST_CODES)];
  const turned = new Uint8Array(MOST_CODES + 1);
  let [have, bits, free, previous] = [0, first + 1, clear + 2, -1];
  while (have < count) {
    const code = next(bits);
    if (code === clear) {
      [bits, free, previous] = [first + 1, clear + 2, -1];
      continue;
    }
    if (code === undefined || code === end) throw new Error(`the file is truncated: ${have} of ${count} pixels`);
    if (previous < 0 ? code > clear : code > free) throw new Error("a broken GIF");
    // A code that is not known yet is the one before with its own first index behind it.
    let [at, length] = [code, 0];
    if (previous >= 0 && code === free) {
      length = 1;
      at = previous;
    }
    while (at >= clear) {
      if (length >= MOST_CODES) throw new Error("a broken GIF");
      turned[length++] = last[at]!;
      at = before[at]!;
    }
    turned[length++] = at;
    if (previous >= 0 && code === free) turned[0] = at;
    for (let i = length - 1; i >= 0 && have < count; i--) out[have++] = turned[i]!;
    if (previous >= 0 && free < MOST_CODES) {
      last[free] = at;
      before[free] = previous;
      if (free === 2 ** bits - 1 && bits < MOST_BITS) bits++;
      free++;
    }
    previous = code;
  }
  return out;
}

/** Reads codes of some bits, low bits first, out of sub-blocks; undefined where they end. */
function codesOf(bytes: Uint8Array, start: number): (bits: number) => number | undefined {
  let [at, left, buffer, held] = [start, 0, 0, 0];
  return (bits) => {
    while (held < bits) {
      if (left === 0) {
        left = bytes[at++] ?? 0;
        if (left === 0) return undefined;
      }
      if (at >= bytes.length) return undefined;
      buffer |= bytes[at++]! << held;
      held += 8;
      left--;
    }
    const code = buffer & (2 ** bits - 1);
    buffer >>>= bits;
    held -= bits;
    return code;
  };
}
