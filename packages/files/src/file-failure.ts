// What the system says of a file, for people: where, what, and what to do.
import { InputError } from "@er/errors";

/** The system failed at a file through nobody's wrong input: a full disk, a damaged one. Exit code 1. */
export class FileError extends Error {
  override name = "FileError";
}

/** What ails the machine, and what helps. */
const SYSTEM: Readonly<Record<string, readonly [what: string, help: string]>> = {
  ENOSPC: ["no space left on the disk", "free some and give the command again"],
  EDQUOT: ["the disk quota is used up", "free some space and give the command again"],
  EFBIG: ["larger than the system lets a file be", "raise the limit (ulimit -f), or use another disk"],
  EIO: ["the disk failed to read or write", "check the disk, and give the command again"],
  EMFILE: ["too many files are open", "raise the limit (ulimit -n)"],
  ENFILE: ["too many files are open on this machine", "close some programs, and give the command again"],
  ENOMEM: ["no memory left", "close some programs, and give the command again"],
  ESTALE: ["the network disk has lost it", "check that disk, and give the command again"],
};

/** What ails the path, and what helps. */
const PATH: Readonly<Record<string, readonly [what: string, help: string]>> = {
  ENOENT: ["not found", "check the path"],
  EACCES: ["permission denied", "check who may use it"],
  EPERM: ["not permitted", "check who may use it"],
  EISDIR: ["a directory; expected a file", "check the path"],
  ENOTDIR: ["part of the path is a file; expected a directory", "check the path"],
  ENOTEMPTY: ["a directory that is not empty", "check the path"],
  EEXIST: ["is there already", "give another name"],
  EROFS: ["the disk is read-only", "give a path on another"],
  ELOOP: ["symbolic links that lead to themselves", "check the path"],
  ENAMETOOLONG: ["the name is too long", "give a shorter one"],
  EINVAL: ["a name that this disk does not take", "give another name"],
  ENXIO: ["no file that can be used so", "check the path"],
  EBUSY: ["in use by the system", "give another path"],
  EXDEV: ["on another disk than its directory", "give another path"],
};

/**
 * An error of the system as one line.
 *
 * @param path that the work was on
 * @param doing what could not be done, as "cannot be …": "written", "read"
 * @param cause what was thrown
 * @returns an `InputError` where the path is to blame, a `FileError` where the machine is; what is no error of the system as it is
 */
export function fileFailure(path: string, doing: string, cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause));
  // Only what a call of the system gave has one.
  if (!("syscall" in cause && "code" in cause && typeof cause.code === "string")) return cause;
  const { code } = cause;
  const ofPath = PATH[code];
  if (ofPath !== undefined) {
    return new InputError(`${path}: cannot be ${doing} (${code}: ${ofPath[0]}); ${ofPath[1]}`, { cause });
  }
  const [what, help] = SYSTEM[code] ?? [cause.message.replace(/^[A-Z]+: /, ""), "check the path and the disk"];
  return new FileError(`${path}: cannot be ${doing} (${code}: ${what}); ${help}`, { cause });
}
