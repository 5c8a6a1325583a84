// PBM, PGM and PPM, plain and raw, to RGB as Pillow reads them: values are scaled from their largest to 255; those of grey
// images of more than 8 bits are scaled to 65,535 and cut off at 255. Format: netpbm.sourceforge.net/doc/ppm.html.
import type { Pixels, Size } from "./pixels.js";

/** Digits that a number may have. */
const MOST_DIGITS = 10;

const HASH = 0x23;

interface Header extends Size {
  /** 1 to 6, as after the P. */
  readonly kind: number;
  /** What stands for white; 1 of bitmaps. */
  readonly maxval: number;
  /** The byte after the header. */
  readonly end: number;
}

export function isNetpbm(bytes: Uint8Array): boolean {
  return bytes.length > 3 && bytes[0] === 0x50 && bytes[1]! >= 0x31 && bytes[1]! <= 0x36 && isSpace(bytes[2]!);
}

/** @throws Error that says why it is not read */
export function netpbmSize(bytes: Uint8Array): Size {
  const { height, width } = readHeader(bytes);
  return { height, width };
}

/** @throws Error that says why it is not read */
export function decodeNetpbm(bytes: Uint8Array): Pixels {
  const header = readHeader(bytes);
  const { height, width, kind, maxval } = header;
  const channels = kind % 3 === 0 ? 3 : 1;
  const next = kind <= 3 ? plainValues(bytes, header) : rawValues(bytes, header);
  const data = new Uint8Array(height * width * 3);
  const deep = channels === 1 && maxval > 255;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      if (c >= channels) {
        data[3 * i + c] = data[3 * i]!;
      } else {
        const value = next();
        data[3 * i + c] =
          kind % 3 === 1 ? 255 * (1 - value) : Math.min(255, scaled(value, maxval, deep ? 65_535 : 255));
      }
    }
  }
  return { height, width, data };
}

/** Python's round, to the even neighbour in the middle. */
function scaled(value: number, maxval: number, most: number): number {
  const exact = (value / maxval) * most;
  const below = Math.floor(exact);
  const up = exact - below > 0.5 || (exact - below === 0.5 && below % 2 === 1);
  return Math.min(most, up ? below + 1 : below);
}

function readHeader(bytes: Uint8Array): Header {
  const kind = bytes[1]! - 0x30;
  const reader = new Tokens(bytes, 2);
  const [width, height] = [reader.number(), reader.number()];
  const maxval = kind % 3 === 1 ? 1 : reader.number();
  if (!(width > 0 && height > 0)) throw new Error(`an image of ${height}×${width} pixels`);
  if (!(maxval > 0 && maxval < 65_536)) throw new Error(`the largest value ${maxval}; expected 1 to 65535`);
  return { height, width, kind, maxval, end: reader.at };
}

/** Numbers in text, with comments from # to the end of the line. */
class Tokens {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  /** Moves to the next byte that is no space and in no comment. */
  #next(): void {
    const { bytes } = this;
    for (; this.at < bytes.length; this.at++) {
      if (bytes[this.at] === HASH) {
        while (this.at < bytes.length && bytes[this.at] !== 0x0a && bytes[this.at] !== 0x0d) this.at++;
      } else if (!isSpace(bytes[this.at]!)) return;
    }
  }

  /** The next number, and past the one space after it. */
  number(): number {
    this.#next();
    const start = this.at;
    while (this.at < this.bytes.length && isDigit(this.bytes[this.at]!)) this.at++;
    const digits = this.at - start;
    if (start === this.bytes.length) throw new Error("the file is truncated");
    const after = this.bytes[this.at];
    if (digits === 0 || digits > MOST_DIGITS || !(after === undefined || isSpace(after) || after === HASH)) {
      throw new Error(`no number at byte ${start}`);
    }
    const value = Number(Buffer.from(this.bytes.subarray(start, this.at)).toString("latin1"));
    if (after !== HASH) this.at++;
    return value;
  }

  /** The next digit, which spaces need not set off. */
  bit(): number {
    this.#next();
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("the file is truncated");
    if (byte !== 0x30 && byte !== 0x31) throw new Error(`no 0 or 1 at byte ${this.at - 1}`);
    return byte - 0x30;
  }
}

function plainValues(bytes: Uint8Array, { kind, maxval, end }: Header): () => number {
  const tokens = new Tokens(bytes, end);
  if (kind === 1) return () => tokens.bit();
  return () => {
    const value = tokens.number();
    if (value > maxval) throw new Error(`the value ${value}; expected at most ${maxval}`);
    return value;
  };
}

function rawValues(bytes: Uint8Array, { kind, maxval, end, height, width }: Header): () => number {
  const size = maxval > 255 ? 2 : 1;
  const needed = kind === 4 ? Math.ceil(width / 8) * height : width * height * size * (kind === 6 ? 3 : 1);
  if (end + needed > bytes.length) throw new Error("the file is truncated");
  let at = end;
  if (kind === 4) {
    let x = 0;
    return () => {
      const bit = (bytes[at]! >> (7 - (x % 8))) & 1;
      x++;
      if (x % 8 === 0 || x === width) at++;
      if (x === width) x = 0;
      return bit;
    };
  }
  return () => {
    const value = size === 1 ? bytes[at]! : bytes[at]! * 256 + bytes[at + 1]!;
    at += size;
    return value;
  };
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
