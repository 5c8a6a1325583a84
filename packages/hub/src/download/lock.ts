// One process at a time fetches a file; the others wait for it.
import { clearTemporariesOf, lockFile } from "@er/files";

const LOCK = ".er-lock";

/**
 * Does the work while `FILE.er-lock` is held. A lock whose process is gone is taken over, and what killed writers left is cleared.
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
  const { lost, release } = await lockFile(`${target}${LOCK}`, { command: "er weights get", onWait, signal });
  try {
    for (const suffix of ["", ".json", ".part", ".part.json", LOCK]) {
      await clearTemporariesOf(`${target}${suffix}`);
    }
    return await work(signal === undefined ? lost : AbortSignal.any([signal, lost]));
  } catch (error) {
    throw lost.aborted ? lost.reason : error;
  } finally {
    await release();
  }
}
