// What a run was made with.
import type { Runtime } from "@er/engine";
import type { Sets } from "./load-sets.js";

export function manifest(runtime: Runtime, sets: Sets): unknown {
  const named = { train: sets.train, ...(sets.pretrain && { pretrain: sets.pretrain }), ...sets.evaluated };
  return {
    node: process.version,
    adapter: { id: runtime.info.id, description: runtime.info.description },
    data: Object.fromEntries(Object.entries(named).map(([name, { spec, n, sha256 }]) => [name, { spec, n, sha256 }])),
  };
}
