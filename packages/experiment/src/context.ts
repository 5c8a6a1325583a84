// What every part of a run works with.
import type { Runtime } from "@er/engine";
import type { Config } from "./config.js";
import type { Sets } from "./load-sets.js";
import type { OpenRecord } from "./open-record.js";
import type { Watch } from "./progress.js";

export interface RunContext {
  readonly runtime: Runtime;
  readonly record: OpenRecord;
  /** The SHA-256 of what every checkpoint depends on: config.json, or what a testbed is built with. */
  readonly settings: string;
  readonly config: Config;
  readonly sets: Sets;
  readonly watch: Watch;
}
