// A record as a report shows it.
import type { Along, RunReport } from "@er/report";
import type { Baselines } from "./baselines.js";
import type { Config } from "./config.js";
import { INVENTORY } from "./inventory.js";
import { type Manifest, readManifest } from "./manifest.js";
import { adapterCaveat } from "./other-adapters.js";
import { type Evaluation, FINAL_WEIGHTS, type RunRecord } from "./record.js";

const UNCHECKED = `has no ${INVENTORY}, so nothing of it was held to a checksum`;

const UNFINISHED = `is not finished (${FINAL_WEIGHTS} is not there), so its last evaluation is not its end`;

/** What the report of a run is called. */
export function titleOfRun({ model, data, interpolation }: Config): string {
  return interpolation === undefined
    ? `${model.name} fine-tuned on ${data.train}`
    : `${model.name} from ${interpolation.a} to ${interpolation.b}`;
}

export function alongOfRun({ interpolation }: Config): Along {
  return interpolation === undefined ? "training" : "interpolation";
}

/** @param baseline what the evaluations were measured against */
export async function reportOfRun(
  record: RunRecord,
  config: Config,
  evaluations: readonly Evaluation[],
  baseline: Baselines,
): Promise<RunReport> {
  const manifest = await readManifest(record);
  const caveats = await caveatsOf(record, manifest);
  return {
    title: titleOfRun(config),
    along: alongOfRun(config),
    command: manifest.command,
    config,
    manifest,
    ...(caveats.length > 0 && { caveats }),
    baseline,
    evaluations,
    idSplit: config.data.id.name,
    oodSplits: Object.keys(config.data.ood),
  };
}

async function caveatsOf(record: RunRecord, manifest: Manifest): Promise<string[]> {
  const adapters = adapterCaveat(manifest);
  return [
    ...((await record.exists(FINAL_WEIGHTS)) ? [] : [UNFINISHED]),
    ...(adapters === undefined ? [] : [adapters]),
    ...((await record.inventory()) === undefined ? [UNCHECKED] : []),
  ];
}
