// One writer at a time. A lock is a file that names its holder and is touched while the holder lives. It is made whole by one
// call (a hard link), and one whose holder is gone is taken over at once where the process can be looked for, and after a while
// without a touch where it cannot (another host, another container).
import { link, lstat, open, rename, rm, rmdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@er/errors";
import { fileFailure } from "./file-failure.js";
import { describeHolder, type Holder, isAlive, ourselves, parseHolder } from "./holder.js";
import { LOCK_NAME } from "./lock-name.js";
import { makeDirectory } from "./make-directory.js";
import { readRegular } from "./open-regular.js";
import { temporaryBeside } from "./temporary.js";

/** Milliseconds between two touches. */
const TOUCH = 5000;
/** Milliseconds without a touch after which a holder that cannot be looked for may be gone. */
const SILENT = 60_000;
/** Milliseconds that such a lock is watched for a touch before it is taken over: clocks of two hosts may differ. */
const WATCH = 12_000;
/** Milliseconds after which another who took the same lock over at the same moment has shown itself. */
const SETTLE = 50;

export interface LockOptions {
  /** What holds it, for others to read: "er train". */
  readonly command: string;
  /** Told, in words, of a lock whose holder is gone and that is taken over. */
  readonly onTakeOver?: (text: string) => void;
  /** Told that somebody else has it, and waits; refuses at once where left out. */
  readonly onWait?: (text: string) => void;
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Lock {
  /** Aborted, with an error that says so, when somebody else has the lock or it was removed. */
  readonly lost: AbortSignal;
  /**
   * Looks at the lock itself: a process that was stopped for long, or whose machine slept, may have lost it without knowing.
   *
   * @throws InputError where it was lost, FileError where it cannot be read
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Locks a directory, which is made where it is not there.
 *
 * @throws InputError where somebody else writes there, naming them; where the directory cannot be written
 */
export async function lockDirectory(directory: string, options: LockOptions): Promise<Lock> {
  const made = await makeDirectory(directory);
  const lock = await lockFile(join(directory, LOCK_NAME), options);
  return {
    lost: lock.lost,
    check: lock.check,
    release: async () => {
      await lock.release();
      // What nothing was written into is not left behind.
      if (made !== undefined) await removeEmpty(directory, made);
    },
  };
}

/** Whether a name in a directory is that of its lock. */
export function isLock(name: string): boolean {
  return name === LOCK_NAME;
}

/**
 * Takes the lock that a path stands for.
 *
 * @throws InputError where somebody else has it and `onWait` is left out; where something else is at the path
 */
export async function lockFile(path: string, options: LockOptions): Promise<Lock> {
  const holder = ourselves(options.command);
  for (let waits = 0; !(await acquire(path, holder)); waits++) {
    const other = await readHolder(path);
    if (other === undefined) continue;
    if (await isGone(path, other)) {
      options.onTakeOver?.(`${path}: left by ${describeHolder(other)}, which is gone; taken over`);
      await takeAway(path, other);
      continue;
    }
    const text = `in use by ${describeHolder(other)}`;
    if (options.onWait === undefined) {
      throw new InputError(
        `${dirname(path)}: ${text}; wait for it or stop it, or write elsewhere (should it be gone, delete ${path})`,
      );
    }
    if (waits === 0) options.onWait(`${path}: ${text}; waiting for it`);
    await sleep(SETTLE * 5, undefined, { signal: options.signal });
  }
  return held(path, holder);
}

/** Makes the lock whole by one call; false where there is one. */
async function acquire(path: string, holder: Holder): Promise<boolean> {
  const temporary = temporaryBeside(path);
  const text = `${JSON.stringify(holder)}\n`;
  try {
    await writeFile(temporary, text, { flag: "wx", flush: true });
    try {
      await link(temporary, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Or the lock's new holder cleared away what killed writers had left, and this with it.
      if (code === "EEXIST" || code === "ENOENT") return false;
      // Disks without hard links: not whole at once, but nobody else's.
      if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
      if (!(await createNew(path, text))) return false;
    }
  } catch (cause) {
    throw fileFailure(path, "written", cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
  // Two may have found the same holder gone.
  await sleep(SETTLE);
  return (await readHolder(path))?.id === holder.id;
}

async function createNew(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The holder; undefined where the lock is gone meanwhile. */
async function readHolder(path: string): Promise<Holder | undefined> {
  for (let tries = 0; ; tries++) {
    let text: string;
    try {
      text = Buffer.from(await readRegular(path)).toString();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw fileFailure(path, "read", cause);
    }
    const holder = parseHolder(text);
    if (holder !== undefined) return holder;
    // Where there are no hard links it may be being written.
    if (tries === 10) {
      throw new InputError(`${path}: no lock of er; delete it if nothing writes to its directory, or write elsewhere`);
    }
    await sleep(SETTLE);
  }
}

async function isGone(path: string, holder: Holder): Promise<boolean> {
  const alive = isAlive(holder);
  if (alive !== undefined) return !alive;
  const before = await touched(path);
  if (before === undefined || Date.now() - before < SILENT) return false;
  await sleep(WATCH);
  return (await touched(path)) === before;
}

/** Milliseconds since 1970; undefined where it is not there. */
async function touched(path: string): Promise<number | undefined> {
  return await lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** Removes the lock of a holder that is gone, and puts back what another took in that moment. */
async function takeAway(path: string, gone: Holder): Promise<void> {
  const aside = temporaryBeside(path);
  try {
    await rename(path, aside);
  } catch (cause) {
    // Another took it away before.
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw fileFailure(path, "written", cause);
  }
  if ((await readHolder(aside))?.id !== gone.id) {
    await link(aside, path).catch(() => undefined);
  }
  await rm(aside, { force: true });
}

function held(path: string, holder: Holder): Lock {
  const lost = new AbortController();
  /** What cannot be read is not lost: the disk may fail, or the process have too many files open. */
  const isOurs = async () => {
    const now = await readHolder(path);
    if (now?.id === holder.id) return true;
    clearInterval(timer);
    const by = now === undefined ? "it was removed" : `it is ${describeHolder(now)}'s now`;
    lost.abort(new InputError(`${path}: the lock was lost (${by}); two must not write here, so this one stops`));
    return false;
  };
  const touch = async () => {
    const time = new Date();
    // Whatever ails the disk or the lock is told by the next write.
    await isOurs()
      .then((ours) => (ours ? utimes(path, time, time) : undefined))
      .catch(() => undefined);
  };
  const timer = setInterval(() => void touch(), TOUCH);
  timer.unref();
  return {
    lost: lost.signal,
    check: async () => {
      await isOurs();
      lost.signal.throwIfAborted();
    },
    release: async () => {
      clearInterval(timer);
      if ((await readHolder(path).catch(() => undefined))?.id === holder.id) await rm(path, { force: true });
    },
  };
}

/** Removes a directory and those above it up to `first`, as long as they are empty. */
async function removeEmpty(directory: string, first: string): Promise<void> {
  const top = resolve(first);
  for (let at = resolve(directory); `${at}${sep}`.startsWith(`${top}${sep}`); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      // Something is in it, so it stays, and those above it.
      return;
    }
  }
}
