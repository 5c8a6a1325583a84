// The few fields of a TIFF that say how its samples are to be read, of its first image. Format: TIFF 6.0.

/** What is looked at; a field that is absent has the default of the specification, or 0. */
export interface TiffFields {
  readonly compression: number;
  readonly photometric: number;
  /** How the image is to be turned, as EXIF has it. */
  readonly orientation: number;
}

const COMPRESSION = 259;
const PHOTOMETRIC = 262;
const ORIENTATION = 274;

/** Entries of a directory that are looked at. */
const MOST_ENTRIES = 4096;

export function isTiff(bytes: Uint8Array): boolean {
  const order = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  return order === "II*\0" || order === "MM\0*";
}

/** Undefined where the directory is not in the file. */
export function tiffFields(bytes: Uint8Array): TiffFields | undefined {
  const little = bytes[0] === 0x49;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 10) return undefined;
  const directory = view.getUint32(4, little);
  if (directory + 2 > bytes.length) return undefined;
  const count = Math.min(view.getUint16(directory, little), MOST_ENTRIES);
  const found = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > bytes.length) return undefined;
    found.set(view.getUint16(at, little), view.getUint16(at + 8, little));
  }
  return {
    compression: found.get(COMPRESSION) ?? 1,
    photometric: found.get(PHOTOMETRIC) ?? 0,
    orientation: found.get(ORIENTATION) ?? 1,
  };
}
