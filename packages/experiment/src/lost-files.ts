// What a run that goes on finds of its own record: what is lost is said, what a checkpoint keeps is put back, and nothing is made up.
import { isDeepStrictEqual } from "node:util";
import { InputError } from "@er/errors";
import { LATEST_CHECKPOINT, type SavedCheckpoint } from "./checkpoint.js";
import { flawOf } from "./file-flaw.js";
import type { OpenRecord } from "./open-record.js";
import { say, type Watch, warn } from "./progress.js";
import { type Evaluation, METRICS_FILE } from "./record.js";

/**
 * The evaluations that a run goes on with: those that its checkpoint keeps. Later ones are made again. metrics.jsonl is put right.
 *
 * @param saved undefined for a run that begins
 */
export async function keptEvaluations(
  record: OpenRecord,
  saved: SavedCheckpoint | undefined,
  watch: Watch,
): Promise<Evaluation[]> {
  if (saved === undefined) await sayNoCheckpoint(record, watch);
  const kept = saved?.cursor.phase === "train" ? [...saved.evaluations] : [];
  const found = await recorded(record);
  const last = kept.at(-1)?.step ?? -1;
  if (
    typeof found === "string" ||
    !isDeepStrictEqual(
      found.filter(({ step }) => step <= last),
      kept,
    )
  ) {
    if (kept.length > 0) {
      const why = typeof found === "string" ? found : "does not have the evaluations that the checkpoint keeps";
      warn(
        watch,
        `${record.path(METRICS_FILE)}: ${why}; its ${kept.length} evaluations are restored from the checkpoint`,
      );
    }
    await record.writeEvaluations(kept);
  } else if (found.length !== kept.length) {
    say(watch, `evaluations after step ${saved?.cursor.step ?? 0} are made again`);
    await record.writeEvaluations(kept);
  }
  await sayLostFiles(record, watch);
  return kept;
}

/** What metrics.jsonl has, or in words what is wrong with it. */
async function recorded(record: OpenRecord): Promise<Evaluation[] | string> {
  if (!(await record.exists(METRICS_FILE))) return "missing";
  try {
    return await record.readEvaluations();
  } catch (error) {
    if (error instanceof InputError) return "not what was written";
    throw error;
  }
}

async function sayNoCheckpoint(record: OpenRecord, watch: Watch): Promise<void> {
  if ((await record.inventory())?.files.has(LATEST_CHECKPOINT)) {
    warn(watch, `${record.path(LATEST_CHECKPOINT)}: missing, so what was trained is lost; the run begins anew`);
  }
}

/** What a run that goes on reads and judges by itself, and what its end writes anew. */
const LOOKED_AFTER =
  /^(config\.json|manifest\.json|metrics\.jsonl|checkpoints\/(latest|final)\.safetensors|report\.html|figures\/.*)$/;

async function sayLostFiles(record: OpenRecord, watch: Watch): Promise<void> {
  const lost: string[] = [];
  for (const [file, written] of (await record.inventory())?.files ?? []) {
    const flaw = LOOKED_AFTER.test(file) ? undefined : await flawOf(record.path(file), written);
    if (flaw !== undefined) lost.push(`${record.path(file)}: ${flaw}`);
  }
  if (lost.length > 0) {
    warn(
      watch,
      `${lost[0]}${lost.length > 1 ? ` (and ${lost.length - 1} more files)` : ""}; accuracies stay, but what is made of such files lacks these: a run begun anew with --overwrite has them`,
    );
  }
}
