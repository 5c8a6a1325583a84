// On which adapters a run stands: the one that it began on, and each that it went on on. Noted where it stood, and told.
import { isDeepStrictEqual } from "node:util";
import type { Runtime } from "@er/engine";
import { type Cursor, isBefore } from "./checkpoint.js";
import { adapterOf, MANIFEST_FILE, type Manifest, readManifest } from "./manifest.js";
import type { OpenRecord } from "./open-record.js";

/**
 * Notes in the manifest that the run goes on on another adapter than the one before.
 *
 * @param from where it stands
 */
export async function noteAdapter(record: OpenRecord, runtime: Runtime, from: Cursor): Promise<void> {
  const manifest = await readManifest(record);
  const { adapter, otherAdapters = [] } = manifest;
  // What an adapter did after the checkpoint that the run goes on from is made again.
  const kept = otherAdapters.filter((other) => isBefore(other, from));
  const now = adapterOf(runtime);
  const last = kept.at(-1)?.adapter ?? adapter;
  const noted = isDeepStrictEqual(last, now) ? kept : [...kept, { ...from, adapter: now }];
  if (isDeepStrictEqual(noted, otherAdapters)) return;
  await record.writeJson(MANIFEST_FILE, { ...manifest, otherAdapters: noted });
}

const PHASE_WORDS: Readonly<Record<Cursor["phase"], string>> = {
  testbed: "the testbed",
  pretrain: "pre-training",
  probe: "the probe",
  train: "fine-tuning",
};

/** What there is to mind of a run's adapters, in words; undefined where there was but one. */
export function adapterCaveat({ adapter, otherAdapters = [] }: Manifest): string | undefined {
  if (otherAdapters.length === 0) return undefined;
  const others = otherAdapters.map(
    ({ phase, step, adapter: { driver } }) => `from step ${step} of ${PHASE_WORDS[phase]} on ${driver}`,
  );
  return `began on ${adapter.driver}, and ran ${others.join(", ")}, so its bits are those of none of them alone`;
}
