// Many image files into one array, with no more memory than the array and a bounded amount beside.
import { availableParallelism } from "node:os";
import { InputError } from "@er/formats";
import { checkDataSize } from "./data-limit.js";
import type { ClassImage, ImageBytes } from "./image-tree.js";
import { decodeImage, imageSize, isSameSize } from "./images/decode.js";
import type { Size } from "./images/pixels.js";

export interface DecodeOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Images in flight: more than sharp's threads, so that none waits. */
const PARALLEL = Math.max(16, 2 * availableParallelism());

/** Bytes of images in flight, files and pixels together; one is always let through. */
const IN_FLIGHT = 1 << 28;

/** What decoding takes a pixel, at most: its result and that before in 16 bits and four channels. */
const BYTES_A_PIXEL = 12;

/** Images between two reports of progress. */
const REPORT_EVERY = 1000;

/** The same bytes under one or several names. */
interface Work {
  readonly bytes: ImageBytes;
  readonly name: string;
  /** Where its pixels go. */
  readonly indices: number[];
}

/**
 * Decodes images of one size.
 *
 * @param images at least one
 * @returns their pixels in the order given
 * @throws InputError naming the image that cannot be decoded or has another size, and, before anything is decoded, for a set that
 *   passes the limit
 */
export async function decodeImages(
  spec: string,
  images: readonly ClassImage[],
  { onProgress, signal }: DecodeOptions,
): Promise<Size & { readonly images: Uint8Array }> {
  const works = worksOf(images);
  const first = works[0]!;
  const firstBytes = await first.bytes.read();
  const size = await imageSize(firstBytes).catch((cause: unknown) => {
    throw undecodable(spec, first, cause);
  });
  checkDataSize(spec, images.length, size);
  const bytesEach = size.height * size.width * 3;
  const pixels = new Uint8Array(images.length * bytesEach);
  const budget = new Budget(IN_FLIGHT);
  let next = 0;
  let done = 0;
  // Reads follow each other in the order of the works, since an archive may be unpacked forwards alone.
  let reading: Promise<unknown> = Promise.resolve();
  const read = (work: Work): Promise<Uint8Array> => {
    if (work === first) return Promise.resolve(firstBytes);
    if (work.bytes.size === undefined) return work.bytes.read();
    const bytes = reading.then(() => work.bytes.read());
    reading = bytes.catch(() => undefined);
    return bytes;
  };
  const work = async () => {
    while (next < works.length) {
      signal?.throwIfAborted();
      const one = works[next++]!;
      const needed = (one.bytes.size ?? 0) + size.height * size.width * BYTES_A_PIXEL;
      await budget.take(needed);
      try {
        const decoded = await decode(spec, one, await read(one), size, first);
        for (const index of one.indices) pixels.set(decoded, index * bytesEach);
        const before = Math.floor(done / REPORT_EVERY);
        done += one.indices.length;
        if (Math.floor(done / REPORT_EVERY) > before || done === images.length) onProgress?.(done, images.length);
      } finally {
        budget.give(needed);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, work));
  } finally {
    // After a failure the other workers stop at their next image.
    next = works.length;
  }
  return { ...size, images: pixels };
}

/** In the order in which they lie. */
function worksOf(images: readonly ClassImage[]): Work[] {
  const works = new Map<unknown, Work>();
  for (const [index, { name, bytes }] of images.entries()) {
    const known = works.get(bytes.id);
    if (known === undefined) works.set(bytes.id, { bytes, name, indices: [index] });
    else known.indices.push(index);
  }
  return [...works.values()].sort((a, b) => a.bytes.place - b.bytes.place);
}

async function decode(spec: string, work: Work, bytes: Uint8Array, size: Size, first: Work): Promise<Uint8Array> {
  const decoded = await decodeImage(bytes, size).catch((cause: unknown) => {
    throw undecodable(spec, work, cause);
  });
  if (!isSameSize(decoded, size) || !("data" in decoded)) {
    throw new InputError(
      `${spec}: ${work.name} is ${decoded.height}×${decoded.width}, ${first.name} ${size.height}×${size.width}; expected one size`,
    );
  }
  return decoded.data;
}

function undecodable(spec: string, { name }: Work, cause: unknown): InputError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
  return new InputError(`${spec}: ${name} cannot be decoded (${reason}); replace or remove it`, { cause });
}

/** Lets work begin while its bytes fit into what is left. */
class Budget {
  #left: number;
  readonly #all: number;
  readonly #waiting: (() => void)[] = [];

  constructor(all: number) {
    this.#all = all;
    this.#left = all;
  }

  async take(bytes: number): Promise<void> {
    // What is larger than all of it waits until nothing else is in flight.
    while (this.#left < Math.min(bytes, this.#all)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
