// One image file to the pixels that Pillow's convert("RGB") gives, whatever its name: alpha is dropped, inks are mixed as
// Pillow mixes them, colour profiles are ignored, and orientation but for TIFF's. sharp (libvips) decodes JPEG, PNG, WebP and TIFF, with
// exceptions held by golden values; GIF, whose rules it has others for, BMP and netpbm, which it does not have, are decoded here.
import sharp, { type Sharp } from "sharp";
import { bmpSize, decodeBmp, isBmp } from "./bmp.js";
import { decodeGif, gifSize, isGif } from "./gif.js";
import { isJpeg, jpegComponents } from "./jpeg.js";
import { decodeNetpbm, isNetpbm, netpbmSize } from "./netpbm.js";
import { oriented, orientedSize } from "./orient.js";
import type { Pixels, Size } from "./pixels.js";
import { isDeepGrey, isPng, mendedPng } from "./png.js";
import { isTiff, type TiffFields, tiffFields } from "./tiff.js";

// No other loader of libvips ever sees a byte, SVG's least of all.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Tiff"].map((format) => `VipsForeignLoad${format}Buffer`),
});

/** Endings of names that stand for images, in lower case. */
export const IMAGE_ENDING = /\.(jpe?g|jpe|jfif|png|webp|bmp|dib|tiff?|ppm|pgm|pbm|pnm|gif)$/i;

/** Above so many pixels Pillow refuses an image as a decompression bomb: twice its MAX_IMAGE_PIXELS. */
const MOST_PIXELS = 178_956_970;

type Kind = "JPEG" | "PNG" | "GIF" | "WebP" | "TIFF" | "BMP" | "netpbm";

/** What else files in such folders are, by how they begin. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^\s*(<\?xml|<!DOCTYPE svg|<svg)/i, "SVG, or other XML, which has no pixels of its own"],
  [/^\s*</, "text, perhaps a web page saved in its place"],
  [/^....ftyp(avif|avis)/s, "AVIF, which is not read"],
  [/^....ftyp/s, "HEIF or a film, which is not read"],
  [/^(II\+\0|MM\0\+)/, "BigTIFF, which is not read; save it as a plain TIFF"],
  [/^....jP /s, "JPEG 2000, which is not read"],
  [/^\u00ff\n|^....JXL /s, "JPEG XL, which is not read"],
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS; fetch the file itself"],
];

function kindOf(bytes: Uint8Array): Kind {
  if (bytes.length === 0) throw new Error("an empty file");
  if (isJpeg(bytes)) return "JPEG";
  if (isPng(bytes)) return "PNG";
  if (isGif(bytes)) return "GIF";
  const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  if (/^RIFF....WEBP/s.test(head)) return "WebP";
  if (isTiff(bytes)) return "TIFF";
  if (isBmp(bytes)) return "BMP";
  if (isNetpbm(bytes)) return "netpbm";
  const [, foreign] = FOREIGN.find(([pattern]) => pattern.test(head)) ?? [];
  throw new Error(foreign ?? "by its content no JPEG, PNG, WebP, GIF, TIFF, BMP, PPM, PGM or PBM");
}

/**
 * An image's size by its header alone.
 *
 * @throws Error that says why it is not read: unknown, damaged, or so large that it is a decompression bomb
 */
export async function imageSize(bytes: Uint8Array): Promise<Size> {
  const size = await sizeOf(bytes, kindOf(bytes));
  if (size.height * size.width > MOST_PIXELS) {
    throw new Error(`${size.height}×${size.width} pixels, over ${MOST_PIXELS}, refused as a decompression bomb`);
  }
  return size;
}

/** What is decoded here. */
const OURS: Partial<Record<Kind, { size: (bytes: Uint8Array) => Size; decode: (bytes: Uint8Array) => Pixels }>> = {
  GIF: { size: gifSize, decode: decodeGif },
  BMP: { size: bmpSize, decode: decodeBmp },
  netpbm: { size: netpbmSize, decode: decodeNetpbm },
};

async function sizeOf(bytes: Uint8Array, kind: Kind): Promise<Size> {
  const own = OURS[kind];
  if (own !== undefined) return own.size(bytes);
  const { height, width } = await sharp(bytes, { limitInputPixels: false }).metadata();
  return orientedSize({ height, width }, orientationOf(bytes, kind));
}

function orientationOf(bytes: Uint8Array, kind: Kind): number {
  return (kind === "TIFF" ? tiffFields(bytes)?.orientation : undefined) ?? 1;
}

/**
 * Decodes an image of a size that is known, so that no more memory is taken than it needs; of a GIF, WebP or TIFF the first
 * frame or page.
 *
 * @returns its pixels, or its own size where that is another
 * @throws Error that says why it is not read
 */
export async function decodeImage(bytes: Uint8Array, expected: Size): Promise<Pixels | Size> {
  const kind = kindOf(bytes);
  const own = OURS[kind];
  if (own !== undefined) {
    const size = await imageSize(bytes);
    return isSameSize(size, expected) ? own.decode(bytes) : size;
  }
  try {
    return await bySharp(bytes, kind, expected);
  } catch (error) {
    if (error instanceof Error && /exceeds pixel limit/.test(error.message)) return await imageSize(bytes);
    const mended = kind === "PNG" ? mendedPng(bytes) : undefined;
    if (mended === undefined) throw error;
    return await bySharp(mended, kind, expected);
  }
}

export function isSameSize(a: Size, b: Size): boolean {
  return a.height === b.height && a.width === b.width;
}

async function bySharp(bytes: Uint8Array, kind: Kind, expected: Size): Promise<Pixels> {
  return oriented(await storedPixels(bytes, kind, expected), orientationOf(bytes, kind));
}

async function storedPixels(bytes: Uint8Array, kind: Kind, { height, width }: Size): Promise<Pixels> {
  const open = (from: Uint8Array) =>
    sharp(from, { failOn: "error", ignoreIcc: true, limitInputPixels: height * width });
  const layout =
    kind === "TIFF" ? await tiffLayout(bytes) : kind === "PNG" && isDeepGrey(bytes) ? "deep grey" : undefined;
  if (layout === "inks" || (kind === "JPEG" && jpegComponents(bytes) === 4)) return await inksOf(open(bytes));
  return await (layout === "deep grey" ? deepGreyOf(open(bytes)) : rgbOf(open(bytes)));
}

async function rgbOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .removeAlpha()
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { height: info.height, width: info.width, data };
}

/** Cyan, magenta, yellow and black, 255 for full ink, as Pillow's cmyk2rgb mixes them. */
async function inksOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .pipelineColourspace("cmyk")
    .toColourspace("cmyk")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  const rgb = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    const light = 255 - data[channels * i + 3]!;
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.max(0, light - timesOver255(data[channels * i + c]!, light));
  }
  return { height, width, data: rgb };
}

/** a · b / 255, rounded as Pillow's MULDIV255 rounds. */
function timesOver255(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/** Grey of 16 bits, cut off at 255. */
async function deepGreyOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .toColourspace("grey16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const rgb = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) rgb.fill(Math.min(255, values[channels * i]!), 3 * i, 3 * i + 3);
  return { height, width, data: rgb };
}

const WHITE_IS_ZERO = 0;
const YCBCR = 6;
/** Compressions that are JPEG inside, which knows its own colours. */
const JPEG_COMPRESSIONS = [6, 7];

/**
 * How a TIFF's samples become RGB.
 *
 * @throws Error for what Pillow reads otherwise than libvips, or not at all
 */
async function tiffLayout(bytes: Uint8Array): Promise<"inks" | "deep grey" | "plain"> {
  const { space, depth, channels, hasAlpha } = await sharp(bytes, { limitInputPixels: false }).metadata();
  const fields = tiffFields(bytes);
  const form = `${space} ${depth}`;
  if (fields !== undefined && !isOdd(fields, form)) {
    if (form === "cmyk uchar" && channels === 4) return "inks";
    if ((form === "grey16 ushort" || form === "grey16 short") && channels === 1) return "deep grey";
    const plain = ["b-w uchar", "b-w float", "b-w int", "b-w uint", "srgb uchar", "rgb16 ushort"];
    if (plain.includes(form) && channels - (hasAlpha ? 1 : 0) <= 3) return "plain";
  }
  const photometric = fields?.photometric;
  throw new Error(`a TIFF of ${channels} samples, ${form}, photometric ${photometric}; save it as PNG, or 8 bits RGB`);
}

function isOdd({ compression, photometric }: TiffFields, form: string): boolean {
  if (photometric === YCBCR) return !JPEG_COMPRESSIONS.includes(compression);
  return photometric === WHITE_IS_ZERO && form.startsWith("grey16");
}
