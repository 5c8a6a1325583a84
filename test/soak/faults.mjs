// Loaded before a program (node --import): counts its calls that change files, and at the one asked for kills the process, before the
// call, after it or half-way through a write; or from there on lets the disk be full for some calls. A write comes to the file system
// through here whoever makes it, so nothing of the program is made for tests.

import { writeFileSync } from "node:fs";
import fsp from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

/** ER_FAULT is "KIND:CALL" or "full:CALL:CALLS"; ER_FAULT_COUNT names a file that is told how many calls there were. */
const [kind = "none", at = "0", length = "0"] = (process.env.ER_FAULT ?? "").split(":");
const [first, last] = [Number(at), Number(at) + Number(length)];
let calls = 0;

const kill = () => process.kill(process.pid, "SIGKILL");
const noSpace = (syscall) =>
  Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC", errno: -28, syscall });

/** Wraps a call; `half` does a part of it. */
function watched(name, call, half) {
  return async function (...args) {
    calls += 1;
    const number = calls;
    if (kind === "full" && number >= first && number < last && needsRoom(name)) {
      if (half !== undefined && number === first) return await half.call(this, args);
      throw noSpace(name);
    }
    if (number === first && kind === "before") kill();
    if (number === first && kind === "half") {
      await half?.call(this, args);
      kill();
    }
    const result = await call.apply(this, args);
    if (number === first && kind === "after") kill();
    return result;
  };
}

/** Renaming and removing need no new block. */
const needsRoom = (name) => ["write", "writeFile", "open", "mkdir", "link", "sync"].includes(name);

const probe = await fsp.open(new URL(import.meta.url), "r");
const handle = Object.getPrototypeOf(probe);
await probe.close();
const write = handle.write;
handle.write = watched("write", write, async function ([bytes, ...rest]) {
  return await write.call(this, bytes.subarray(0, bytes.length >> 1), ...rest);
});
for (const name of ["sync", "truncate", "writeFile"]) handle[name] = watched(name, handle[name]);
const open = fsp.open;
fsp.open = function (path, flags, ...rest) {
  const changes = flags !== undefined && flags !== "r";
  return (changes ? watched("open", open) : open).call(this, path, flags, ...rest);
};
for (const name of ["writeFile", "appendFile", "rename", "rm", "rmdir", "unlink", "mkdir", "link", "utimes"]) {
  fsp[name] = watched(name, fsp[name]);
}
syncBuiltinESMExports();
if (process.env.ER_FAULT_COUNT !== undefined) {
  process.on("exit", () => writeFileSync(process.env.ER_FAULT_COUNT, String(calls)));
}
