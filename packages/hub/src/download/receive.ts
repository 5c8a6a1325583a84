// One request: what is there already is gone on with, what comes is hashed, bounded and written at once.
import { type FileHandle, open } from "node:fs/promises";
import { DownloadError } from "../errors.js";
import { Hasher } from "./hasher.js";
import type { Opened, Source } from "./opened.js";
import type { PartialFile, Resumable } from "./partial-file.js";
import { describeSize, type Found, fewestBytes, mismatch, mostBytes, type RemoteFile } from "./remote-file.js";

export interface Receiving {
  readonly file: RemoteFile;
  readonly source: Source;
  readonly part: PartialFile;
  readonly signal: AbortSignal | undefined;
  /** @param total bytes, as far as they are known */
  readonly onProgress: (done: number, total: number | undefined) => void;
}

/**
 * Fetches what is missing of a file into its partial file.
 *
 * @returns what the file's bytes are, which are those expected
 * @throws DownloadError where it ended early, is too long, or has other bytes; these are deleted
 */
export async function receive(receiving: Receiving): Promise<Found> {
  const { file, source, part, signal, onProgress } = receiving;
  const before = await part.resumable(source.url, file.checksum !== undefined);
  let hasher = new Hasher(file.checksum);
  if (before.bytes > 0) {
    await hasher.updateFromFile(part.path, signal);
  }
  const whole = file.size?.within === 0 && before.bytes === file.size.bytes;
  let resumed = before.bytes > 0;
  if (!whole) {
    const opened = await source.open({ from: before.bytes, validator: before.validator, signal });
    try {
      refuse(opened, before, receiving);
      if (opened.from === 0) {
        hasher = new Hasher(file.checksum);
        resumed = false;
      }
      await write(opened, hasher, receiving);
    } finally {
      opened.discard();
    }
  }
  const found = hasher.found();
  onProgress(found.bytes, found.bytes);
  const wrong = mismatch(found, file);
  if (wrong !== undefined) {
    await part.discard();
    throw new DownloadError(
      `${source.url}: not the bytes that were expected: ${wrong}; they are deleted. ${ADVICE}`,
      // Two halves of two files: once more, and from the beginning.
      { restart: resumed },
    );
  }
  return found;
}

const ADVICE = "Something between here and there changes the file, or it was replaced: try --from with another address";

/** Bodies of another file, and those that cannot be told right from wrong. */
function refuse(
  { from, validator, encoding, delimited }: Opened,
  before: Resumable,
  { file, source }: Receiving,
): void {
  if (from > 0 && validator !== undefined && validator !== before.validator) {
    throw new DownloadError(`${source.url}: has changed since the download began`, { restart: true });
  }
  if (file.checksum !== undefined) return;
  if (encoding !== undefined) {
    throw new DownloadError(
      `${source.url}: comes as ${encoding}, though it was asked for as it is, and no checksum is known; give --from another address`,
    );
  }
  if (!delimited && file.size === undefined) {
    throw new DownloadError(
      `${source.url}: its length is known neither beforehand nor from the answer, so an end could not be told from a cut; give --from another address`,
    );
  }
}

async function write(opened: Opened, hasher: Hasher, receiving: Receiving): Promise<void> {
  const { file, source, part, onProgress } = receiving;
  const most = mostBytes(file.size);
  const total = file.size?.bytes ?? opened.total;
  let at = opened.from;
  const handle = await open(part.path, at === 0 ? "w" : "r+");
  try {
    // After what was there is gone: a note is never of other bytes.
    await part.note(source.url, opened.validator);
    for await (const chunk of opened.body) {
      if (at + chunk.length > most) {
        await part.discard();
        throw new DownloadError(
          `${source.url}: longer than ${describeSize(file.size ?? { bytes: most, within: 0 })}, so cut off and deleted. ${ADVICE}`,
        );
      }
      await writeAll(handle, chunk, at);
      hasher.update(chunk);
      at += chunk.length;
      onProgress(at, total);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  const fewest = file.size === undefined ? (opened.total ?? 1) : fewestBytes(file.size);
  if (at < fewest) {
    throw new DownloadError(`${source.url}: ended after ${at} of ${total} bytes`, { retry: true });
  }
}

/** A write may take only a part of what it is given. */
async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}
