// One process at a time fetches a file; the others wait for it.
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { DownloadError } from "../errors.js";

/** Milliseconds between two looks at another's lock. */
const LOOK_AGAIN = 250;

/**
 * Does the work while `FILE.lock` is held. A lock whose process has died is taken over after ten seconds.
 *
 * @param onWait called once where another process holds it
 * @param work given a signal that tells it to stop, by the caller's or because the lock was lost
 */
export async function locked<T>(
  target: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire(target, signal, onWait, lost);
  try {
    return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    // One that was lost cannot be given back.
    if (!lost.signal.aborted) await release();
  }
}

async function acquire(
  target: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
  lost: AbortController,
): Promise<() => Promise<void>> {
  for (let waits = 0; ; waits++) {
    try {
      return await lock(target, {
        realpath: false,
        onCompromised: (cause) =>
          lost.abort(
            new DownloadError(
              `${target}.lock: another process has taken it over, as this one slept too long; try again`,
              { cause },
            ),
          ),
      });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ELOCKED")) throw error;
    }
    if (waits === 0) onWait();
    await sleep(LOOK_AGAIN, undefined, { signal });
  }
}
