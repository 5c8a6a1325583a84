// What the directory of a run is known by.
import type { RecordKind } from "./inventory.js";
import { CONFIG_FILE } from "./record.js";

/** A run of er train, or the record of er interpolate. */
export const RUN: RecordKind = { format: "er-run", word: "run", essential: CONFIG_FILE };
