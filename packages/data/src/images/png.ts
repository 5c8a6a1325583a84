// PNG's header, and a PNG made whole whose pixels are all there but whose checksums or end are not: libpng refuses such a file,
// Pillow reads it. Format: PNG specification, third edition.
import { constants, crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

const HEADER_BYTES = 13;

/** Columns and rows of Adam7's passes: first and step. */
const ADAM7 = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const;

/** Values a pixel by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function isPng(bytes: Uint8Array): boolean {
  return bytes.length > 33 && SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** Whether it is grey of 16 bits without alpha, which Pillow cuts off at 255 in place of scaling it. */
export function isDeepGrey(bytes: Uint8Array): boolean {
  return bytes[24] === 16 && bytes[25] === 0;
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Whether its checksum is there and true. */
  readonly true: boolean;
}

/**
 * The same pixels as a PNG without a flaw.
 *
 * @returns undefined where pixels are missing or damaged
 */
export function mendedPng(bytes: Uint8Array): Uint8Array | undefined {
  const chunks = chunksOf(bytes);
  const [header] = chunks;
  if (header?.type !== "IHDR" || header.data.length !== HEADER_BYTES || !header.true) return undefined;
  const before = chunks.filter(({ type }) => type === "PLTE" || type === "tRNS");
  if (!before.every((chunk) => chunk.true)) return undefined;
  const packed = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const expected = rawBytes(header.data);
  if (expected === undefined) return undefined;
  let raw: Uint8Array;
  try {
    raw = inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: expected });
  } catch {
    // Damaged, or more than an image of this size has.
    return undefined;
  }
  if (raw.length < expected) return undefined;
  const kept = [header, ...before].flatMap(({ type, data }) => chunk(type, data));
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    ...kept,
    ...chunk("IDAT", deflateSync(raw, { level: 1 })),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const end = Math.min(at + 8 + length, bytes.length);
    const sum = end + 4 <= bytes.length ? view.getUint32(end) : undefined;
    chunks.push({
      type: Buffer.from(bytes.subarray(at + 4, at + 8)).toString("latin1"),
      data: bytes.subarray(at + 8, end),
      true: end === at + 8 + length && sum === crc32(bytes.subarray(at + 4, end)),
    });
    at = end + 4;
  }
  return chunks;
}

/** Bytes of all rows, each with its filter's; undefined where the header has a value that there is not. */
function rawBytes(header: Uint8Array): number | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height, depth, type] = [view.getUint32(0), view.getUint32(4), header[8]!, header[9]!];
  const channels = CHANNELS[type];
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) return undefined;
  const rows = (w: number, h: number) => (w === 0 ? 0 : h * (1 + Math.ceil((w * channels * depth) / 8)));
  if (header[12] === 0) return rows(width, height);
  const among = (size: number, first: number, step: number) => Math.max(0, Math.ceil((size - first) / step));
  return ADAM7.reduce((sum, [x, dx, y, dy]) => sum + rows(among(width, x, dx), among(height, y, dy)), 0);
}

function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return [length, named, sum];
}
