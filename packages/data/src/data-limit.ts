// How much memory a set of images may take, found before any is taken.
import { constants } from "node:buffer";
import { totalmem } from "node:os";
import { InputError } from "@er/formats";

const GIB = 2 ** 30;

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: GIB };

/**
 * Bytes that the pixels of one set may take: `ER_DATA_LIMIT`, as `12GiB`, else half of this machine's (or container's) memory.
 *
 * @throws InputError where the variable is no such size
 */
export function dataLimit(): number {
  const text = process.env.ER_DATA_LIMIT;
  if (text === undefined || text === "") return Math.floor(Math.min(totalmem(), constrained()) / 2);
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]iB|)$/.exec(text.trim());
  const bytes = match === null ? 0 : Math.floor(Number(match[1]) * UNITS[match[2]!]!);
  if (!(bytes > 0)) throw new InputError(`ER_DATA_LIMIT "${text}": expected a size such as 12GiB, 800MiB or bytes`);
  return bytes;
}

function constrained(): number {
  const bytes = process.constrainedMemory();
  return bytes > 0 ? bytes : Number.POSITIVE_INFINITY;
}

/**
 * @param n images
 * @param pixels of one: height × width
 * @throws InputError where a set of so many images passes the limit, or what one array holds
 */
export function checkDataSize(spec: string, n: number, { height, width }: { height: number; width: number }): void {
  const bytes = n * height * width * 3;
  const what = `${spec}: ${n} images of ${height}×${width} take ${shownBytes(bytes)} decoded`;
  const limit = dataLimit();
  if (bytes > limit) {
    const whose = process.env.ER_DATA_LIMIT ? "ER_DATA_LIMIT" : "half of this machine's memory";
    throw new InputError(
      `${what}; the limit is ${shownBytes(limit)}, ${whose}: use fewer or smaller images, or set ER_DATA_LIMIT, as ER_DATA_LIMIT=${Math.ceil(bytes / GIB)}GiB`,
    );
  }
  if (bytes > constants.MAX_LENGTH) {
    throw new InputError(
      `${what}; an array of Node ${process.versions.node} holds ${shownBytes(constants.MAX_LENGTH)}: use fewer or smaller images, or Node 22`,
    );
  }
}

function shownBytes(bytes: number): string {
  return bytes < GIB ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}
