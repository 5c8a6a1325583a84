// A published file into a folder: resumed, checked, and never seen half done.
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DownloadError } from "../errors.js";
import { fileName, megabytes } from "../registry/entry.js";
import { diskFailure } from "./failure.js";
import type { Timeouts } from "./http-get.js";
import { keptFile, writeReceipt } from "./kept-file.js";
import { locked } from "./lock.js";
import { PartialFile } from "./partial-file.js";
import { receive } from "./receive.js";
import type { Found, RemoteFile } from "./remote-file.js";
import { sourceOf } from "./source.js";

export interface DownloadOptions {
  /** Where the file comes to lie under its own name; made where it is not there. */
  readonly directory: string;
  /** A mirror: a folder, or an address that the file's name is appended to. */
  readonly from?: string | undefined;
  /** Stops it; what came so far is kept. */
  readonly signal?: AbortSignal;
  /** @param total bytes, undefined where nobody says */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** A line for people: it waits for another process, or tries again. */
  readonly onMessage?: (text: string) => void;
  /** Milliseconds. */
  readonly timeouts?: Timeouts;
  /** Requests in all, and milliseconds of the first wait between two; each wait is twice the last. */
  readonly retries?: { readonly attempts: number; readonly wait: number };
}

export interface Downloaded {
  readonly path: string;
  /** False where it was there already. */
  readonly fetched: boolean;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

const TIMEOUTS: Timeouts = { connect: 15_000, stall: 60_000 };
const RETRIES = { attempts: 6, wait: 1000 };

/**
 * Fetches a file, or checks the one that is there.
 *
 * Bytes go to `FILE.part` and are hashed as they come; the file takes its name once size and checksum are right. What was left by an
 * earlier try is gone on with (RFC 9110, Range with If-Range). Of several processes one fetches and the others wait.
 *
 * @throws InputError where the folder cannot be written, a mirror lacks the file, or the file that is there has other bytes
 * @throws DownloadError where network or server fail for good, bytes are wrong, the disk is full, or it was stopped
 */
export async function download(file: RemoteFile, options: DownloadOptions): Promise<Downloaded> {
  const { directory, signal } = options;
  const path = join(directory, fileName(file));
  const part = new PartialFile(path);
  try {
    await mkdir(directory, { recursive: true });
    const kept = await keptFile(path, file, signal);
    if (kept !== undefined) return downloaded(path, false, kept);
    const wait = () => options.onMessage?.(`another process fetches ${path}; waiting for it`);
    return await locked(path, signal, wait, async (signal) => {
      const kept = await keptFile(path, file, signal);
      if (kept !== undefined) return downloaded(path, false, kept);
      const found = await receiveOften(file, part, { ...options, signal });
      await writeReceipt(path, file.url, found);
      await rename(part.path, path);
      await part.forget();
      return downloaded(path, true, found);
    });
  } catch (error) {
    if (signal?.aborted === true) {
      throw new DownloadError(
        `stopped; the ${megabytes(await part.bytes())} that came are kept, and the same command goes on from there`,
        { cause: error },
      );
    }
    throw diskFailure(error, directory) ?? error;
  }
}

const downloaded = (path: string, fetched: boolean, { bytes, sha256 }: Found): Downloaded => ({
  ...{ path, fetched, bytes, sha256 },
});

/** Tries until it is done, or as often as it may. */
async function receiveOften(file: RemoteFile, part: PartialFile, options: DownloadOptions): Promise<Found> {
  const { from, signal, timeouts = TIMEOUTS, retries = RETRIES, onMessage, onProgress = () => undefined } = options;
  const source = sourceOf(file, from, timeouts);
  for (let attempt = 1; ; attempt++) {
    try {
      return await receive({ file, source, part, signal, onProgress });
    } catch (error) {
      if (!(error instanceof DownloadError) || !error.retry) throw error;
      if (error.restart) await part.discard();
      if (attempt >= retries.attempts) throw givenUp(error, attempt);
      const wait = error.after ?? retries.wait * 2 ** (attempt - 1);
      onMessage?.(`${error.message}; once more in ${Math.ceil(wait / 1000)} s`);
      await sleep(wait, undefined, { signal });
    }
  }
}

function givenUp(error: DownloadError, attempts: number): DownloadError {
  return new DownloadError(`${error.message} (tried ${attempts} times)`, { cause: error });
}
