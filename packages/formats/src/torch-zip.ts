// What torch.save has written since 1.6, and torch.jit.save: a zip archive with a pickle and an entry for each storage.

import { EXTRA_METADATA, parseMetadata } from "./archive-metadata.js";
import type { ByteSource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { Placeholders } from "./pickle-placeholder.js";
import { unpickleWhole } from "./pickle-source.js";
import { findStateDict } from "./state-dict.js";
import type { Opened } from "./tensor-file.js";
import { StorageTable, TORCH_GLOBALS } from "./torch-pickle.js";
import { SCRIPT_GLOBALS, scriptClass, scriptWeights } from "./torch-script.js";
import { storedTensors } from "./torch-weights.js";
import type { ZipEntry } from "./zip.js";

const PICKLE = "data.pkl";

/** Bytes; the names of 21,843 classes are some hundred thousand. */
const METADATA_LIMIT = 1 << 24;

/** The name of the pickle, at the top or in the one folder that torch puts everything into; undefined where there is none. */
export function torchPickleOf(entries: ReadonlyMap<string, ZipEntry>): string | undefined {
  return [...entries.keys()].find((name) => name === PICKLE || /^[^/]+\/data\.pkl$/.test(name));
}

/**
 * Opens a torch archive.
 *
 * @param pickle the entry that `torchPickleOf` found
 * @throws InputError where a storage is missing or cut short, a global is not allowed, or there are no tensors
 */
export async function openTorchZip(
  entries: ReadonlyMap<string, ZipEntry>,
  pickle: string,
  what: string,
): Promise<Opened> {
  const folder = pickle.slice(0, -PICKLE.length);
  await checkByteOrder(entries.get(`${folder}byteorder`), what);
  const storages = new StorageTable();
  // torch.save writes no code; torch.jit.save does, and constants for it. Neither is ever looked into.
  const script = entries.has(`${folder}constants.pkl`);
  const placeholders = new Placeholders();
  const root = await unpickleWhole(entries.get(pickle)!, {
    what,
    globals: script ? SCRIPT_GLOBALS : TORCH_GLOBALS,
    fallback: (module, name) => (script ? scriptClass(module, name) : undefined) ?? placeholders.of(module, name),
    persistent: storages.resolve,
  });
  const unpacked = new LastUnpacked();
  for (const [key, storage] of storages.byKey) {
    const entry = entries.get(`${folder}data/${key}`);
    if (entry !== undefined) storage.lieAt(entry.deflated ? unpacked.source(entry) : await entry.stored(), what);
  }
  const { tensors, ...found } = script ? scriptWeights(root, what) : findStateDict(root, what);
  const container = script ? "TorchScript" : "torch zip";
  const metadata = await readMetadata(entries.get(folder + EXTRA_METADATA), what);
  return { container, tensors: storedTensors(tensors, what), metadata, ...found, foreign: placeholders.names };
}

async function readMetadata(entry: ZipEntry | undefined, what: string): Promise<Record<string, string>> {
  if (entry === undefined || entry.size > METADATA_LIMIT) return {};
  return parseMetadata(new TextDecoder().decode(await entry.bytes()), what);
}

async function checkByteOrder(entry: ZipEntry | undefined, what: string): Promise<void> {
  if (entry === undefined) return;
  const order = new TextDecoder().decode(await entry.head(16)).trim();
  if (order !== "little") {
    throw new InputError(
      `${what}: byteorder ${JSON.stringify(order)}; expected "little": files of big-endian machines are not read`,
    );
  }
}

/** Deflated storages can only be unpacked whole; the last is kept, since tensors that share one follow each other. */
class LastUnpacked {
  #last: { readonly entry: ZipEntry; readonly bytes: Promise<Uint8Array> } | undefined;

  source(entry: ZipEntry): ByteSource {
    const read = async (offset: number, length: number) => {
      if (this.#last?.entry !== entry) this.#last = { entry, bytes: entry.bytes() };
      return new Uint8Array((await this.#last.bytes).subarray(offset, offset + length));
    };
    return { size: entry.size, read };
  }
}
