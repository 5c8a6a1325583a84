// Who holds a lock: written into it, and asked whether it still lives.
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";

/** Who holds a lock. */
export interface Holder {
  readonly format: "er-lock";
  /** Of this lock alone. */
  readonly id: string;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  /** When the machine started the process, in its own ticks; empty where it does not tell. Process ids come again. */
  readonly started: string;
  /** Which processes can see the pid: containers of one host have different ones. */
  readonly processes: string;
  /** The command that holds it. */
  readonly command: string;
  /** ISO 8601 */
  readonly since: string;
}

/** This process as the holder of a new lock. */
export function ourselves(command: string): Holder {
  return {
    format: "er-lock",
    id: randomBytes(12).toString("hex"),
    host: hostname(),
    user: userName(),
    pid: process.pid,
    started: startOf(process.pid),
    processes: processSpace(),
    command,
    since: new Date().toISOString(),
  };
}

const TEXTS = ["id", "host", "user", "started", "processes", "command", "since"] as const;

/** What a lock's text says; undefined for what is none of ours. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const ours = value?.format === "er-lock" && Number.isInteger(value.pid);
    return ours && TEXTS.every((key) => typeof value[key] === "string") ? (value as unknown as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the holder's process is there; undefined where it cannot be seen from here. */
export function isAlive({ host, pid, started, processes }: Holder): boolean | undefined {
  if (host !== hostname() || processes !== processSpace()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: somebody else's process, so it lives.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return started === "" || startOf(pid) === started;
}

export function describeHolder({ command, pid, host, user, since }: Holder): string {
  return `${command} (process ${pid} of ${user} on ${host}, since ${since})`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user id may have no name.
    return String(process.getuid?.() ?? "");
  }
}

/** Empty where the system does not tell, as outside Linux. */
function startOf(pid: number): string {
  try {
    // The name before it may hold spaces and parentheses; the start is the 20th field after the last.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return `${bootId()} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return "";
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}

function processSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
