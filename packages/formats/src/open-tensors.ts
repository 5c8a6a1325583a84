// Any file of weights, known by what it holds, not by its name.

import { metadataOfComment } from "./archive-metadata.js";
import type { ByteSource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { openNpz } from "./npz.js";
import { openSafetensors } from "./safetensors.js";
import { isTarHeader } from "./tar-index.js";
import type { Opened, Opener, TensorFile } from "./tensor-file.js";
import { withoutPrefix } from "./tensor-names.js";
import { openTorchLegacy } from "./torch-legacy.js";
import { openTorchTar } from "./torch-tar.js";
import { openTorchZip, torchPickleOf } from "./torch-zip.js";
import { openZip } from "./zip.js";

/** tar's headers have as many bytes, and say what they are only near the end. */
const HEAD = 512;

const EXPECTED = "expected safetensors, a file of torch.save (zip, stream or tar), TorchScript or .npz";

/** What files that are no weights begin with. */
const FOREIGN: readonly (readonly [string, string])[] = [
  ["\x93NUMPY", "a single NumPy array without a name; save it with numpy.savez"],
  ["\x1f\x8b", "compressed with gzip; unpack it first"],
  ["\x89HDF", "HDF5, which is not read; convert it to safetensors"],
  ["GGUF", "GGUF, which is not read; convert it to safetensors"],
  ["BZh", "compressed with bzip2; unpack it first"],
  ["\xfd7zXZ", "compressed with xz; unpack it first"],
  ["<", "text, perhaps a web page saved in its place; fetch it again"],
];

/**
 * Opens a file of weights, whichever container it is. Nothing of it is ever executed, and no more is read than what
 * describes the tensors; each is read when asked for.
 *
 * @param source must stay open while tensors are read
 * @param what how messages name the file
 * @throws InputError where it is none of the containers, is broken or cut short, or holds what is not allowed
 */
export async function openTensors(source: ByteSource, what: string): Promise<TensorFile> {
  const { container, tensors, metadata = {}, wrapper, leftOut = [], foreign = [] } = await open(source, what);
  const { counters, ...named } = withoutPrefix(tensors);
  return { container, metadata, wrapper, foreign, ...named, leftOut: [...leftOut, ...counters] };
}

const open: Opener = async (source, what) => {
  const head = await source.read(0, Math.min(HEAD, source.size));
  if (isSafetensors(head)) return openSafetensors(source, what);
  const begins = (text: string) =>
    Buffer.from(head.buffer, head.byteOffset, text.length).equals(Buffer.from(text, "latin1"));
  if (head.length >= 4 && (begins("PK\x03\x04") || begins("PK\x05\x06"))) return openArchive(source, what);
  if (head[0] === 0x80) return openTorchLegacy(source, what);
  if (isTarHeader(head)) return openTorchTar(source, what);
  const foreign = FOREIGN.find(([magic]) => head.length >= magic.length && begins(magic));
  throw new InputError(
    `${what}: ${foreign === undefined ? `no file of weights that is known; ${EXPECTED}` : foreign[1]}`,
  );
};

/** A length of the header below 2^32, then the brace that it begins with. */
function isSafetensors(head: Uint8Array): boolean {
  return head.length > 8 && head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);
}

async function openArchive(source: ByteSource, what: string): Promise<Opened> {
  const { entries, comment } = await openZip(source, what);
  const pickle = torchPickleOf(entries);
  if (pickle !== undefined) return openTorchZip(entries, pickle, what);
  const { tensors, leftOut } = await openNpz(entries, what);
  if (tensors.size > 0) return { container: "npz", tensors, leftOut, metadata: metadataOfComment(comment, what) };
  const names = [...entries.keys()].slice(0, 4).join(", ");
  throw new InputError(
    `${what}: a zip archive without data.pkl and without .npy (it holds: ${names}); expected one of torch.save or numpy.savez`,
  );
}
