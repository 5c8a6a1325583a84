// Whether the terminal's end is to be lived through, as nohup asks. Node itself makes a process forget which signals it was started
// to ignore, so that is told by what nohup leaves behind.
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Access modes in /proc/PID/fdinfo, octal: what nohup puts in the place of a terminal that is read is open for writing alone. */
const WRITE_ONLY = 1;
const ACCESS_MODE = 3;

/** Whether SIGHUP was ignored when the process began. */
export function hangupIgnored(): boolean {
  // Shells put the program they start there, and nohup hands it on.
  return basename(process.env._ ?? "") === "nohup" || inputFromNohup() || outputFromNohup();
}

function inputFromNohup(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync("/proc/self/fdinfo/0", "latin1"))?.[1];
    const mode = Number.parseInt(flags ?? "", 8) & ACCESS_MODE;
    return readlinkSync("/proc/self/fd/0") === "/dev/null" && mode === WRITE_ONLY;
  } catch {
    // No such files outside Linux.
    return false;
  }
}

function outputFromNohup(): boolean {
  try {
    return basename(readlinkSync("/proc/self/fd/1")) === "nohup.out";
  } catch {
    return false;
  }
}
