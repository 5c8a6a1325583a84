// Pickles that lie in a source among other things, read as far as they go.

import type { ByteSource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { type UnpickleOptions, unpickle } from "./pickle.js";
import { ShortRead } from "./pickle-reader.js";
import type { PickleValue } from "./pickle-values.js";

/** Bytes of a pickle that lies among others; with it in memory at once, no state dict comes near. */
const PICKLE_LIMIT = 1 << 26;

/** Bytes that are read at first. */
const FIRST_WINDOW = 1 << 16;

/**
 * Runs the pickle that begins at a byte of a source and ends nobody knows where: the piece that is read grows until it
 * holds STOP.
 *
 * @param options what each attempt is run with; persistent ids are resolved anew in each
 * @returns the value, and the byte of the source after STOP
 * @throws InputError as `unpickle`, and for a pickle of over 64 MiB
 */
export async function unpickleAt(
  source: ByteSource,
  start: number,
  options: () => UnpickleOptions,
): Promise<{ value: PickleValue; end: number }> {
  const total = Math.max(0, source.size - start);
  for (let window = FIRST_WINDOW; ; window *= 4) {
    const bytes = await source.read(start, Math.min(window, total));
    try {
      const { value, end } = unpickle(bytes, { ...options(), total });
      return { value, end: start + end };
    } catch (error) {
      if (!(error instanceof ShortRead)) throw error;
      if (window >= PICKLE_LIMIT) throw pickleTooLong(options().what);
    }
  }
}

/** The whole of a source as one pickle. @throws InputError as `unpickle`, and for over 64 MiB */
export async function unpickleWhole(
  source: { readonly size: number; bytes(): Promise<Uint8Array> },
  options: UnpickleOptions,
): Promise<PickleValue> {
  if (source.size > PICKLE_LIMIT) throw pickleTooLong(options.what);
  return unpickle(await source.bytes(), options).value;
}

function pickleTooLong(what: string): InputError {
  return new InputError(`${what}: a pickle of over ${PICKLE_LIMIT} bytes; save plain tensors, or safetensors`);
}
