// What every part of a run works with.
import type { Runtime } from "@er/engine";
import type { Config } from "./config.js";
import type { Sets } from "./load-sets.js";
import type { Watch } from "./progress.js";
import type { RunRecord } from "./record.js";

export interface RunContext {
  readonly runtime: Runtime;
  readonly record: RunRecord;
  readonly config: Config;
  readonly sets: Sets;
  readonly watch: Watch;
}
