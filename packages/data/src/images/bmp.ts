// Windows bitmaps to RGB as Pillow reads them: 1 to 32 bits a pixel, with palettes and bit fields, bottom-up and top-down.
// Run-length encoded ones are not read. Format: BITMAPCOREHEADER to BITMAPV5HEADER, Microsoft's wingdi.h.
import type { Pixels, Size } from "./pixels.js";

/** Bytes before the header that tells its own size. */
const FILE_HEADER = 14;

const RAW = 0;
const BIT_FIELDS = 3;

interface Header extends Size {
  readonly bits: number;
  readonly topDown: boolean;
  /** [red, green, blue], of 16 and 32 bits. */
  readonly masks: readonly [number, number, number];
  /** Where the palette begins, its colours, and bytes of each. */
  readonly palette: { readonly at: number; readonly colours: number; readonly bytes: number };
  /** Where the pixels begin. */
  readonly pixels: number;
}

export function isBmp(bytes: Uint8Array): boolean {
  return bytes.length >= FILE_HEADER + 12 && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/** @throws Error that says why it is not read */
export function bmpSize(bytes: Uint8Array): Size {
  const { height, width } = readHeader(bytes);
  return { height, width };
}

/** @throws Error that says why it is not read */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const header = readHeader(bytes);
  const { height, width, bits, topDown, pixels } = header;
  const stride = ((width * bits + 31) >>> 3) & ~3;
  if (pixels + stride * height > bytes.length) throw new Error("the file is truncated");
  const data = new Uint8Array(height * width * 3);
  const put = putter(bytes, header, data);
  for (let row = 0; row < height; row++) {
    const from = pixels + stride * (topDown ? row : height - 1 - row);
    for (let x = 0; x < width; x++) put(from, x, (row * width + x) * 3);
  }
  return { height, width, data };
}

function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerSize = view.getUint32(14, true);
  const core = headerSize === 12;
  if (!core && ![40, 52, 56, 64, 108, 124].includes(headerSize)) throw new Error(`a BMP header of ${headerSize} bytes`);
  if (bytes.length < FILE_HEADER + headerSize + (core ? 0 : 12)) throw new Error("the file is truncated");
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? RAW : view.getUint32(30, true);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`a BMP of ${bits} bits a pixel`);
  if (compression !== RAW && (compression !== BIT_FIELDS || bits < 16)) {
    throw new Error(`a BMP of compression ${compression}; save it uncompressed, or as PNG`);
  }
  const height = Math.abs(signedHeight);
  if (!(width > 0 && height > 0)) throw new Error(`a BMP of ${height}×${width} pixels`);
  const colours = (!core && view.getUint32(46, true)) || 2 ** bits;
  const bytesEach = core ? 3 : 4;
  // Bit fields stand in the longer headers, and after the shortest.
  const fields = compression === BIT_FIELDS && headerSize === 40 ? 12 : 0;
  const paletteAt = FILE_HEADER + headerSize + fields;
  if (bits <= 8 && (colours > 256 || paletteAt + colours * bytesEach > bytes.length)) {
    throw new Error(`a BMP with a palette of ${colours} colours`);
  }
  const told = view.getUint32(10, true);
  const afterPalette = paletteAt + (bits <= 8 ? colours * bytesEach : 0);
  return {
    ...{ height, width, bits, topDown: signedHeight < 0 },
    masks: compression === BIT_FIELDS && bits !== 24 ? masksOf(view, bits) : bits === 16 ? RGB555 : RGB888,
    palette: { at: paletteAt, colours, bytes: bytesEach },
    pixels: told === 0 || told === FILE_HEADER + headerSize ? afterPalette : told,
  };
}

const RGB555 = [0x7c00, 0x3e0, 0x1f] as const;
const RGB888 = [0xff0000, 0xff00, 0xff] as const;

function masksOf(view: DataView, bits: number): [number, number, number] {
  const masks: [number, number, number] = [54, 58, 62].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  if (masks.every((mask) => mask === 0)) return [...(bits === 16 ? RGB555 : RGB888)];
  const known =
    bits === 32 ? masks.every((mask) => widthOf(mask) === 8) : masks.every((mask) => [5, 6].includes(widthOf(mask)));
  if (!known) throw new Error(`a BMP with bit fields ${masks.map((mask) => `0x${mask.toString(16)}`).join(", ")}`);
  return masks;
}

const shiftOf = (mask: number) => 31 - Math.clz32(mask & -mask);

/** Bits of a mask, which must be neighbours; 0 where they are not. */
function widthOf(mask: number): number {
  if (mask === 0) return 0;
  const whole = mask >>> shiftOf(mask);
  const width = 32 - Math.clz32(whole);
  return 2 ** width - 1 === whole ? width : 0;
}

/** What puts the pixel `x` of the row that begins at a byte into a place of the data. */
function putter(bytes: Uint8Array, header: Header, data: Uint8Array): (from: number, x: number, to: number) => void {
  const { bits, masks, palette } = header;
  if (bits === 24) {
    return (from, x, to) => {
      for (let c = 0; c < 3; c++) data[to + c] = bytes[from + 3 * x + 2 - c]!;
    };
  }
  if (bits > 8) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const channels = masks.map((mask) => ({ shift: shiftOf(mask), most: 2 ** widthOf(mask) - 1 }));
    return (from, x, to) => {
      const pixel = bits === 16 ? view.getUint16(from + 2 * x, true) : view.getUint32(from + 4 * x, true);
      for (const [c, { shift, most }] of channels.entries()) {
        data[to + c] = Math.floor((((pixel >>> shift) & most) * 255) / most);
      }
    };
  }
  const mask = 2 ** bits - 1;
  const perByte = 8 / bits;
  return (from, x, to) => {
    const byte = bytes[from + Math.floor(x / perByte)]!;
    const index = (byte >> (8 - bits * ((x % perByte) + 1))) & mask;
    // Past the palette's end all is black.
    for (let c = 0; c < 3; c++) {
      data[to + c] = index < palette.colours ? bytes[palette.at + index * palette.bytes + 2 - c]! : 0;
    }
  };
}
