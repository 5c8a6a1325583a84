// What the directory of a run is known by.
import type { RecordKind } from "./inventory.js";
import { CONFIG_FILE } from "./record.js";

/** A run of er train. */
export const RUN: RecordKind = { format: "er-run", word: "run", essential: CONFIG_FILE, goesOn: true };

/** The record of er interpolate, which is read as a run is. */
export const INTERPOLATION: RecordKind = { ...RUN, goesOn: false };
