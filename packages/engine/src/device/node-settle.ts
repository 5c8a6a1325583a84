// Waiting without burning a core. While a promise of Dawn's is pending, its Node binding polls as fast as the event loop
// turns, on a core that a software adapter needs for the very work waited for. So the thread sleeps between turns.
import { setImmediate } from "node:timers/promises";

const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Awaits a device's promise.
 *
 * Each turn of the event loop sleeps for an eighth of the time waited so far, at most 1 ms: short work is seen done with
 * little delay, long work is left alone, and signals are heard.
 */
export async function settle<T>(promise: Promise<T>): Promise<T> {
  let pending = true;
  const done = () => {
    pending = false;
  };
  promise.then(done, done);
  const start = performance.now();
  while (pending) {
    await setImmediate();
    Atomics.wait(never, 0, 0, Math.min(1, (performance.now() - start) / 8));
  }
  return promise;
}
