import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clearTemporaries, lockDirectory, lockFile } from "../src/index.js";

let root: string;
let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "er-lock-"));
  directory = join(root, "run");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(root, { recursive: true });
});

const index = JSON.stringify(join(import.meta.dirname, "../dist/index.js"));

/** A process that takes the lock, says so, and keeps it. */
async function holder(): Promise<ChildProcess> {
  const source = `import { lockDirectory } from ${index};
    await lockDirectory(${JSON.stringify(directory)}, { command: "er train" });
    console.log("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await once(child.stdout!, "data");
  return child;
}

it("is one writer's at a time, and says whose", async () => {
  const child = await holder();
  await expect(lockDirectory(directory, { command: "er train" })).rejects.toThrow(
    new RegExp(`run: in use by er train \\(process ${child.pid} of .*\\); wait for it or stop it`),
  );
});

it("is taken over at once, and with a word, when its holder was killed", async () => {
  const child = await holder();
  child.kill("SIGKILL");
  await once(child, "exit");
  const said: string[] = [];
  const lock = await lockDirectory(directory, { command: "er train", onTakeOver: (text) => said.push(text) });
  expect(said).toEqual([expect.stringContaining(`left by er train (process ${child.pid} of `)]);
  await lock.release();
});

it("is one's alone where many find the same holder gone", async () => {
  const child = await holder();
  child.kill("SIGKILL");
  await once(child, "exit");
  const attempts = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) => lockDirectory(directory, { command: `er ${i}` })),
  );
  expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

it("leaves no directory behind that it made and nothing was written into", async () => {
  const deep = join(directory, "a", "b");
  await (await lockDirectory(deep, { command: "er train" })).release();
  expect(readdirSync(root)).toEqual([]);
  mkdirSync(directory);
  await (await lockDirectory(directory, { command: "er train" })).release();
  expect(existsSync(directory)).toBe(true);
});

it("clears what killed writers left, and nothing that only looks alike", async () => {
  mkdirSync(join(directory, "checkpoints"), { recursive: true });
  mkdirSync(join(directory, "others"));
  writeFileSync(join(directory, "others", ".er-lock"), "");
  const left = [".er-01234567-0123456789ab.tmp", "checkpoints/.er-fedcba98-0123456789ab.tmp"];
  const mine = [".er-notes.tmp", "x.er-01234567-0123456789ab.tmp", "checkpoints/a.tmp", `others/${left[0]}`];
  for (const name of [...left, ...mine]) writeFileSync(join(directory, name), "");
  expect(await clearTemporaries(directory)).toBe(2);
  expect(left.filter((name) => existsSync(join(directory, name)))).toEqual([]);
  expect(mine.every((name) => existsSync(join(directory, name)))).toBe(true);
});

it("of another host is kept to while it is touched", async () => {
  mkdirSync(directory);
  const path = join(directory, ".er-lock");
  const other = { format: "er-lock", id: "x", host: "elsewhere", user: "u", pid: 1, started: "", processes: "" };
  writeFileSync(path, JSON.stringify({ ...other, command: "er train", since: "2026" }));
  await expect(lockDirectory(directory, { command: "er" })).rejects.toThrow(
    "in use by er train (process 1 of u on elsewhere",
  );
  const longAgo = new Date(Date.now() - 120_000);
  utimesSync(path, longAgo, longAgo);
  const said: string[] = [];
  await (await lockDirectory(directory, { command: "er", onTakeOver: (text) => said.push(text) })).release();
  expect(said).toHaveLength(1);
});

it("that is none of ours is left alone", async () => {
  mkdirSync(directory);
  writeFileSync(join(directory, ".er-lock"), "precious");
  await expect(lockDirectory(directory, { command: "er" })).rejects.toThrow(".er-lock: no lock of er");
  expect(readFileSync(join(directory, ".er-lock"), "utf8")).toBe("precious");
});

it("can be waited for, and the waiting stopped", async () => {
  const path = join(root, "file.lock");
  const first = await lockFile(path, { command: "er weights get" });
  const said: string[] = [];
  const second = lockFile(path, { command: "er weights get", onWait: (text) => said.push(text) });
  await first.release();
  const lock = await second;
  const stop = new AbortController();
  const third = lockFile(path, { command: "er", onWait: () => stop.abort(new Error("stopped")), signal: stop.signal });
  await expect(third).rejects.toThrow();
  await lock.release();
  expect(existsSync(path)).toBe(false);
});

it("tells its holder when it was taken away", async () => {
  const lock = await lockDirectory(directory, { command: "er train" });
  rmSync(join(directory, ".er-lock"));
  await once(lock.lost, "abort");
  expect(lock.lost.reason.message).toMatch(/the lock was lost \(it was removed\)/);
});

it("that was lost while its holder slept is told before the next touch", async () => {
  const lock = await lockDirectory(directory, { command: "er train" });
  await lock.check();
  const path = join(directory, ".er-lock");
  const other = { ...JSON.parse(readFileSync(path, "utf8")), id: "another", command: "er report" };
  writeFileSync(path, JSON.stringify(other));
  await expect(lock.check()).rejects.toThrow(/the lock was lost \(it is er report .*'s now\); two must not write here/);
  await lock.release();
  expect(existsSync(path)).toBe(true);
});

it("is not waited for where a pipe stands in its place", async () => {
  mkdirSync(directory);
  execFileSync("mkfifo", [join(directory, ".er-lock")]);
  await expect(lockDirectory(directory, { command: "er train" })).rejects.toThrow(/\.er-lock: no regular file/);
});

it("that cannot be read for a moment is said to be that, and not lost", async () => {
  const lock = await lockDirectory(directory, { command: "er train" });
  const source = `import { lockDirectory } from ${index};
    import { openSync } from "node:fs";
    const lock = await lockDirectory(${JSON.stringify(join(root, "other"))}, { command: "er train" });
    try { for (;;) openSync("/dev/null"); } catch {}
    await lock.check().catch((error) => process.send(error.name + " " + error.message));`;
  const child = spawn(
    "bash",
    ["-c", 'ulimit -n 64; exec "$@"', "bash", process.execPath, "--input-type=module", "-e", source],
    {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    },
  );
  children.push(child);
  const [said] = await once(child, "message");
  expect(said).toMatch(/^FileError .*\.er-lock: cannot be read \(EMFILE: too many files are open\); raise the limit/);
  expect(lock.lost.aborted).toBe(false);
  await lock.release();
});
