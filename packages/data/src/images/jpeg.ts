// What a JPEG's markers say, without decoding it. Format: ITU-T T.81, annex B.

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes.length > 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;

/** Markers with a length: tables, restart interval, frames that libjpeg decodes, applications', comments. */
const SEGMENTS = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xc9, 0xca, 0xcc, 0xda, 0xdb, 0xdc, 0xdd, 0xfe]);
for (let marker = 0xe0; marker <= 0xef; marker++) SEGMENTS.add(marker);
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];
/** Frames of which one scan may hold all there is. */
const SEQUENTIAL = [0xc0, 0xc1, 0xc9];

/**
 * Goes through the markers up to the end of the image. libvips stops at the last row and does not look further, so that a marker
 * amidst the pixels, as one flipped bit makes it, leaves the rest of the image grey; libjpeg read to its end, as Pillow reads it,
 * fails there.
 *
 * @returns components of the frame: 1 grey, 3 colour, 4 inks; undefined where there is no frame
 * @throws Error for a marker that cannot stand where it does
 */
export function jpegComponents(bytes: Uint8Array): number | undefined {
  let components: number | undefined;
  let sequential = false;
  /** Whether a scan was seen after which there can be no other. */
  let complete = false;
  for (let at = 2; ; ) {
    // What is no marker is passed over: the pixels, stuffed bytes among them, and bytes that are nobody's.
    at = bytes.indexOf(0xff, at);
    const marker = at < 0 ? undefined : bytes[at + 1];
    // A file that ends before its end is the decoder's to refuse.
    if (marker === undefined || marker === EOI) return components;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0 || marker === TEM || (marker >= 0xd0 && marker < SOI)) {
      at += 2;
      continue;
    }
    const again = FRAMES.includes(marker) ? components !== undefined : marker === SOS && complete;
    if (!SEGMENTS.has(marker) || again) {
      throw new Error(`a broken JPEG: marker 0x${marker.toString(16)} at byte ${at}`);
    }
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (!(length >= 2)) throw new Error(`a broken JPEG: no length after marker 0x${marker.toString(16)} at byte ${at}`);
    if (at + 2 + length > bytes.length) throw new Error("the file is truncated");
    if (FRAMES.includes(marker)) {
      components = bytes[at + 9];
      sequential = SEQUENTIAL.includes(marker);
    }
    if (marker === SOS) complete = sequential && bytes[at + 4] === components;
    at += 2 + length;
  }
}
